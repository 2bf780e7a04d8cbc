"""The demo dies and runs again on the same chain: everything is paid, and nothing twice."""

import json
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest
from eth_utils.abi import function_abi_to_4byte_selector
from typer.testing import CliRunner, Result

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.signing import call_of
from deposit_token.demo.cli import app
from deposit_token.demo.config import DemoConfig
from deposit_token.demo.finality import DEPTH, Finality
from deposit_token.demo.world import platform_terms
from deposit_token.deployment.manifest import Manifest
from deposit_token.devchain.anvil import running_anvil
from deposit_token.errors import NodeError
from deposit_token.platform.operator import Operator
from deposit_token.platform.payments import LoggedStep, StepKind
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.enumerations import PaymentStatus
from tests.demo.runs import RUN_TIMEOUT, demo_command, write_config, write_examples, write_orders
from tests.files import EXAMPLES
from tests.nodes import Proxy, rpc, run_anvil, served, url_of
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
EVENTS = {
    "PaymentAuthorized": 9,
    "PaymentCaptured": 7,
    "PaymentRefunded": 2,
    "PaymentVoided": 2,
    "PaymentReclaimed": 1,
    "Claimed": 1,
}
"""How often the escrow emits each of them where nothing disturbs the run."""
START = 1_777_870_000
"""Unix seconds, more than an hour before the first order."""


@dataclass
class Site:
    """A chain, and the folder with the order file and the payment log."""

    chain: Chain
    folder: Path
    config: Path = EXAMPLES / "demo.toml"

    @property
    def payment_log(self) -> Path:
        return self.folder / "payments.sqlite"

    @property
    def url(self) -> str:
        return url_of(self.chain)

    def options(self, url: str) -> list[str]:
        """Of a run on the chain behind this URL."""
        files = ["--orders", self.folder / "orders.csv", "--config", self.config]
        log = ["--payment-log", self.payment_log]
        return [str(each) for each in [*files, "--rpc", url, *log, "--json"]]

    def invoke(self, url: str = "") -> Result:
        """A run in this process."""
        with chdir(self.folder):
            return CliRunner().invoke(app, self.options(url or self.url))

    def run(self) -> dict:
        """The report of a run to the end."""
        finished = self.invoke()
        assert finished.exit_code == 0, finished.stderr or finished.exception
        return json.loads(finished.stdout)

    def stop_when(self, holds: Callable[[Operator], bool]) -> None:
        """A run that dies before the first round of sending at which this holds of its operator."""
        self._stop(Operator, "step", holds)

    def stop_at_wait(self, number: int) -> None:
        """A run that dies when it begins to wait for so many a time, from 1."""
        waits = count(1)
        self._stop(Finality, "wait", lambda _: next(waits) == number)

    def _stop(self, owner: type, name: str, holds: Callable[..., bool]) -> None:
        method = getattr(owner, name)

        def dying(of: object) -> None:
            if holds(of):
                raise Interrupted
            method(of)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, dying)
            run = self.invoke()
        assert isinstance(run.exception, Interrupted), run.stderr

    def pass_time(self, moment: int) -> None:
        """A block of that moment, Unix seconds."""
        self.rpc("evm_setNextBlockTimestamp", moment)
        self.rpc("evm_mine")

    def kill_after(self, settled: int) -> None:
        """Start a run, and kill it when so much of its payment log is done or refused.

        It waits for the chain then, which does not answer any more.
        """
        node, reached, killed = Proxy(self.url), threading.Event(), threading.Event()

        def answer(request: bytes) -> bytes:
            if self.count("instructions WHERE settled IS NOT NULL") >= settled:
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

    def count(self, rows: str) -> int:
        """Rows of a table of the payment log; 0 as long as there is none."""
        try:
            with closing(sqlite3.connect(f"file:{self.payment_log}?mode=ro", uri=True)) as database:
                return database.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def lose_log(self) -> None:
        for path in self.folder.glob("payments.sqlite*"):
            path.unlink()

    def rpc(self, method: str, *parameters: object) -> object:
        """What anvil answers to a method of its own."""
        return rpc(self.chain, method, *parameters)

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
        """All ended as in an undisturbed run, and nothing was done twice."""
        for field in ("invoice", "state", "owed", "price", "rate", "rate_date"):
            assert [each[field] for each in report["payments"]] == [
                each[field] for each in undisturbed["payments"]
            ]
        assert report["skipped"] == undisturbed["skipped"] == []
        assert report["tokens"] == self.by_own_addresses(report, undisturbed, "tokens")
        assert report["escrow"] == self.by_own_addresses(report, undisturbed, "escrow")
        assert report["balanced"]
        assert len({each["uetr"] for each in report["payments"]}) == len(INVOICES)

        hashed = platform_terms(DemoConfig.load(self.config)).remittance_hash
        hashes = [payment.remittance_hash for _, payment in self.settlement.authorized()]
        paid = [invoice for invoice, state in INVOICES.items() if state != "refused"]
        assert sorted(hashes) == sorted(map(hashed, paid))
        assert {each: len(self.events(each)) for each in EVENTS} == EVENTS

    @staticmethod
    def by_own_addresses(report: dict, undisturbed: dict, part: str) -> dict:
        return {
            code: position | {"token": report[part][code]["token"]}
            for code, position in undisturbed[part].items()
        }


