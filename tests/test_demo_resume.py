"""The demo dies and runs again on the same chain: everything is paid, and nothing twice."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from demo_fixtures import DAY, EXAMPLES, RUN_TIMEOUT, demo_command, money, write_orders
from typer.testing import CliRunner
from web3 import Web3

from deposit_token.chain import Chain
from deposit_token.demo.anvil import running_anvil
from deposit_token.demo.cli import app
from deposit_token.demo.config import DemoConfig
from deposit_token.demo.orders import read_orders
from deposit_token.demo.run import Run
from deposit_token.demo.world import build_world
from deposit_token.journal import Journal
from deposit_token.manifest import Manifest
from deposit_token.payment import PaymentStatus
from deposit_token.rates import ReferenceRates
from deposit_token.settlement import Settlement

INVOICES = {
    "S-2601": "captured",
    "S-2602": "captured",
    "S-2603": "refunded",
    "S-2605": "captured in part",
    "S-2608": "voided",
    "S-2610": "captured",
    "S-2611": "reclaimed",
    "S-2613": "refunded in part",
    "S-2615": "captured, claimed",
    "S-2619": "refused",
    "S-2626": "refused",
}
CANCELLATIONS = ["X-2701", "X-2702"]
START = 1_777_870_000
"""Unix seconds, more than an hour before the first order."""


@dataclass
class Site:
    """A chain, and the folder with the order file and the operator's journal."""

    chain: Chain
    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    @property
    def options(self) -> list[object]:
        files = ["--orders", self.folder / "orders.csv", "--config", EXAMPLES / "demo.toml"]
        url = self.chain.web3.provider.endpoint_uri
        return [*files, "--rpc", url, "--journal", self.journal, "--json"]

    def run(self) -> dict:
        """The report of a run to the end, in this process."""
        with chdir(self.folder):
            finished = CliRunner().invoke(app, [str(option) for option in self.options])
        assert finished.exit_code == 0, finished.stderr
        return json.loads(finished.stdout)

    def kill_after(self, acts: int) -> None:
        """Start a run, and kill it when its journal has this many acts."""
        process = subprocess.Popen(
            demo_command(*self.options),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + RUN_TIMEOUT
        while self.count("acts") < acts:
            assert time.monotonic() < give_up
            try:
                process.wait(timeout=0.002)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail("the run ended before it was killed")
        process.kill()
        assert process.wait() == -signal.SIGKILL

    def count(self, table: str) -> int:
        """Rows of a table of the journal; 0 as long as there is none."""
        try:
            with closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)) as database:
                return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def forget(self, statement: str) -> None:
        """Delete from the journal, as if the run had died before it wrote that."""
        with closing(sqlite3.connect(self.journal)) as database:
            assert database.execute(statement).rowcount > 0
            database.commit()

    def captured(self) -> dict[str, dict[str, int]]:
        """What the journal says was captured of each invoice."""
        with closing(sqlite3.connect(self.journal)) as database:
            rows = database.execute("SELECT reference, details FROM acts WHERE kind = 'captured'")
            return {reference: json.loads(details) for reference, details in rows}

    @property
    def settlement(self) -> Settlement:
        """The escrow that the run has deployed."""
        manifest = Manifest.read(self.folder / "deployments", self.chain)
        return Settlement(self.chain, manifest.escrow)

    def events(self, name: str) -> list:
        """The arguments of all events of this name that the escrow emitted."""
        contract = self.chain.contract("SettlementEscrow", self.settlement.address)
        return [log["args"] for log in contract.events[name]().get_logs(from_block=0)]

    def check(self, report: dict, undisturbed: dict) -> None:
        """All ended as in an undisturbed run, and each order was authorized once."""
        for field in ("invoice", "state", "owed", "price", "rate", "rate_date"):
            assert [each[field] for each in report["payments"]] == [
                each[field] for each in undisturbed["payments"]
            ]
        assert report["skipped"] == undisturbed["skipped"] == []
        assert report["tokens"] == self.by_own_addresses(report, undisturbed, "tokens")
        assert report["escrow"] == self.by_own_addresses(report, undisturbed, "escrow")
        assert report["balanced"]
        assert len({each["uetr"] for each in report["payments"]}) == len(INVOICES)

        hashes = [payment.remittance_hash for _, payment in self.settlement.authorized() if payment]
        paid = [invoice for invoice, state in INVOICES.items() if state != "refused"]
        assert sorted(hashes) == sorted(bytes(Web3.keccak(text=invoice)) for invoice in paid)
        assert len(self.events("PaymentRefunded")) == len(CANCELLATIONS)
        assert len(self.events("PaymentCaptured")) == 7

    @staticmethod
    def by_own_addresses(report: dict, undisturbed: dict, part: str) -> dict:
        return {
            code: position | {"token": report[part][code]["token"]}
            for code, position in undisturbed[part].items()
        }


