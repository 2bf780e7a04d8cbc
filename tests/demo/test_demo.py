import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from errno import ENOSPC
from pathlib import Path

import pytest
from typer.testing import CliRunner
from web3 import Web3

import deposit_token
from deposit_token.chain.chain import Chain
from deposit_token.demo import cli
from deposit_token.demo.cli import app
from deposit_token.demo.payment_log import kept_shift, open_log
from tests.demo.runs import (
    HEADER,
    RUN_TIMEOUT,
    run_demo,
    write_config,
    write_examples,
    write_orders,
)
from tests.files import EXAMPLES
from tests.nodes import Proxy, Reply, lost, served

SALE = "A-1,sale,2026-05-04T08:12:00Z,C-1001,DE,24300.00,CNY"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the whole demo says with --json, as a program of its own, wherever it is started."""
    folder = tmp_path_factory.mktemp("run")
    finished = run_demo(folder, "--json")
    assert finished.returncode == 0, finished.stderr
    assert list(folder.iterdir()) == []
    return json.loads(finished.stdout)


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """Runs the demo in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*options, orders=EXAMPLES / "orders.csv", config=EXAMPLES / "demo.toml"):
        options = ("--orders", orders, "--config", config, *options)
        return CliRunner().invoke(app, [str(option) for option in options])

    return run


class TestWholeRun:
    def payment(self, report, invoice):
        (found,) = [each for each in report["payments"] if each["invoice"] == invoice]
        return found

    def test_every_row_of_the_file_is_accounted_for(self, report):
        rows = (EXAMPLES / "orders.csv").read_text().splitlines()[1:]
        sales = [row.split(",")[0] for row in rows if ",sale," in row]
        assert [each["invoice"] for each in report["payments"]] == sales
        assert report["skipped"] == []
        assert report["idle_events"] == []

    @pytest.mark.parametrize(
        ("invoice", "state"),
        [
            ("S-2601", "captured"),
            ("S-2604", "captured"),
            ("S-2605", "captured in part"),
            ("S-2608", "voided"),
            ("S-2603", "refunded"),
            ("S-2613", "refunded in part"),
            ("S-2611", "reclaimed"),
            ("S-2615", "captured, claimed"),
            ("S-2619", "refused"),
            ("S-2626", "refused"),
        ],
    )
    def test_every_state_is_there(self, report, invoice, state):
        assert self.payment(report, invoice)["state"] == state

    def test_all_others_are_captured(self, report):
        states = [each["state"] for each in report["payments"]]
        assert states.count("captured") == len(states) - 8

    @pytest.mark.parametrize(
        ("invoice", "reason"),
        [
            ("S-2619", "found 7892.01 EUR, accepted are at most 6538.50 EUR, which is left of"),
            ("S-2626", "which may not send (it is under a legal block), accepted is a customer"),
        ],
        ids=["quota", "block"],
    )
    def test_refusals_say_why(self, report, invoice, reason):
        payment = self.payment(report, invoice)
        assert payment["refusal"].startswith("authorize: found ")
        assert reason in payment["refusal"]

    def test_every_payment_cost_gas_and_only_refused_ones_say_why(self, report):
        for each in report["payments"]:
            assert each["gas"] > 0
            assert (each["refusal"] == "") == (each["state"] != "refused")

    def test_references_are_unique(self, report):
        for field in ("invoice", "uetr", "payment_id"):
            assert len({each[field] for each in report["payments"]}) == len(report["payments"])

    def test_price_is_the_amount_at_the_days_rate(self, report):
        for each in report["payments"]:
            owed, _ = each["owed"].split()
            price, currency = each["price"].split()
            # The rate is shown with six digits, so the last cents may differ.
            assert abs(Decimal(owed) * Decimal(each["rate"]) - Decimal(price)) < Decimal("0.5")
            assert currency == ("CNY" if each["rate"] == "1" else "EUR")

    def test_rate_of_a_weekend_is_fridays(self, report):
        assert self.payment(report, "S-2611")["rate_date"] == "2026-05-08"
        assert self.payment(report, "S-2614")["rate_date"] == "2026-05-11"

    def test_tokens_balance(self, report):
        assert set(report["tokens"]) == {"CNY", "HKD", "EUR"}
        for each in report["tokens"].values():
            assert each["minted"] - each["burned"] == each["supply"] == each["balances"] > 0
            assert each["balanced"]

    def test_buyers_were_issued_what_they_agreed_to_pay(self, report):
        for code, stock in (("EUR", 0), ("CNY", 1_000_000_00)):
            prices = [each["price"].split() for each in report["payments"]]
            paid = sum(
                int(price.replace(".", "")) for price, currency in prices if currency == code
            )
            assert report["tokens"][code]["minted"] == stock + paid

    def test_every_unit_in_the_escrow_is_explained(self, report):
        assert set(report["escrow"]) == {"CNY", "HKD", "EUR"}
        for each in report["escrow"].values():
            assert each["balance"] == each["held"] + each["inventory"] + each["claimable"]
            assert each["held"] == each["claimable"] == 0
            assert each["inventory"] > 0
            assert each["balanced"]
        assert report["balanced"]