class Interrupted(Exception):
    """A run died at this moment."""


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


def one_sentence(run: Result) -> str:
    """What a run that was refused says after `error: `."""
    assert isinstance(run.exception, SystemExit), repr(run.exception)
    assert (run.exit_code, run.stdout) == (1, "")
    told = run.stderr.strip()
    assert told.startswith("error: ")
    assert "\n" not in told
    return told.removeprefix("error: ")


@pytest.mark.parametrize("settled", [1, 9, 25])
def test_killed_run_is_finished_by_the_next(site, finished, settled):
    site.kill_after(settled)
    assert 0 < site.count("payments") <= len(INVOICES)
    site.check(site.run(), finished[1])
    assert site.count("payments") == len(INVOICES)


class TestNothingIsSentTwice:
    """On the chain where everything is paid."""

    def test_run_after_the_end_sends_nothing(self, finished):
        site, report = finished
        block, rows = site.chain.web3.eth.block_number, site.count("instructions")
        assert site.run() == report
        assert site.chain.web3.eth.block_number == block
        assert site.count("instructions") == rows

    def test_an_order_that_was_changed_since_is_refused(self, finished):
        site, _ = finished
        orders = site.folder / "orders.csv"
        original = orders.read_text()
        block = site.chain.web3.eth.block_number
        try:
            orders.write_text(original.replace("24300.00", "24301.00"))
            told = one_sentence(site.invoke())
        finally:
            orders.write_text(original)
        assert told.startswith("payment S-2601: found {")
        assert "'target amount': 2430100" in told
        assert "as it was entered before" in told
        assert site.chain.web3.eth.block_number == block

    def test_log_that_is_lost_four_times_pays_nothing_twice(self, finished):
        """What is refused is tried again, and refused again."""
        site, report = finished
        kept = site.folder / "kept.sqlite"
        shutil.copy(site.payment_log, kept)
        for _ in range(4):
            site.lose_log()
            site.check(site.run(), report)
        site.lose_log()
        shutil.copy(kept, site.payment_log)


def test_money_that_was_issued_before_the_end_is_not_issued_again(site, finished):
    """Nor where the log that knew is lost."""
    site.stop_when(Operator.is_under_way)
    assert site.count("instructions WHERE state = 'done' AND id LIKE 'fund/%'") == 4
    site.lose_log()
    site.check(site.run(), finished[1])


def test_payment_that_comes_too_late_gets_new_terms(site, finished):
    """A run dies between its look at the time and what it sends."""
    site.stop_when(Operator.is_under_way)
    with closing(sqlite3.connect(site.payment_log)) as database:
        rows = database.execute("SELECT id, terms FROM payments ORDER BY number").fetchall()
    site.pass_time(max(int(json.loads(terms)["authorizeBy"]) for _, terms in rows))
    report = site.run()
    site.check(report, finished[1])
    told = {each["payment_id"] for each in report["payments"]}
    for id, _ in rows:
        assert id not in told
        assert site.settlement.state(bytes.fromhex(id[2:])).status is PaymentStatus.NONE
    assert site.run() == report