@contextmanager
def new_site(folder: Path) -> Iterator[Site]:
    """A fresh chain, and an order file in which everything happens once."""
    write_orders(folder / "orders.csv", [*INVOICES, *CANCELLATIONS])
    with running_anvil(START) as chain:
        yield Site(chain, folder)


@pytest.fixture
def site(tmp_path):
    with new_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A site where nothing disturbed the run, and its report."""
    with new_site(tmp_path_factory.mktemp("finished")) as site:
        report = site.run()
        assert {each["invoice"]: each["state"] for each in report["payments"]} == INVOICES
        yield site, report


@pytest.mark.parametrize("acts", [1, 9, 18])
def test_killed_run_is_finished_by_the_next(site, finished, acts):
    site.kill_after(acts)
    assert 0 < site.count("payments") <= len(INVOICES)
    site.check(site.run(), finished[1])
    assert site.count("payments") == len(INVOICES)
    amounts = [
        (event["sourceAmount"], event["targetAmount"]) for event in site.events("PaymentCaptured")
    ]
    written = [(act["source_amount"], act["target_amount"]) for act in site.captured().values()]
    assert sorted(written) == sorted(amounts)


class TestNothingIsSentTwice:
    """On the chain where everything is paid."""

    @pytest.mark.parametrize(
        "forgotten",
        [
            None,
            "number = (SELECT max(number) FROM acts WHERE kind <> 'refused')",
            "kind <> 'refused'",
        ],
        ids=["finished", "died before it wrote of the last act", "could write of no act"],
    )
    def test_run_after_the_end_sends_nothing(self, finished, forgotten):
        site, report = finished
        block, acts = site.chain.web3.eth.block_number, site.count("acts")
        if forgotten:
            site.forget(f"DELETE FROM acts WHERE {forgotten}")
        site.check(site.run(), report)
        assert site.chain.web3.eth.block_number == block
        assert site.count("acts") == acts

    def test_an_order_that_was_changed_since_is_refused(self, finished):
        site, _ = finished
        orders = site.folder / "orders.csv"
        original = orders.read_text()
        block = site.chain.web3.eth.block_number
        try:
            orders.write_text(original.replace("24300.00", "24301.00"))
            with chdir(site.folder):
                refused = CliRunner().invoke(app, [str(option) for option in site.options])
        finally:
            orders.write_text(original)
        assert refused.exit_code == 1
        assert "invoice S-2601: found source_amount" in refused.stderr
        assert "as an earlier run entered it in the journal" in refused.stderr
        assert site.chain.web3.eth.block_number == block

    def test_run_without_its_journal_stops_at_the_first_payment(self, finished):
        site, _ = finished
        authorized = len(site.events("PaymentAuthorized"))
        site.journal.unlink()
        with chdir(site.folder):
            stopped = CliRunner().invoke(app, [str(option) for option in site.options])
        assert stopped.exit_code == 1
        assert "error: mint: the contract refused with EntryConsumed(" in stopped.stderr
        assert len(site.events("PaymentAuthorized")) == authorized


class Interrupted(Exception):
    """A run died at this moment."""


@dataclass
class OpenSite:
    """A site as a run in this process has it."""

    site: Site

    def __post_init__(self) -> None:
        self.config = DemoConfig.load(EXAMPLES / "demo.toml")
        self.orders = read_orders(self.site.folder / "orders.csv", self.config)
        folder = self.site.folder / "deployments"
        self.world = build_world(self.site.chain, self.config, self.orders, folder)
        self.journal = Journal.open(self.site.journal, self.site.chain.genesis_hash)
        self.journal.bind("escrow", self.world.settlement.address)
        assert self.journal.setting("shift", "0") == "0"

    def pay_until(self, invoice: str) -> None:
        """Run, and die when it comes to this order."""

        def on_order(order) -> None:
            if order.invoice == invoice:
                raise Interrupted

        run = Run(self.world, self.config, self.journal, ReferenceRates(), None, 0)
        with pytest.raises(Interrupted):
            run.pay(self.orders.orders, on_order)
        self.journal.close()


def test_money_that_was_issued_before_the_end_is_not_issued_again(site, finished):
    opened = OpenSite(site)
    order = opened.orders.orders[0]
    price = money(finished[1]["payments"][0]["price"])
    payment = opened.world.terms(order, price, uuid4(), int(order.timestamp.timestamp()))
    payment_id = opened.world.settlement.payment_id(payment)
    opened.journal.enter(order.invoice, payment.uetr, payment_id, payment.to_json())
    opened.world.fund(order, payment, maybe_funded=False)
    opened.journal.close()

    report = site.run()
    site.check(report, finished[1])
    assert report["payments"][0]["uetr"] == str(payment.uetr)


def test_payment_that_was_not_sent_in_time_gets_new_terms(site, finished):
    opened = OpenSite(site)
    order = opened.orders.orders[0]
    price = money(finished[1]["payments"][0]["price"])
    payment = opened.world.terms(order, price, uuid4(), int(order.timestamp.timestamp()))
    payment_id = opened.world.settlement.payment_id(payment)
    opened.journal.enter(order.invoice, payment.uetr, payment_id, payment.to_json())
    opened.world.fund(order, payment, maybe_funded=False)
    opened.journal.close()
    site.chain.web3.provider.make_request("evm_setNextBlockTimestamp", [payment.authorize_by])
    site.chain.web3.provider.make_request("evm_mine", [])

    report = site.run()
    site.check(report, finished[1])
    assert report["payments"][0]["uetr"] != str(payment.uetr)
    assert opened.world.settlement.state(payment_id).status is PaymentStatus.NONE


def test_refused_refund_stays_refused(site):
    (site.folder / "orders.csv").write_text(
        "invoice,kind,timestamp,customer,country,amount,currency\n"
        "S-2615,sale,2026-05-13T09:20:00Z,C-1005,ES,48600.00,HKD\n"
        "X-1,cancellation,2026-05-14T12:00:00Z,C-1005,ES,-100.00,HKD\n"
        "X-2,cancellation,2026-05-17T12:00:00Z,C-1005,ES,-300.00,HKD\n"
    )
    first = site.run()
    assert [row["invoice"] for row in first["skipped"]] == ["X-1"]
    assert "ERC7943CannotSend" in first["skipped"][0]["reason"]
    assert first["payments"][0]["refunded"] == "32.70 EUR"
    again = site.run()
    assert again["payments"] == first["payments"]
    assert again["skipped"] == first["skipped"]
    assert len(site.events("PaymentRefunded")) == 1


def test_run_that_comes_back_too_late_ends_what_was_begun(site):
    OpenSite(site).pay_until("S-2605")
    send = site.chain.web3.provider.make_request
    send("evm_increaseTime", [30 * DAY])
    send("evm_mine", [])
    report = site.run()
    payments = {each["invoice"]: each for each in report["payments"]}
    late = payments.pop("S-2603")
    # It was authorized and can't be captured any more, so there is nothing to refund either.
    assert late["state"] == "reclaimed"
    assert "capture: the contract refused with TooLate(" in late["refusal"]
    assert [each["invoice"] for each in report["skipped"]] == ["X-2701"]
    assert {invoice: each["state"] for invoice, each in payments.items()} == {
        invoice: state for invoice, state in INVOICES.items() if invoice != "S-2603"
    }
    assert report["balanced"]
    assert all(each["held"] == 0 for each in report["escrow"].values())
