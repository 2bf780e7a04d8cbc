import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from deposit_token.demo.payment_log import DemoLog, find_act
from deposit_token.errors import PaymentLogError, PaymentLogInUse
from tests.refusals import says

GENESIS = f"0x{'01' * 32}"
OTHER_GENESIS = f"0x{'02' * 32}"
ESCROW = "0x00000000000000000000000000000000DeaDBeef"
OTHER_ESCROW = "0x000000000000000000000000000000000000dEaD"
UETR = UUID("8a562c67-ca16-4ba1-8b1a-1d3d3e6d1f11")
OTHER_UETR = UUID("9a562c67-ca16-4ba1-8b1a-1d3d3e6d1f11")
PAYMENT_ID = bytes(range(32))
OTHER_ID = bytes(32)
TERMS = {"source_amount": 2**103, "uetr": str(UETR), "purpose": "0x47444453"}
NOON = 1_772_452_800


def unusable(path: object, reason: str) -> str:
    """What is said of a file that can't be used."""
    return (
        f"payment log: found {path}, which can't be used ({reason}), accepted is a payment log, or "
        "a path where one can be written."
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "payments.sqlite"


@pytest.fixture
def open_log(path):
    """Opens the payment log at `path`, as often as asked, and closes the one before; the last at
    the end."""
    opened = []

    def open_(genesis_hash=GENESIS):
        for payment_log in opened:
            payment_log.close()
        opened.append(DemoLog.open(path, genesis_hash))
        return opened[-1]

    yield open_
    for payment_log in opened:
        payment_log.close()


def make_database(path, statement: str) -> None:
    """A new SQLite file."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)


class TestOpen:
    def test_new_payment_log_is_empty(self, open_log, path):
        payment_log = open_log()
        assert path.is_file()
        assert list(payment_log.payments()) == []
        assert payment_log.find("S-1") is None

    def test_payment_log_of_another_chain_is_refused(self, open_log, path):
        open_log().close()
        with says(
            PaymentLogError,
            f"payment log {path}: genesis hash: found {GENESIS}, accepted is {OTHER_GENESIS}: it "
            "belongs to another chain or escrow.",
        ):
            open_log(OTHER_GENESIS)

    def test_payment_log_of_another_escrow_is_refused(self, open_log, path):
        open_log().bind("escrow", ESCROW)
        again = open_log()
        again.bind("escrow", ESCROW)
        with says(
            PaymentLogError,
            f"payment log {path}: escrow: found {ESCROW}, accepted is {OTHER_ESCROW}: it belongs "
            "to another chain or escrow.",
        ):
            again.bind("escrow", OTHER_ESCROW)

    def test_refusal_leaves_the_payment_log_as_it_was(self, open_log):
        first = open_log()
        first.enter("S-1", UETR, PAYMENT_ID, TERMS)
        first.close()
        with pytest.raises(PaymentLogError):
            open_log(OTHER_GENESIS)
        assert open_log().find("S-1").terms == TERMS

    def test_text_is_no_payment_log(self, open_log, path):
        path.write_text("invoice,kind\n" * 100)
        with says(PaymentLogError, unusable(path, "file is not a database")):
            open_log()
        assert path.read_text() == "invoice,kind\n" * 100
        assert list(path.parent.iterdir()) == [path]

    def test_folder_is_no_payment_log(self, open_log, path):
        path.mkdir()
        with says(PaymentLogError, unusable(path, "it is not a file")):
            open_log()
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("empty", ["", "."])
    def test_no_name_is_no_payment_log(self, empty):
        with says(PaymentLogError, unusable(".", "it is not a file")):
            DemoLog.open(Path(empty), GENESIS)

    def test_damaged_database_is_no_payment_log(self, open_log, path):
        path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 16)
        with pytest.raises(
            PaymentLogError, match=f"^payment log: found {path}, which can't be used "
        ):
            open_log()
        assert list(path.parent.iterdir()) == [path]

    def test_file_in_a_missing_folder_is_no_payment_log(self, path):
        with says(
            PaymentLogError,
            unusable(f"{path}/payments.sqlite", "No such file or directory"),
        ):
            DemoLog.open(path / "payments.sqlite", GENESIS)

    def test_other_database_is_no_payment_log(self, open_log, path):
        make_database(path, "CREATE TABLE cars (colour TEXT)")
        before = path.read_bytes()
        with says(
            PaymentLogError,
            f"payment log {path}: found the table cars, accepted are settings, payments, acts.",
        ):
            open_log()
        with sqlite3.connect(path) as database:
            assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("cars",)]
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]

    def test_other_table_of_the_same_name_is_no_payment_log(self, open_log, path):
        make_database(path, "CREATE TABLE settings (colour TEXT)")
        with pytest.raises(PaymentLogError, match=r"can't be used \(no such column"):
            open_log()

    @pytest.mark.parametrize("name", ["a?b=c.sqlite", "a%20b#1.sqlite", "größe 1.sqlite"])
    def test_any_file_name_is_taken_as_it_is(self, tmp_path, name):
        DemoLog.open(tmp_path / name, GENESIS).close()
        assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.lock"}


class TestInUse:
    """Two runs on one payment log would each pay what the other has not entered yet."""

    HOLDER = """
import sys
from pathlib import Path
from deposit_token.demo.payment_log import DemoLog
payment_log = DemoLog.open(Path(sys.argv[1]), sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""

    @staticmethod
    def in_use(path) -> str:
        return f"payment log {path}: found it in use by another run, accepted is one run at a time."

    def test_second_run_is_refused_until_the_first_is_over(self, open_log, path):
        payment_log = open_log()
        for _ in range(2):
            with says(PaymentLogInUse, self.in_use(path)):
                DemoLog.open(path, GENESIS)
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        payment_log.add(payment, "authorized", at=NOON)
        assert [act.kind for act in open_log().find("S-1").acts] == ["authorized"]

    def test_killed_run_leaves_the_payment_log_free(self, open_log, path):
        with subprocess.Popen(
            [sys.executable, "-c", self.HOLDER, str(path), GENESIS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            try:
                assert holder.stdout.readline() == "open\n"
                with says(PaymentLogInUse, self.in_use(path)):
                    open_log()
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
                    assert reader.execute("SELECT value FROM settings").fetchall() == [(GENESIS,)]
            finally:
                holder.kill()
        assert list(open_log().payments()) == []


class TestFailingFile:
    """What SQLite says of the file becomes the payment log's own error."""

    @pytest.mark.parametrize(
        "act",
        [
            lambda payment_log, _: payment_log.enter("S-2", OTHER_UETR, OTHER_ID, TERMS),
            lambda payment_log, payment: payment_log.add(payment, "authorized", at=NOON),
            lambda payment_log, payment: payment_log.renew(
                payment, OTHER_UETR, OTHER_ID, TERMS, at=NOON
            ),
            lambda payment_log, _: payment_log.setting("shift", "0"),
            lambda payment_log, _: payment_log.bind("escrow", ESCROW),
            lambda payment_log, _: payment_log.find("S-2"),
            lambda payment_log, _: list(payment_log.payments()),
        ],
        ids=["enter", "add", "renew", "setting", "bind", "find", "payments"],
    )
    def test_damaged_file(self, open_log, path, act):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        with closing(sqlite3.connect(path)) as database:
            for table in ("settings", "acts", "payments"):
                database.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
        for _ in range(2):
            with pytest.raises(PaymentLogError) as refusal:
                act(payment_log, payment)
            sentence = str(refusal.value)
            assert sentence.startswith(
                f"payment log: found {path}, which can't be used (no such table: "
            )

    def test_refused_renewal_leaves_the_payment_as_it_was(self, open_log, path):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        payment_log.enter("S-2", OTHER_UETR, OTHER_ID, TERMS)
        with says(
            PaymentLogError,
            unusable(path, "UNIQUE constraint failed: payments.uetr"),
        ):
            payment_log.renew(payment, OTHER_UETR, bytes([1] * 32), TERMS, at=NOON)
        assert (payment.uetr, payment.payment_id, payment.acts) == (str(UETR), PAYMENT_ID.hex(), [])
        found = open_log().find("S-1")
        assert (found.uetr, found.acts) == (str(UETR), [])


class TestSetting:
    def test_first_value_is_kept(self, open_log):
        payment_log = open_log()
        assert payment_log.setting("shift", "3600") == "3600"
        assert payment_log.setting("shift", "7200") == "3600"
        assert open_log().setting("shift", "0") == "3600"


class TestEnter:
    def test_payment_is_found_with_its_terms(self, open_log):
        payment_log = open_log()
        entered = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        assert payment_log.find("S-1") is entered
        assert entered.reference == "S-1"
        assert entered.uetr == str(UETR)
        assert entered.payment_id == PAYMENT_ID.hex()
        assert entered.terms == TERMS
        assert entered.acts == []

    def test_payments_are_listed_in_the_order_they_were_entered(self, open_log):
        payment_log = open_log()
        for number in (3, 1, 2):
            uetr = UUID(int=number, version=4)
            payment_log.enter(f"S-{number}", uetr, bytes([number] * 32), TERMS)
        assert [each.reference for each in payment_log.payments()] == ["S-3", "S-1", "S-2"]

    @pytest.mark.parametrize(
        ("reference", "uetr", "payment_id"),
        [
            ("S-1", OTHER_UETR, OTHER_ID),
            ("s-1", OTHER_UETR, OTHER_ID),
            ("S-2", UETR, OTHER_ID),
            ("S-2", OTHER_UETR, PAYMENT_ID),
        ],
        ids=["reference", "reference spelt otherwise", "uetr", "payment id"],
    )
    def test_second_payment_is_refused(self, open_log, reference, uetr, payment_id):
        open_log().enter("S-1", UETR, PAYMENT_ID, TERMS)
        again = open_log()
        with says(
            PaymentLogError,
            f"payment {reference} with UETR {uetr}: found S-1 with UETR {UETR} in the payment log, "
            "accepted is each reference and UETR once.",
        ):
            again.enter(reference, uetr, payment_id, TERMS)
        assert [each.reference for each in again.payments()] == ["S-1"]

    def test_payment_log_goes_on_after_a_refusal(self, open_log):
        payment_log = open_log()
        payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        with pytest.raises(PaymentLogError):
            payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        payment_log.enter("S-2", OTHER_UETR, OTHER_ID, TERMS)
        assert [each.reference for each in payment_log.payments()] == ["S-1", "S-2"]


class TestActs:
    def test_acts_are_kept_in_order_with_all_they_say(self, open_log):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        sent = payment_log.add(payment, "authorized", at=NOON, transaction="0xab", gas=300_000)
        payment_log.add(payment, "refused", at=NOON, details={"error": "TooLate"})
        assert [act.kind for act in payment.acts] == ["authorized", "refused"]
        assert (sent.transaction, sent.gas, sent.key, sent.details) == ("0xab", 300_000, "", {})
        assert payment.acts[1].details == {"error": "TooLate"}
        assert (payment.acts[1].transaction, payment.acts[1].gas) == ("", 0)

    def test_act_is_found_by_kind_and_key(self, open_log):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        first = payment_log.add(payment, "refunded", at=NOON, key="X-1")
        second = payment_log.add(payment, "refunded", at=NOON, key="X-2")
        assert find_act(payment, "refunded", "X-1") is first
        assert find_act(payment, "refunded", "X-2") is second
        assert find_act(payment, "refunded") is None
        assert find_act(payment, "captured") is None

    def test_acts_belong_to_their_payment(self, open_log):
        payment_log = open_log()
        one = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        other = payment_log.enter("S-2", OTHER_UETR, OTHER_ID, TERMS)
        payment_log.add(one, "captured", at=NOON)
        assert other.acts == []


class TestRenew:
    def test_terms_are_replaced_and_the_old_uetr_kept(self, open_log):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        payment_log.renew(payment, OTHER_UETR, OTHER_ID, {"source_amount": 7}, at=NOON)
        found = open_log().find("S-1")
        assert (found.uetr, found.payment_id) == (str(OTHER_UETR), OTHER_ID.hex())
        assert found.terms == {"source_amount": 7}
        (act,) = found.acts
        assert (act.kind, act.key, act.at) == ("renewed", str(UETR), NOON)
        assert (act.transaction, act.gas, act.details) == ("", 0, {})


class TestSurvival:
    def test_everything_is_there_after_reopening(self, open_log):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        payment_log.add(payment, "authorized", at=NOON, transaction="0xab", gas=300_000)
        payment_log.close()
        found = open_log().find("S-1")
        assert (found.uetr, found.payment_id, found.terms) == (str(UETR), PAYMENT_ID.hex(), TERMS)
        (act,) = found.acts
        assert (act.kind, act.transaction, act.gas) == ("authorized", "0xab", 300_000)
        assert act.at == NOON

    def test_every_entry_is_in_the_file_before_the_next_step(self, open_log, path, tmp_path):
        payment_log = open_log()
        payment = payment_log.enter("S-1", UETR, PAYMENT_ID, TERMS)
        payment_log.add(payment, "authorized", at=NOON)
        # As a killed process leaves it: nothing was closed, and the copy has all that was written.
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", tmp_path / f"copy.sqlite{suffix}")
        with closing(DemoLog.open(tmp_path / "copy.sqlite", GENESIS)) as copy:
            assert [act.kind for act in copy.find("S-1").acts] == ["authorized"]
