"""The report as people read it, on terminals of any width."""

import re
from io import StringIO

import pytest
from rich.console import Console

from deposit_token.demo.orders import Skipped
from deposit_token.demo.report import PaymentRow, RunReport
from deposit_token.protocol.reconciliation import EscrowPosition, SupplyPosition

LONGEST = "S" * 35


def row(invoice: str, state: str) -> PaymentRow:
    return PaymentRow(
        invoice=invoice,
        state=state,
        refusal="",
        owed="24300.00 CNY",
        price="3040.77 EUR",
        rate="0.1251345",
        rate_date="2026-05-04",
        gas=408_199,
        captured="3040.77 EUR",
        refunded="0.00 EUR",
        uetr="",
        payment_id="0x",
    )


REPORT = RunReport(
    payments=(
        row("S-2601", "captured, claimed"),
        row(LONGEST, "refunded in part"),
        row("S-2605", "captured in part"),
    ),
    skipped=(Skipped(7, LONGEST, "no customer"),),
    supplies={
        "CNY": SupplyPosition("0x", 119_865_000, 0, 119_865_000, 119_865_000),
        "EUR": SupplyPosition("0x", 10**19 - 1, 7, 10**19 - 8, 10**19 - 9),
    },
    escrow={"CNY": EscrowPosition("0x", 65_653_355, 0, 65_653_355, 0)},
    idle_events=(),
    out_of_reach={"S-2611": "reclaimed", LONGEST: "captured, claimed"},
    transactions=3,
)


def printed(width: int) -> str:
    file = StringIO()
    REPORT.print(Console(file=file, width=width, force_terminal=True, color_system=None))
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 41, 50, 60, 80, 120])
def test_nothing_is_cut(width):
    text = printed(width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    amounts = ("1198650.00", "656533.55", "99999999999999999.99", "0.07", "99999999999999999.91")
    for amount in amounts:
        assert re.search(rf"(^|\s){re.escape(amount)}\s", text, re.MULTILINE)
    assert re.search(r"^ *S-2605 +captured in part\b", text, re.MULTILINE)
    assert f"line 7, {LONGEST}: no customer" in " ".join(text.split())
    assert "DOES NOT BALANCE" in text


def test_long_invoice_is_folded_where_there_is_no_room():
    first, second = re.findall(r"^ (S{9,34}) ", printed(40), re.MULTILINE)
    assert first + second == LONGEST


def test_a_program_that_reads_gets_whole_rows():
    file = StringIO()
    REPORT.print(Console(file=file, width=10_000))
    assert f" {LONGEST}  refunded in part   24300.00 CNY  3040.77 EUR " in file.getvalue()


def test_totals_stand_below_each_other_where_there_is_no_room():
    text = printed(40)
    assert "\nEUR DOES NOT BALANCE\n  minted 99999999999999999.99\n  burned 0.07\n" in text
    assert "\n  sum of balances 1198650.00\n" in text


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_invoice_and_state_stay(width):
    text = printed(width)
    assert re.search(r"^ *S-2601 +captured, claimed\b", text, re.MULTILINE)
    assert re.search(rf"^ *{LONGEST} +refunded in part\b", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= width


def test_what_there_is_no_room_for_is_named():
    assert "Too narrow for owed, buyer pays, rate, of, gas: --json" in printed(60)
    assert "Too narrow for buyer pays, rate, of, gas: --json has them." in printed(80)
    assert "Too narrow" not in printed(120)
    assert re.search(r"S-2601 .* 0\.1251345  2026-05-04  408,199 *$", printed(120), re.MULTILINE)


def test_states_that_a_chain_can_not_come_to_are_one_line():
    file = StringIO()
    REPORT.print(Console(file=file, width=160))
    assert (
        f"Left out, since this chain's clock can't be set: S-2611 (reclaimed), {LONGEST} "
        "(captured, claimed).\n"
    ) in file.getvalue()