def test_refund_that_comes_too_late_is_signed_anew(site):
    write_orders(
        site.folder / "orders.csv",
        "S-1,sale,2026-05-13T09:20:00Z,C-1005,HK,1000.00,CNY",
        "X-1,cancellation,2026-05-16T12:00:00Z,C-1005,HK,-300.00,CNY",
    )
    quotes = []

    def refunds(operator: Operator) -> bool:
        quotes.extend(each.quote for each in steps(operator) if each.quote)
        return bool(quotes)

    site.stop_when(refunds)
    site.pass_time(quotes[0].deadline)
    for _ in range(2):
        report = site.run()
        assert report["skipped"] == []
        assert report["payments"][0]["refunded"] == "300.00 CNY"
    assert [each["targetAmount"] for each in site.events("PaymentRefunded")] == [300_00]


def test_what_a_dead_run_has_sent_is_not_sent_again(site, finished):
    """It waits to be mined when the next one begins."""
    # After the set-up, and then after what is issued, once the first payments are sent.
    site.stop_at_wait(1)
    site.rpc("evm_mine")
    site.rpc("evm_setAutomine", False)
    # What waits is mined in the first of twelve blocks, and final with one more.
    site.stop_at_wait(4)
    assert site.rpc("txpool_status")["pending"] != "0x0"
    site.rpc("evm_setAutomine", True)
    site.check(site.run(), finished[1])


class Forgetful(Proxy):
    """A node that takes the first capture, says so, loses it, and then answers no more."""

    lost = b""

    def _answer(self, call: dict) -> dict:
        if self.lost:
            raise ConnectionAbortedError
        if call["method"] == "eth_sendRawTransaction":
            raw = bytes.fromhex(call["params"][0][2:])
            if call_of(raw).data[:4] == self.capture:
                self.lost = raw
                return {"jsonrpc": "2.0", "id": call["id"], "result": f"0x{bytes(32).hex()}"}
        return super()._answer(call)

    def __init__(self, site: Site) -> None:
        super().__init__(site.url)
        abi = artifact("SettlementEscrow").abi
        (function,) = (each for each in abi if each.get("name") == "capture")
        self.capture = bytes(function_abi_to_4byte_selector(function))


@pytest.mark.parametrize("lost", [False, True], ids=["log kept", "log lost"])
def test_capture_that_a_node_loses_sight_of_is_made_once(site, tmp_path, lost):
    """Two of this part are less than the whole, so that nothing but their order forbids them."""
    write_examples(site.folder / "orders.csv", ["S-2605"])
    events = {"S-2605": "partial_capture"}
    site.config = write_config(tmp_path / "demo.toml", events, share="0.4")
    node = Forgetful(site)
    with served(node) as url:
        told = one_sentence(site.invoke(url))
    assert "RPC endpoint: found no answer to " in told
    if lost:
        site.lose_log()
    for _ in range(2):
        (payment,) = site.run()["payments"]
        assert payment["state"] == "captured in part"
    with suppress(NodeError):
        site.rpc("eth_sendRawTransaction", f"0x{node.lost.hex()}")
        site.rpc("evm_mine")
    (captured,) = site.events("PaymentCaptured")
    ((id, terms),) = site.settlement.authorized()
    assert captured["sourceAmount"] == terms.source_amount * 4 // 10
    assert site.settlement.state(id).captured == captured["sourceAmount"]


@pytest.mark.parametrize("dies", [False, True], ids=["goes on", "dies each time"])
def test_reorganisations_of_depth_1_to_10_change_nothing(site, finished, dies):
    """One of each, right after something was sent."""
    depths = Random(13).sample(range(1, 11), 10)
    assert max(depths) < DEPTH
    wait = Finality.wait

    def undoing(waits: Iterator[int]) -> Callable[[Finality], None]:
        def undo(finality: Finality) -> None:
            # First it waits for what the set-up has sent.
            if next(waits) and depths:
                site.rpc("anvil_reorg", depths.pop(), [])
                if dies:
                    raise Interrupted
            wait(finality)

        return undo

    while depths:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Finality, "wait", undoing(count()))
            run = site.invoke()
        assert run.exit_code == 0 or isinstance(run.exception, Interrupted), run.stderr
    site.check(site.run(), finished[1])