@pytest.mark.slow
class TestOwnOrders:
    def test_two_files_follow_each_other_on_one_chain(self, demo, tmp_path, start_anvil):
        first = write_examples(tmp_path / "first.csv", ["S-2601", "S-2604", "S-2609", "S-2613"])
        second = write_orders(
            tmp_path / "second.csv",
            SALE,
            "A-2,sale,2026-05-05T08:12:00Z,,DE,1.00,CNY",
            "A-3,sale,2026-05-05T08:12:00Z,C-1001,DE,0.00,CNY",
            "A-4,cancellation,2026-05-06T08:12:00Z,C-9999,DE,-5.00,CNY",
        )
        with start_anvil("--timestamp", "1777800000") as url:
            printed = demo("--rpc", url, "--rates-date", "2026-03-03", orders=first)
            assert printed.exit_code == 0, printed.stderr
            self.check_tables(printed.stdout)

            later = demo("--rpc", url, "--json", orders=second)
            assert later.exit_code == 0, later.stderr
        report = json.loads(later.stdout)
        assert [(each["invoice"], each["state"]) for each in report["payments"]] == [
            ("A-1", "captured")
        ]
        assert [(each["line"], each["invoice"]) for each in report["skipped"]] == [
            (3, "A-2"),
            (4, "A-3"),
            (5, "A-4"),
        ]
        assert report["balanced"]
        # The manifest and the payment log stay, for the next run on this chain.
        (payment_log,) = (tmp_path / "deployments").glob("31337-*.sqlite")
        assert payment_log.with_suffix(".json").is_file()
        assert payment_log.stat().st_size > 0

    def test_network_profile_says_how_to_reach_the_chain(self, demo, tmp_path, start_anvil):
        def admit(headers):
            return None if headers["Authorization"] == "Bearer let-me-in" else Reply(401)

        (tmp_path / "token").write_text("let-me-in")
        profile = tmp_path / "net.toml"
        orders = write_orders(tmp_path / "orders.csv", SALE)
        with start_anvil("--timestamp", "1777800000") as node, served(Proxy(node), admit) as url:
            profile.write_text(f'url = "{url}"\ntoken = {{ file = "token" }}')
            finished = demo("--profile", profile, "--json", orders=orders)
            assert finished.exit_code == 0, finished.stderr
        report = json.loads(finished.stdout)
        assert [each["state"] for each in report["payments"]] == ["captured"]

    def test_run_that_ends_early_says_where_what_was_paid_is(self, demo, tmp_path, start_anvil):
        orders = write_orders(tmp_path / "orders.csv", SALE)
        log = tmp_path / "payments.sqlite"
        options = ("--payment-log", log, "--json")
        with start_anvil("--timestamp", "1777800000") as node:
            proxy = Proxy(node)
            with served(proxy) as url:
                finished = demo("--rpc", url, *options, orders=orders)
                assert finished.exit_code == 0, finished.stderr
                write_orders(orders, SALE, SALE.replace("A-1", "A-2"))
                proxy.answers["eth_sendRawTransaction"] = lost
                finished = demo("--rpc", url, *options, orders=orders)
            assert (finished.exit_code, finished.stdout) == (1, "")
            sentence = one_sentence(finished.stderr.lstrip())
            assert sentence.startswith(
                f"RPC endpoint: found no answer to eth_sendRawTransaction at {url} "
            )
            assert sentence.endswith(f" What was paid so far is in {log}.")
            finished = demo("--rpc", node, *options, orders=orders)
        assert finished.exit_code == 0, finished.stderr
        payments = json.loads(finished.stdout)["payments"]
        assert [each["state"] for each in payments] == ["captured", "captured"]

    @pytest.mark.parametrize(
        ("started", "first", "second", "moved"),
        [
            # An hour before the first order, as the demo's own chain starts.
            ("2026-05-04T07:00:00Z", "2026-05-04T08:00:00Z", "2026-05-08T23:59:59Z", False),
            # Past both, which are further apart than the reviews last.
            ("2027-01-15T00:00:00Z", "2024-01-02T08:00:00Z", "2026-05-04T08:00:00Z", True),
        ],
        ids=["before the orders", "after the orders"],
    )
    def test_orders_move_on_a_chain_that_is_past_them_and_only_there(
        self, demo, tmp_path, start_anvil, started, first, second, moved
    ):
        orders = write_orders(
            tmp_path / "orders.csv",
            f"A-1,sale,{first},C-1,DE,100.00,CNY",
            f"A-2,sale,{second},C-2,DE,100.00,CNY",
        )
        nobody = "A-0,sale,2020-01-02T08:00:00Z,,DE,1.00,CNY"
        nothing = write_orders(tmp_path / "nothing.csv", nobody)
        path = tmp_path / "payments.sqlite"
        options = ("--payment-log", path, "--rates-date", "2026-05-04", "--json")
        with start_anvil("--timestamp", str(unix(started))) as url:
            # A file without orders to be paid moves nothing.
            for each in (nothing, orders):
                finished = demo("--rpc", url, *options, orders=each)
                assert finished.exit_code == 0, finished.stderr
            chain = Chain.connect(url)
        states = [each["state"] for each in json.loads(finished.stdout)["payments"]]
        assert states == ["captured", "captured"]
        with open_log(path, chain.chain_id, chain.genesis_hash) as log:
            shift = kept_shift(log, 1)
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute("SELECT terms FROM payments ORDER BY number")
            times = [int(json.loads(terms)["captureFrom"]) for (terms,) in rows]
        assert times == [unix(first) + shift, unix(second) + shift]
        assert (shift >= unix(started) + 3600 - unix(first)) if moved else shift == 0

    def test_cancellation_refunds_no_later_sale(self, demo, tmp_path):
        orders = write_orders(
            tmp_path / "orders.csv",
            "S-1,sale,2026-05-04T08:00:00Z,C-1,DE,200.00,CNY",
            "X-1,cancellation,2026-05-04T09:00:00Z,C-1,DE,-150.00,CNY",
            "S-2,sale,2026-05-04T09:00:00Z,C-1,DE,200.00,CNY",
            "S-3,sale,2026-05-04T10:00:00Z,C-1,DE,200.00,CNY",
        )
        finished = demo("--json", orders=orders)
        assert finished.exit_code == 0, finished.stderr
        report = json.loads(finished.stdout)
        assert [(each["invoice"], each["state"]) for each in report["payments"]] == [
            ("S-1", "refunded in part"),
            ("S-2", "captured"),
            ("S-3", "captured"),
        ]
        assert report["balanced"]

    def test_what_a_user_has_written_is_printed_as_it_is(self, demo, tmp_path):
        orders = write_orders(
            tmp_path / "orders.csv",
            "R[/EU]-7,sale,2026-05-04T08:00:00Z,C-1,DE,200.00,CNY",
            "[red]:smile:,sale,2026-05-04T08:00:00Z,,DE,200.00,CNY",
            ",,,,,,",
        )
        config = write_config(tmp_path / "demo.toml", {"[/x]": "void"})
        finished = demo(orders=orders, config=config)
        assert finished.exit_code == 0, finished.stderr
        assert re.search(r"^ *R\[/EU\]-7 +captured +200\.00 CNY", finished.stdout, re.MULTILINE)
        assert "\nline 3, [red]:smile:: no customer\nline 4: no customer\n" in finished.stdout
        assert "Events without a sale in this file: [/x]." in finished.stdout

    def test_part_of_the_smallest_unit_is_the_whole(self, demo, tmp_path):
        orders = write_orders(
            tmp_path / "orders.csv",
            "P-1,sale,2026-05-04T08:00:00Z,C-1,HK,0.01,CNY",
            "P-2,sale,2026-05-04T09:00:00Z,C-1,HK,0.03,CNY",
        )
        events = dict.fromkeys(("P-1", "P-2"), "partial_capture")
        config = write_config(tmp_path / "demo.toml", events, share="0.9")
        finished = demo("--json", orders=orders, config=config)
        assert finished.exit_code == 0, finished.stderr
        report = json.loads(finished.stdout)
        assert [
            (each["invoice"], each["state"], each["captured"]) for each in report["payments"]
        ] == [("P-1", "captured", "0.01 CNY"), ("P-2", "captured in part", "0.02 CNY")]
        assert report["balanced"]

    def test_refused_issuance_is_logged_and_the_rest_is_paid(self, demo, tmp_path, start_anvil):
        orders = write_orders(
            tmp_path / "orders.csv",
            "B-1,sale,2026-05-04T08:00:00Z,C-1,DE,300.00,CNY",
            "B-2,sale,2026-05-04T09:00:00Z,C-1,DE,400.00,CNY",
            "B-3,sale,2026-05-04T10:00:00Z,C-2,DE,500.00,CNY",
        )
        config = write_config(tmp_path / "demo.toml", {"B-1": "block_buyer"})
        with start_anvil("--timestamp", "1777800000") as url:
            reports = []
            for _ in range(2):
                finished = demo("--rpc", url, "--json", orders=orders, config=config)
                assert finished.exit_code == 0, finished.stderr
                reports.append(json.loads(finished.stdout))
                block = block_number(url)
                assert reports[0] == reports[-1]
            assert block_number(url) == block
        payments = reports[0]["payments"]
        assert [each["state"] for each in payments] == ["refused", "refused", "captured"]
        assert "which may not send (it is under a legal block)" in payments[0]["refusal"]
        assert payments[1]["refusal"].startswith("mint: found 0x")
        assert payments[1]["refusal"].endswith(
            ", which may not receive (it is under a legal block), accepted is a customer in good "
            "standing."
        )
        assert payments[1]["gas"] > 0
        assert reports[0]["balanced"]

    @staticmethod
    def check_tables(text):
        for title in (
            "Payments",
            "Tokens: minted − burned = supply = sum of balances",
            "Escrow: balance = held + inventory + claimable",
        ):
            assert title in text
        rows = [line.split() for line in text.splitlines() if line.strip().startswith("S-26")]
        assert [row[:2] for row in rows] == [
            ["S-2601", "captured"],
            ["S-2604", "captured"],
            ["S-2609", "captured"],
            ["S-2613", "captured"],
        ]
        # What the day given says, and not the orders' own.
        assert {row[-2] for row in rows} == {"2026-03-03"}
        assert "4 payments in 8 transactions: 4 captured." in text
        for code in ("CNY", "HKD", "EUR"):
            assert len(re.findall(rf"^│ {code} +│.*✓ │$", text, re.MULTILINE)) == 2
        assert "Events without a sale in this file: S-2605, S-2608, S-2611" in text
        assert text.rstrip().endswith("Everything balances.")

    def test_events_may_meet(self, demo, tmp_path):
        """Two lapses of one merchant in a day, and a block while another order is under way."""
        orders = write_orders(
            tmp_path / "orders.csv",
            "L-1,sale,2026-05-04T08:00:00Z,C-1,DE,100.00,CNY",
            "L-2,sale,2026-05-04T12:00:00Z,C-2,FR,200.00,CNY",
            "B-1,sale,2026-05-07T08:00:00Z,C-3,DE,300.00,HKD",
            "B-2,sale,2026-05-07T09:00:00Z,C-3,DE,400.00,HKD",
            "B-3,sale,2026-05-20T09:00:00Z,C-4,DE,500.00,HKD",
        )
        events = {"L-1": "lapse_merchant", "L-2": "lapse_merchant", "B-2": "block_buyer"}
        config = write_config(tmp_path / "demo.toml", events)
        finished = demo("--json", orders=orders, config=config)
        assert finished.exit_code == 0, finished.stderr
        report = json.loads(finished.stdout)
        by_invoice = {each["invoice"]: each for each in report["payments"]}
        assert {invoice: each["state"] for invoice, each in by_invoice.items()} == {
            "L-1": "captured, claimed",
            "L-2": "captured, claimed",
            "B-1": "reclaimed",
            "B-2": "refused",
            "B-3": "captured",
        }
        assert "under a legal block, accepted is a payer without" in by_invoice["B-1"]["refusal"]
        # A blocked payer can't be paid back either: it stays its own.
        assert report["escrow"]["EUR"]["claimable"] > 0
        assert report["escrow"]["CNY"]["claimable"] == 0
        assert report["balanced"]


