"""The file of a payment log: an SQLite store of one chain, which one run at a time has open."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, BigInteger, Column, MetaData, Table, select

from deposit_token.errors import (
    PaymentLogError,
    PaymentLogInUse,
    StoreError,
    WrongChain,
    WrongStore,
)
from deposit_token.platform import tables as platform
from deposit_token.store import projection_tables as projection
from deposit_token.store.bulk import insert_rows
from deposit_token.store.sql import SqlStore

_HEADER = b"SQLite format 3\0"
"""How every SQLite file begins that is not empty."""

_DEMO = MetaData()
_SHIFT = Table(
    "shift",
    _DEMO,
    # 1, so that there is one row.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", BigInteger, nullable=False),
)

_OWN = {*projection.SUMS.metadata.tables, *platform.METADATA.tables, *_DEMO.tables}
_BESIDE = ("alembic_", "sqlite_")
"""How the names of tables begin that others keep beside one's own."""


@contextmanager
def open_log(path: Path, chain_id: int, genesis_hash: str) -> Iterator[SqlStore]:
    """The store in the file at `path`, which is made if there is none.

    A lock on the file `path` and `.lock` keeps others out meanwhile, or until the process dies: two
    runs would move the chain's clock against each other. What only reads needs no lock. Raises
    PaymentLogError for what is no payment log, or that of another chain, and PaymentLogInUse while
    another run has it.
    """
    _require_file(path)
    with ExitStack() as opened:
        # It stays there: removing it would race the next run.
        lock = path.with_name(f"{path.name}.lock")
        stood = lock.exists()
        try:
            fcntl.flock(opened.enter_context(lock.open("a")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PaymentLogInUse(
                f"payment log {path}: found it in use by another run, accepted is one run at a "
                "time."
            ) from None
        except OSError as error:
            raise _unusable(path, error.strerror) from error
        try:
            _require_own_tables(path)
        except PaymentLogError:
            # Beside a file that is no payment log nobody looks for one.
            if not stood:
                lock.unlink()
            raise
        try:
            url = URL.create("sqlite", database=str(path)).render_as_string()
            found = SqlStore.connect(url)
            opened.callback(found.close)
            found.bind(chain_id, genesis_hash)
        except (StoreError, WrongChain, WrongStore) as error:
            raise PaymentLogError(f"payment log {path}: {error}") from error
        yield found


def kept_shift(log: SqlStore, seconds: int) -> int:
    """By how many seconds the log's runs move all times; this many, and kept, if nothing is."""
    with log.writing() as connection:
        _DEMO.create_all(connection)
        insert_rows(connection, _SHIFT, [{"number": 1, "seconds": seconds}])
        return int(connection.execute(select(_SHIFT.c.seconds)).scalar_one())


def _unusable(path: Path, reason: object) -> PaymentLogError:
    return PaymentLogError(
        f"payment log: found {path}, which can't be used ({reason}), accepted is a payment log, or "
        "a path where one can be written."
    )


def _require_file(path: Path) -> None:
    """Refuse what can't be a payment log before anything is left beside it."""
    try:
        if path.exists() and not path.is_file():
            raise _unusable(path, "it is not a file")
        start = b""
        if path.exists():
            with path.open("rb") as file:
                start = file.read(len(_HEADER))
    except OSError as error:
        raise _unusable(path, error.strerror) from None
    if start not in (b"", _HEADER):
        raise _unusable(path, "file is not a database")


def _require_own_tables(path: Path) -> None:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            names = {str(name) for (name,) in rows}
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # SQLite's own words may have the file's bytes in them.
        raise _unusable(path, error) from error
    foreign = [each for each in names - _OWN if not each.startswith(_BESIDE)]
    if foreign:
        raise PaymentLogError(
            f"payment log {path}: found the table {min(foreign)}, accepted is a file that has none "
            "but a payment log's."
        )
