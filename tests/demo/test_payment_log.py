"""The file of a payment log: whose it is, and who may have it open."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from deposit_token.demo.payment_log import kept_shift, open_log
from deposit_token.errors import PaymentLogError, PaymentLogInUse
from tests.refusals import says

CHAIN = (31337, f"0x{'01' * 32}")
OTHER_CHAIN = (31337, f"0x{'02' * 32}")

HOLDER = """
import sys
from pathlib import Path
from deposit_token.demo.payment_log import open_log
with open_log(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]):
    print("open", flush=True)
    sys.stdin.read()
"""


def unusable(path, reason):
    return (
        f"payment log: found {path}, which can't be used ({reason}), accepted is a payment log, or "
        "a path where one can be written."
    )


def in_use(path):
    return f"payment log {path}: found it in use by another run, accepted is one run at a time."


def refused(path, sentence, chain=CHAIN):
    with says(PaymentLogError, sentence), open_log(path, *chain):
        pass


@pytest.fixture
def path(tmp_path):
    return tmp_path / "payments.sqlite"


@pytest.fixture
def made(path):
    """A payment log that was made and closed."""
    with open_log(path, *CHAIN):
        pass
    return path


class TestFile:
    def test_that_of_another_chain_is_refused(self, made):
        (_, accepted), (_, found) = CHAIN, OTHER_CHAIN
        refused(
            made,
            f"payment log {made}: genesis hash: found {found}, accepted is {accepted}, that of the "
            "chain that the store is bound to.",
            OTHER_CHAIN,
        )
        with open_log(made, *CHAIN):
            pass

    def test_text_is_none(self, path):
        path.write_text("invoice,kind\n" * 100)
        refused(path, unusable(path, "file is not a database"))
        assert path.read_text() == "invoice,kind\n" * 100
        assert list(path.parent.iterdir()) == [path]

    def test_folder_is_none(self, path):
        path.mkdir()
        refused(path, unusable(path, "it is not a file"))
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("empty", ["", "."])
    def test_no_name_is_none(self, empty):
        refused(Path(empty), unusable(".", "it is not a file"))

    def test_damaged_database_is_none(self, path):
        path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 16)
        beginning = f"^payment log: found {path}, which can't be used "
        with pytest.raises(PaymentLogError, match=beginning), open_log(path, *CHAIN):
            pass
        assert list(path.parent.iterdir()) == [path]

    def test_file_in_a_missing_folder_is_none(self, path):
        inside = path / "payments.sqlite"
        refused(inside, unusable(inside, "No such file or directory"))

    def test_other_database_is_none(self, path):
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE cars (colour TEXT)")
        before = path.read_bytes()
        refused(
            path,
            f"payment log {path}: found the table cars, accepted is a file that has none but a "
            "payment log's.",
        )
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("name", ["a?b=c.sqlite", "a%20b#1.sqlite", "größe 1.sqlite"])
    def test_any_name_is_taken_as_it_is(self, tmp_path, name):
        for _ in range(2):
            with open_log(tmp_path / name, *CHAIN):
                pass
            assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.lock"}


class TestInUse:
    """Two runs would move the chain's clock against each other."""

    def test_second_run_is_refused_until_the_first_is_over(self, made):
        with open_log(made, *CHAIN):
            for _ in range(2):
                with says(PaymentLogInUse, in_use(made)), open_log(made, *CHAIN):
                    pass
        with open_log(made, *CHAIN):
            pass

    def test_killed_run_leaves_it_free(self, made):
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(made), *map(str, CHAIN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            try:
                assert holder.stdout.readline() == "open\n"
                with says(PaymentLogInUse, in_use(made)), open_log(made, *CHAIN):
                    pass
            finally:
                holder.kill()
        with open_log(made, *CHAIN):
            pass


def test_first_shift_is_kept(path):
    for offered in (3_600, 7_200, 0):
        with open_log(path, *CHAIN) as log:
            assert kept_shift(log, offered) == 3_600
