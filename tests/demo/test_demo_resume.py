"""The demo dies and runs again on the same chain: everything is paid, and nothing twice."""

import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result
from web3 import Web3

from deposit_token.chain.chain import Chain
from deposit_token.demo.cli import app
from deposit_token.demo.config import DemoConfig
from deposit_token.demo.orders import Order, read_orders
from deposit_token.demo.payment_log import DemoLog
from deposit_token.demo.run import Run
from deposit_token.demo.world import build_world
from deposit_token.deployment.manifest import Manifest
from deposit_token.devchain.anvil import running_anvil
from deposit_token.devchain.keys import account
from deposit_token.errors import Unsure
from deposit_token.protocol.payment import Payment
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.rates import ReferenceRates
from tests.demo.runs import RUN_TIMEOUT, demo_command, write_config, write_examples, write_orders
from tests.files import EXAMPLES
from tests.nodes import Proxy, rpc, served, url_of
from tests.scene import DAY, money

pytestmark = pytest.mark.slow

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
    """A chain, and the folder with the order file and the payment log."""

    chain: Chain
    folder: Path

    @property
    def payment_log(self) -> Path:
        return self.folder / "payments.sqlite"

    @property
    def url(self) -> str:
        return url_of(self.chain)

    def options(self, url: str) -> list[object]:
        """Of a run on the chain behind this URL."""
        files = ["--orders", self.folder / "orders.csv", "--config", EXAMPLES / "demo.toml"]
        return [*files, "--rpc", url, "--payment-log", self.payment_log, "--json"]

    def invoke(self) -> Result:
        """A run in this process."""
        with chdir(self.folder):
            return CliRunner().invoke(app, [str(option) for option in self.options(self.url)])

    def run(self) -> dict:
        """The report of a run to the end."""
        finished = self.invoke()
        assert finished.exit_code == 0, finished.stderr
        return json.loads(finished.stdout)

    def kill_after(self, acts: int) -> None:
        """Start a run, and kill it when its payment log has this many acts.

        It waits for the chain then, which does not answer any more.
        """
        node, reached, killed = Proxy(self.url), threading.Event(), threading.Event()

        def answer(request: bytes) -> bytes:
            if self.count("acts") >= acts:
                reached.set()
                killed.wait()
                raise ConnectionAbortedError
            return node(request)

        with served(answer) as url:
            process = subprocess.Popen(
                demo_command(*self.options(url)),
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            give_up = time.monotonic() + RUN_TIMEOUT
            try:
                while not reached.wait(0.1):
                    assert process.poll() is None, "the run ended before it was killed"
                    assert time.monotonic() < give_up
            finally:
                process.kill()
                killed.set()
            assert process.wait() == -signal.SIGKILL

    def count(self, table: str) -> int:
        """Rows of a table of the payment log; 0 as long as there is none."""
        try:
            with closing(sqlite3.connect(f"file:{self.payment_log}?mode=ro", uri=True)) as database:
                return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def acts(self, where: str) -> list[tuple]:
        """Kind, time, transaction and details of the payment log's acts that match."""
        with closing(sqlite3.connect(self.payment_log)) as database:
            rows = database.execute(
                f'SELECT kind, at, "transaction", details FROM acts WHERE {where} ORDER BY number'
            )
            return [(*row, json.loads(details)) for *row, details in rows]

    def rpc(self, method: str, *parameters: object) -> object:
        """What anvil answers to a method of its own."""
        return rpc(self.chain, method, *parameters)

    def pending(self) -> int:
        """Transactions that wait to be mined."""
        return int(self.rpc("txpool_status")["pending"], 16)

    def forget(self, statement: str) -> None:
        """Delete from the payment log, as if the run had died before it wrote that."""
        with closing(sqlite3.connect(self.payment_log)) as database:
            assert database.execute(statement).rowcount > 0
            database.commit()

    def captured(self) -> dict[str, dict[str, int]]:
        """What the payment log says was captured of each invoice."""
        with closing(sqlite3.connect(self.payment_log)) as database:
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

        hashes = [payment.remittance_hash for _, payment in self.settlement.authorized()]
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
    write_examples(folder / "orders.csv", [*INVOICES, *CANCELLATIONS])
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
        # It is not known when they were made.
        found = site.acts("details LIKE '%on the chain%'")
        assert [at for _, at, *_ in found] == [site.chain.now()] * len(found)

    def test_an_order_that_was_changed_since_is_refused(self, finished):
        site, _ = finished
        orders = site.folder / "orders.csv"
        original = orders.read_text()
        block = site.chain.web3.eth.block_number
        try:
            orders.write_text(original.replace("24300.00", "24301.00"))
            refused = site.invoke()
        finally:
            orders.write_text(original)
        assert refused.exit_code == 1
        assert "invoice S-2601: found source amount" in refused.stderr
        assert "as an earlier run entered it in the payment log" in refused.stderr
        assert site.chain.web3.eth.block_number == block

    def test_run_without_its_payment_log_stops_at_the_first_payment(self, finished):
        site, _ = finished
        authorized = len(site.events("PaymentAuthorized"))
        site.payment_log.unlink()
        stopped = site.invoke()
        assert stopped.exit_code == 1
        assert "error: mint: found the entry number " in stopped.stderr
        assert len(site.events("PaymentAuthorized")) == authorized


class Interrupted(Exception):
    """A run died at this moment."""


@dataclass
class OpenSite:
    """A site as a run in this process has it."""

    site: Site
    config_file: Path = EXAMPLES / "demo.toml"

    def __post_init__(self) -> None:
        self.config = DemoConfig.load(self.config_file)
        self.orders = read_orders(self.site.folder / "orders.csv", self.config)
        folder = self.site.folder / "deployments"
        self.world = build_world(self.site.chain, self.config, self.orders, folder)
        self.payment_log = DemoLog.open(self.site.payment_log, self.site.chain.genesis_hash)
        self.payment_log.bind("escrow", self.world.settlement.address)
        assert self.payment_log.setting("shift", "0") == "0"

    def begin(self, price: str) -> tuple[Order, Payment]:
        """Enter the first order and issue its buyer `price`: what a run does before it sends."""
        order = self.orders.orders[0]
        moment = int(order.timestamp.timestamp())
        payment = self.world.terms(order, money(price), uuid4(), moment)
        payment_id = self.world.settlement.payment_id(payment)
        self.payment_log.enter(order.invoice, payment.uetr, payment_id, payment.to_json())
        self.world.fund(order, payment, maybe_funded=False)
        return order, payment

    def send_unmined(self, act: Callable[[], object]) -> None:
        """Send a transaction while nothing is mined, and give up waiting for it."""
        self.site.rpc("evm_setAutomine", False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("deposit_token.chain.chain.RECEIPT_TIMEOUT", 0.0)
            with pytest.raises(Unsure, match="may still be mined"):
                act()
        assert self.site.pending() == 1

    @contextmanager
    def mined_with_the_next(self) -> Iterator[None]:
        """What waits is mined with the transaction that comes meanwhile, in one block, and all from
        then on as it comes."""
        beside = Site(Chain.connect(self.site.url), self.site.folder)

        def mine() -> None:
            give_up = time.monotonic() + RUN_TIMEOUT
            while beside.pending() < 2:
                assert time.monotonic() < give_up
            beside.rpc("evm_setAutomine", True)
            beside.rpc("evm_mine")

        miner = threading.Thread(target=mine)
        miner.start()
        try:
            yield
        finally:
            miner.join()

    def pay(self, on_order: Callable[[Order], None]) -> None:
        """Run to the end, or until `on_order` raises."""
        run = Run(self.world, self.config, self.payment_log, ReferenceRates(), None, 0)
        try:
            run.pay(self.orders.orders, on_order)
        finally:
            self.payment_log.close()

    def pay_until(self, invoice: str) -> None:
        """Run, and die when it comes to this order."""

        def on_order(order) -> None:
            if order.invoice == invoice:
                raise Interrupted

        with pytest.raises(Interrupted):
            self.pay(on_order)


def test_money_that_was_issued_before_the_end_is_not_issued_again(site, finished):
    opened = OpenSite(site)
    _, payment = opened.begin(finished[1]["payments"][0]["price"])
    opened.payment_log.close()

    report = site.run()
    site.check(report, finished[1])
    assert report["payments"][0]["uetr"] == str(payment.uetr)


def test_payment_that_was_not_sent_in_time_gets_new_terms(site, finished):
    opened = OpenSite(site)
    _, payment = opened.begin(finished[1]["payments"][0]["price"])
    opened.payment_log.close()
    site.rpc("evm_setNextBlockTimestamp", payment.authorize_by)
    site.rpc("evm_mine")

    report = site.run()
    site.check(report, finished[1])
    assert report["payments"][0]["uetr"] != str(payment.uetr)
    settlement = opened.world.settlement
    assert settlement.state(settlement.payment_id(payment)).status is PaymentStatus.NONE


def test_run_is_refused_while_transactions_of_a_dead_one_are_pending(site, finished):
    opened = OpenSite(site)
    order, payment = opened.begin(finished[1]["payments"][0]["price"])
    opened.send_unmined(lambda: opened.world.authorize(payment, order))
    opened.payment_log.close()

    refused = site.invoke()
    assert refused.exit_code == 1
    assert refused.stderr.startswith(
        f"error: pending transactions: found 1 of {account('operator').address}, accepted is none, "
        "since an earlier run may have sent them: wait until they are mined, and run again."
    )
    assert site.pending() == 1
    assert site.acts("true") == []

    site.rpc("evm_mine")
    site.rpc("evm_setAutomine", True)
    site.check(site.run(), finished[1])
    assert [kind for kind, *_ in site.acts("reference = 'S-2601'")] == ["authorized", "captured"]


def test_act_that_a_dead_runs_transaction_made_first_is_no_refusal(site, finished):
    """A node that had lost sight of it mines it just before the next run's own."""
    opened = OpenSite(site)
    order, payment = opened.begin(finished[1]["payments"][0]["price"])

    def on_order(found: Order) -> None:
        if found == order:
            opened.send_unmined(lambda: opened.world.authorize(payment, order))
            mined.enter_context(opened.mined_with_the_next())

    with ExitStack() as mined:
        opened.pay(on_order)

    acts = site.acts("reference = 'S-2601'")
    assert [kind for kind, *_ in acts] == ["authorized", "captured"]
    assert acts[0][2:] == ("", {"found": "on the chain"})
    site.check(site.run(), finished[1])


def test_part_that_a_dead_runs_transaction_captured_first_is_captured_once(site, tmp_path):
    """The two together are less than the whole, so that nothing but their order forbids them."""
    write_examples(site.folder / "orders.csv", ["S-2605"])
    events = {"S-2605": "partial_capture"}
    opened = OpenSite(site, write_config(tmp_path / "demo.toml", events, share="0.4"))
    settlement = opened.world.settlement

    def capture_after_another(operator, payment, captured_before, source_amount):
        terms = (operator, payment, captured_before, source_amount)
        opened.send_unmined(lambda: Settlement.capture(settlement, *terms))
        with opened.mined_with_the_next():
            return Settlement.capture(settlement, *terms)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settlement, "capture", capture_after_another)
        opened.pay(lambda _: None)

    (captured,) = site.acts("kind = 'captured'")
    _, _, transaction, details = captured
    assert (transaction, details.pop("found")) == ("", "on the chain")
    (event,) = site.events("PaymentCaptured")
    assert details == {
        "source_amount": event["sourceAmount"],
        "target_amount": event["targetAmount"],
    }
    ((payment_id, payment),) = settlement.authorized()
    assert settlement.state(payment_id).captured == event["sourceAmount"]
    assert event["sourceAmount"] == payment.source_amount * 4 // 10


def test_refund_that_a_dead_run_made_is_not_taken_for_the_next(site):
    write_orders(
        site.folder / "orders.csv",
        "S-1,sale,2026-05-13T09:20:00Z,C-1005,HK,1000.00,CNY",
        "X-1,cancellation,2026-05-15T12:00:00Z,C-1005,HK,-300.00,CNY",
        "X-2,cancellation,2026-05-17T12:00:00Z,C-1005,HK,-200.00,CNY",
    )
    OpenSite(site).pay_until("X-2")
    site.forget("DELETE FROM acts WHERE kind = 'refunded'")
    (payment,) = site.run()["payments"]
    assert payment["refunded"] == "500.00 CNY"
    assert [event["targetAmount"] for event in site.events("PaymentRefunded")] == [300_00, 200_00]
    acts = [(transaction == "", details) for _, _, transaction, details in site.acts("key <> ''")]
    amounts = [{"source_amount": each, "target_amount": each} for each in (300_00, 200_00)]
    assert acts == [(True, amounts[0] | {"found": "on the chain"}), (False, amounts[1])]


def test_refused_refund_stays_refused(site):
    write_orders(
        site.folder / "orders.csv",
        "S-2615,sale,2026-05-13T09:20:00Z,C-1005,ES,48600.00,HKD",
        "X-1,cancellation,2026-05-14T12:00:00Z,C-1005,ES,-100.00,HKD",
        "X-2,cancellation,2026-05-17T12:00:00Z,C-1005,ES,-300.00,HKD",
    )
    first = site.run()
    assert [row["invoice"] for row in first["skipped"]] == ["X-1"]
    assert "which may not send (its review has lapsed on" in first["skipped"][0]["reason"]
    assert first["payments"][0]["refunded"] == "32.70 EUR"
    # The sale itself was not refused.
    assert first["payments"][0]["refusal"] == ""
    again = site.run()
    assert again["payments"] == first["payments"]
    assert again["skipped"] == first["skipped"]
    assert len(site.events("PaymentRefunded")) == 1


@pytest.mark.parametrize("logged", [True, False])
def test_first_refund_of_a_dead_run_is_not_taken_for_the_second(site, logged):
    """Of the same amount, so that nothing but their invoices tells them apart."""
    write_orders(
        site.folder / "orders.csv",
        "S-1,sale,2026-05-13T09:20:00Z,C-1005,ES,48600.00,HKD",
        "X-1,cancellation,2026-05-17T12:00:00Z,C-1005,ES,-300.00,HKD",
        "X-2,cancellation,2026-05-18T12:00:00Z,C-1005,ES,-300.00,HKD",
    )
    OpenSite(site).pay_until("X-2")
    assert len(site.acts("kind = 'refunded'")) == len(site.events("PaymentRefunded")) == 1
    if not logged:
        site.forget("DELETE FROM acts WHERE kind = 'refunded'")

    report = site.run()
    made = site.events("PaymentRefunded")
    assert [event["targetAmount"] for event in made] == [300_00, 300_00]
    refunded = money(report["payments"][0]["refunded"]).amount
    assert refunded == sum(event["sourceAmount"] for event in made)
    (_, _, first, found), (_, _, second, sent) = site.acts("kind = 'refunded'")
    assert (found.pop("found", "sent"), bool(first)) == (
        ("sent", True) if logged else ("on the chain", False)
    )
    assert second
    assert [found, sent] == [
        {"source_amount": event["sourceAmount"], "target_amount": event["targetAmount"]}
        for event in made
    ]
    assert report["balanced"]


def test_run_that_comes_back_too_late_ends_what_was_begun(site):
    OpenSite(site).pay_until("S-2605")
    site.rpc("evm_increaseTime", 30 * DAY)
    site.rpc("evm_mine")
    report = site.run()
    payments = {each["invoice"]: each for each in report["payments"]}
    late = payments.pop("S-2603")
    # It was authorized and can't be captured any more, so there is nothing to refund either.
    assert late["state"] == "reclaimed"
    assert "capture: found the time 20" in late["refusal"]
    assert [each["invoice"] for each in report["skipped"]] == ["X-2701"]
    assert {invoice: each["state"] for invoice, each in payments.items()} == {
        invoice: state for invoice, state in INVOICES.items() if invoice != "S-2603"
    }
    assert report["balanced"]
    assert all(each["held"] == 0 for each in report["escrow"].values())
    # The payment log has the times of the blocks, not those of a run that would have been on time.
    written = [(at, transaction) for _, at, transaction, _ in site.acts("true")]
    receipts = [site.chain.web3.eth.get_transaction_receipt(sent) for _, sent in written]
    blocks = [site.chain.web3.eth.get_block(receipt["blockNumber"]) for receipt in receipts]
    assert [at for at, _ in written] == [block["timestamp"] for block in blocks]