@pytest.fixture
def refuse(demo, anvil_url):
    """Runs the demo on a chain that nothing may be sent to, and gives its one sentence."""

    def run(*options, rpc=True, **files):
        before = block_number(anvil_url)
        refused = demo(*(("--rpc", anvil_url) if rpc else ()), *options, **files)
        assert refused.exit_code == 1
        assert refused.stdout == ""
        assert block_number(anvil_url) == before
        return one_sentence(refused.stderr)

    return run


def unix(text):
    return int(datetime.fromisoformat(text).timestamp())


def block_number(url):
    return Web3(Web3.HTTPProvider(url)).eth.block_number


def one_sentence(stderr):
    """What is said after `error: `."""
    assert stderr.startswith("error: ")
    assert stderr.endswith(".\n")
    assert stderr.count("\n") == 1
    assert "Traceback" not in stderr
    return stderr.removeprefix("error: ").rstrip()


class TestBadInput:
    @pytest.mark.parametrize(
        ("rows", "sentence"),
        [
            (
                [f"{HEADER},colour", f"{SALE},red"],
                "line 1: columns: found 'colour', accepted is invoice, kind,",
            ),
            (
                [HEADER, SALE.replace("24300.00", "24300.001")],
                "line 2: amount: found '24300.001', accepted is",
            ),
            (
                [HEADER, SALE.replace("24300.00", "-24300.00")],
                "line 2: amount: found '-24300.00', accepted is an amount above zero for a sale.",
            ),
            ([HEADER, SALE.replace("DE", "XX")], "line 2: country: found 'XX', accepted is"),
            ([HEADER, SALE.replace("CNY", "XYZ")], "line 2: currency: found 'XYZ', accepted is"),
            (
                [HEADER, SALE, SALE],
                "line 3: invoice: found 'A-1', accepted is a number not used before",
            ),
        ],
        ids=["column", "decimals", "negative sale", "country", "currency", "duplicate invoice"],
    )
    def test_order_file_is_refused_as_a_whole(self, refuse, tmp_path, rows, sentence):
        orders = tmp_path / "orders.csv"
        orders.write_text("\n".join(rows) + "\n")
        assert sentence in refuse(orders=orders)

    def test_missing_order_file(self, refuse, tmp_path):
        assert refuse(orders=tmp_path / "none.csv").startswith("order file: found ")

    def test_missing_configuration(self, refuse, tmp_path):
        assert refuse(config=tmp_path / "none.toml").startswith("configuration: found ")

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("fee_bps = 50 ", "fee_bps = 10001 ", "platform.fee_bps: found 10001, accepted is"),
            ('currency = "EUR"', 'currency = "EURO"', "found 'EURO', accepted is"),
            ("[platform]", "[platform", "accepted is TOML (expected ']' at the end of a table"),
        ],
        ids=["range", "currency", "syntax"],
    )
    def test_bad_configuration(self, refuse, tmp_path, old, new, sentence):
        text = (EXAMPLES / "demo.toml").read_text()
        assert old in text
        config = tmp_path / "demo.toml"
        config.write_text(text.replace(old, new))
        assert sentence in refuse(config=config)

    @pytest.mark.parametrize(
        "day",
        [
            "yesterday",
            "2026-13-01",
            "04.05.2026",
            "2026-5-4",
            "２026-05-04",
            "20260504",
            "2026-W19-1",
        ],
    )
    def test_bad_rates_date(self, refuse, day):
        assert refuse("--rates-date", day) == (
            f"rates date: found '{day}', accepted is a day such as 2026-05-04."
        )

    @pytest.mark.parametrize("option", ["--chain-id", "--port"])
    @pytest.mark.parametrize("number", ["３1337", "31_337", "+31337", "-1", " 31337", "1" * 20])
    def test_number_that_is_not_written_in_digits(self, option, number):
        refused = CliRunner().invoke(app, [option, number], env={"COLUMNS": "200"})
        assert refused.exit_code == 2
        assert (
            f"Invalid value for '{option}': found '{number}', accepted is a whole number of at "
            "most 19 digits."
        ) in refused.output

    @pytest.mark.parametrize("chain_id", [0, 1])
    def test_wrong_chain_id(self, refuse, anvil_url, chain_id):
        assert refuse("--chain-id", chain_id) == (
            f"chain id: found 31337 at {anvil_url}, accepted is {chain_id}."
        )

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            (
                "sepolia",
                "network profile: found 'sepolia', accepted is one of anvil, base, besu-qbft, "
                "ethereum, hardhat, or a file whose name ends in .toml.",
            ),
            (
                "ethereum",
                "--profile: found 'ethereum', accepted is one with a `url`, or --rpc beside it.",
            ),
        ],
    )
    def test_profile_that_nobody_knows_or_without_an_address(self, refuse, name, sentence):
        assert refuse("--profile", name, rpc=False) == sentence

    def test_profile_of_another_chain(self, refuse, anvil_url):
        sentence = f"chain id: found 31337 at {anvil_url}, accepted is 1."
        assert refuse("--profile", "ethereum") == sentence

    def test_chain_that_is_no_development_one(self, refuse, anvil_url, tmp_path):
        profile = tmp_path / "net.toml"
        profile.write_text("development = false")
        assert refuse("--profile", profile) == (
            "chain: found 31337, accepted is a development chain, as everybody has the demo's "
            "keys: by its profile, or its id (1337, 31337)."
        )

    def test_address_that_is_none(self, refuse):
        assert refuse("--rpc", "http://*.x:1", rpc=False) == (
            "RPC endpoint: found 'http://*.x:1', accepted is an address such as "
            "http://127.0.0.1:8545."
        )

    def test_full_disk(self, refuse, monkeypatch):
        def write(*_arguments, **_named):
            raise OSError(ENOSPC, os.strerror(ENOSPC))

        monkeypatch.setattr(cli, "_run", write)
        assert refuse() == "No space left on device."

    def test_option_that_needs_a_chain_that_runs(self, refuse):
        assert refuse("--chain-id", 5, rpc=False) == (
            "--chain-id: found '5', accepted is one together with --rpc or --profile."
        )

    def test_port_beside_a_profile(self, refuse):
        assert refuse("--profile", "anvil", "--port", 5, rpc=False) == (
            "--port: found 5, accepted is one without --rpc and --profile, for a chain that is "
            "started."
        )

    def test_payment_log_of_another_chain(self, refuse, tmp_path):
        payment_log = tmp_path / "payments.sqlite"
        with open_log(payment_log, 31337, f"0x{'01' * 32}"):
            pass
        before = payment_log.read_bytes()
        sentence = refuse("--payment-log", payment_log)
        assert sentence.startswith(f"payment log {payment_log}: genesis hash: found 0x")
        assert payment_log.read_bytes() == before

    def test_payment_log_in_use(self, refuse, tmp_path, anvil_url):
        path = tmp_path / "payments.sqlite"
        with open_log(path, 31337, Chain.connect(anvil_url).genesis_hash):
            assert refuse("--payment-log", path) == (
                f"payment log {path}: found it in use by another run, accepted is one run at a "
                "time."
            )

    @pytest.mark.parametrize("name", ["", "."])
    def test_payment_log_without_a_name(self, refuse, tmp_path, name):
        assert refuse("--payment-log", name) == (
            "payment log: found ., which can't be used (it is not a file), accepted is a payment "
            "log, or a path where one can be written."
        )
        assert list(tmp_path.iterdir()) == []

    def test_payment_log_that_is_none(self, refuse, tmp_path):
        payment_log = tmp_path / "payments.sqlite"
        payment_log.write_text("invoice,kind\n" * 100)
        assert refuse("--payment-log", payment_log) == (
            f"payment log: found {payment_log}, which can't be used (file is not a database), "
            "accepted is a payment log, or a path where one can be written."
        )
        assert list(tmp_path.iterdir()) == [payment_log]

    def test_unreachable_rpc(self, refuse):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            sentence = refuse("--rpc", url, rpc=False)
        assert sentence.startswith(f"RPC endpoint: found no answer to eth_chainId at {url} ")

    def test_port_in_use(self, refuse):
        with socket.socket() as used:
            used.bind(("127.0.0.1", 0))
            used.listen()
            port = used.getsockname()[1]
            assert refuse("--port", port, rpc=False) == (
                f"port: found {port} in use or not allowed, accepted is a free one (0 picks it)."
            )

    def test_port_that_another_chain_took_first(self, refuse, anvil_url, monkeypatch):
        """Between the look at the port and the start of anvil."""
        monkeypatch.setattr("deposit_token.devchain.anvil._claim_port", lambda port: port)
        assert refuse("--port", anvil_url.rpartition(":")[2], rpc=False) == (
            f"port: found another chain at {anvil_url}, accepted is a free one (0 picks it)."
        )

    @pytest.mark.parametrize("name", ["SettlementEscrow", None])
    def test_missing_artifact(self, anvil_url, tmp_path, name):
        """In a copy of the package, as a program of its own."""
        package = tmp_path / "deposit_token"
        shutil.copytree(Path(deposit_token.__file__).parent, package)
        if name is None:
            shutil.rmtree(package / "chain" / "artifacts")
        else:
            (package / "chain" / "artifacts" / f"{name}.json").unlink()
        files = ["--orders", EXAMPLES / "orders.csv", "--config", EXAMPLES / "demo.toml"]
        before = block_number(anvil_url)
        refused = subprocess.run(
            [sys.executable, "-m", "deposit_token.demo", *files, "--rpc", anvil_url],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT,
        )
        assert refused.returncode == 1, refused.stderr
        assert one_sentence(refused.stderr).endswith("built by `make build`.")
        assert (name or "artifacts") in refused.stderr
        assert block_number(anvil_url) == before

    def test_refusal_of_the_whole_program(self, tmp_path):
        refused = run_demo(tmp_path, "--orders", "none.csv", "--config", EXAMPLES / "demo.toml")
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert one_sentence(refused.stderr).startswith("order file: found 'none.csv', accepted")