class TestOtherChain:
    """anvil is started anew with the same time, so that block 0 is the same."""

    @pytest.mark.parametrize("died", [False, True])
    def test_log_of_the_one_before_is_one_sentence(self, tmp_path, died):
        write_examples(tmp_path / "orders.csv", ["S-2601"])
        for turn in range(2):
            with run_anvil("--timestamp", str(START)) as url:
                site = Site(Chain.connect(url), tmp_path)
                if turn == 1:
                    told = one_sentence(site.invoke())
                    assert site.events("PaymentAuthorized") == []
                elif died:
                    site.stop_when(Operator.is_under_way)
                else:
                    assert site.run()["payments"][0]["state"] == "captured"
        assert ": the chain is another, or was put back." in told
        assert "S-2601" in told


class TestDamage:
    """On copies of the log of the chain where everything is paid."""

    @pytest.fixture
    def copied(self, finished, tmp_path):
        site, report = finished
        shutil.copy(site.folder / "orders.csv", tmp_path)
        shutil.copytree(site.folder / "deployments", tmp_path / "deployments")
        shutil.copy(site.payment_log, tmp_path)
        return Site(site.chain, tmp_path), report

    def test_id_that_is_not_that_of_the_terms(self, copied):
        site, _ = copied
        with closing(sqlite3.connect(site.payment_log)) as database:
            database.execute(f"UPDATE payments SET id = '0x{1:064x}' WHERE reference = 'S-2603'")
            database.commit()
        assert f"found the id 0x{1:064x} in the payment log" in one_sentence(site.invoke())

    @pytest.mark.parametrize("seed", range(6))
    def test_flipped_bits_are_one_sentence_or_change_nothing(self, copied, seed):
        site, _ = copied
        random = Random(seed)
        content = bytearray(site.payment_log.read_bytes())
        for _ in range(40):
            content[random.randrange(100, len(content))] ^= 1 << random.randrange(8)
        site.payment_log.write_bytes(content)
        run = site.invoke()
        if run.exit_code:
            one_sentence(run)
        assert {each: len(site.events(each)) for each in EVENTS} == EVENTS


@pytest.mark.parametrize("logged", [True, False])
def test_first_refund_of_a_dead_run_is_not_taken_for_the_second(site, logged):
    """Of the same amount, so that nothing but their invoices tells them apart."""
    write_orders(
        site.folder / "orders.csv",
        "S-1,sale,2026-05-13T09:20:00Z,C-1005,ES,48600.00,HKD",
        "X-1,cancellation,2026-05-17T12:00:00Z,C-1005,ES,-300.00,HKD",
        "X-2,cancellation,2026-05-18T12:30:00Z,C-1005,ES,-300.00,HKD",
    )
    site.stop_when(lambda operator: sum(each.quote is not None for each in steps(operator)) == 2)
    assert len(site.events("PaymentRefunded")) == 1
    if not logged:
        site.lose_log()
    report = site.run()
    made = site.events("PaymentRefunded")
    assert [event["targetAmount"] for event in made] == [300_00, 300_00]
    refunded = money(report["payments"][0]["refunded"]).amount
    assert refunded == sum(event["sourceAmount"] for event in made)
    assert report["balanced"]


def steps(operator: Operator) -> Iterator[LoggedStep]:
    return (each for payment in operator.payments() for each in payment.steps)


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


def test_run_that_comes_back_too_late_ends_what_was_begun(site):
    def captures(operator: Operator) -> bool:
        return any(each.kind is StepKind.CAPTURE for each in steps(operator))

    site.stop_when(captures)
    site.rpc("evm_increaseTime", 30 * DAY)
    site.rpc("evm_mine")
    report = site.run()
    payments = {each["invoice"]: each for each in report["payments"]}
    # They were authorized and can't be captured any more, so there is nothing to refund either.
    late = [payments.pop(each) for each in ("S-2601", "S-2602", "S-2603", "S-2605")]
    assert [each["state"] for each in late] == ["reclaimed"] * 3 + ["voided"]
    for each in late[:3]:
        assert "capture: found the time 20" in each["refusal"]
    # Asked after its block, in which it was voided too.
    assert late[3]["refusal"].startswith("capture: found the ")
    assert [each["invoice"] for each in report["skipped"]] == ["X-2701"]
    # The quota that S-2602 gave back is enough for a later order of its customer.
    expected = {**INVOICES, "S-2619": "captured"}
    assert {invoice: each["state"] for invoice, each in payments.items()} == {
        invoice: state for invoice, state in expected.items() if invoice in payments
    }
    assert report["balanced"]
    assert all(each["held"] == 0 for each in report["escrow"].values())
