"""A store that is a database: an SQLite file, or PostgreSQL where one machine is outgrown.

Only what runs as a service imports it: it needs the extra `store`.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from pydantic_core import from_json
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Engine,
    Row,
    Select,
    create_engine,
    event,
    func,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    TimeoutError,
)

from deposit_token.errors import InputError, NotInstalled, StoreError, WrongStore
from deposit_token.store.bulk import change_alike, change_rows, insert_rows
from deposit_token.store.migrate import migrate
from deposit_token.store.records import (
    ENDED,
    SETTLED,
    Fate,
    Instruction,
    Lease,
    State,
    Transaction,
    require_chain,
)
from deposit_token.store.store import Store
from deposit_token.store.tables import (
    BOUND,
    COUNTED,
    INSTRUCTIONS,
    LEASES,
    TRANSACTIONS,
    instruction_of,
    instruction_row,
    standing_row,
    transaction_of,
    transaction_row,
)
from deposit_token.values.fields import Text, Uint256, checked

T = TypeVar("T")

_ACCEPTED = "one such as sqlite:///store.sqlite or postgresql+psycopg://user@host/store"
Selected = Select[Any] | CompoundSelect[Any]
_SQLITE_HEALS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
}
_POSTGRESQL_HEALS = ("08", "40", "53", "55P03", "57", "58")
"""How its states begin: no connection, a conflict, no room, a lock, a stop, the machine's own."""
_REFUSED = re.compile(
    r'FATAL: .*("[^"]*" does not exist|authentication failed|no pg_hba.conf entry)', re.DOTALL
)
_BUSY_SECONDS = 30
"""How long one waits for others that write to the same file."""
_CACHE_KIB = 65_536
_PAGES_AHEAD = 10_000
"""How many pages of an SQLite file wait beside it until they are written into it, of 4 KiB: where
many rows are written, the same pages are so again and again."""
_AT_ONCE = 500
"""Ids that one query asks for: databases take some thousand parameters."""


class SqlStore(Store):
    """A store that is a database; any number of processes may have it open.

    Every method raises StoreError, and has done nothing, if the database fails, and WrongStore if
    that will not heal by itself.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    @checked
    def connect(cls, url: Text) -> Self:
        """The store in the database at an address as SQLAlchemy has it, whose tables are made or
        brought up to date.

        Raises InputError for another address, NotInstalled without the database's driver,
        StoreError if the database does not answer, and WrongStore if it is none.
        """
        try:
            place = make_url(url)
            if place.get_backend_name() not in ("sqlite", "postgresql"):
                raise InputError("store", place.get_backend_name(), _ACCEPTED)
            engine = create_engine(place, pool_pre_ping=True, json_deserializer=_from_json)
        except (ArgumentError, NoSuchModuleError):
            raise InputError("store", url.partition("@")[2] or url, _ACCEPTED) from None
        except ImportError as error:
            raise NotInstalled(
                f"store: found no driver of the database ({error}), accepted is the package with "
                "its extra store."
            ) from None
        if place.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        store = cls(engine)
        with store.writing() as connection:
            migrate(connection)
        return store

    def close(self) -> None:
        """Give its connections back."""
        self._engine.dispose()

    @checked
    def bind(self, chain_id: Uint256, genesis_hash: Text) -> None:
        with self.writing() as connection:
            given = {"chain_id": str(chain_id), "genesis_hash": genesis_hash}
            insert_rows(connection, BOUND, [{"number": 1, **given}])
            (kept,) = rows(connection, select(BOUND))
            require_chain((int(kept["chain_id"]), kept["genesis_hash"]), (chain_id, genesis_hash))

    @checked
    def add(self, instructions: Iterable[Instruction]) -> None:
        with self.writing() as connection:
            add(connection, instructions)

    @checked
    def find(self, ids: Iterable[Text]) -> Mapping[str, Instruction]:
        with self.reading() as connection:
            return find(connection, list(ids))

    def open(self, sender: str, most: int) -> Sequence[Instruction]:
        is_open = (INSTRUCTIONS.c.sender == sender) & (INSTRUCTIONS.c.state == State.OPEN.value)
        asked = select(INSTRUCTIONS).where(is_open).order_by(INSTRUCTIONS.c.number).limit(most)
        with self.reading() as connection:
            return _read(instruction_of, connection.execute(asked).all())

    def lease(self, sender: str, holder: str, now: int, until: int) -> Lease | None:
        with self.writing() as connection:
            nobody = Lease(sender, "", 0, 0)
            insert_rows(connection, LEASES, [vars(nobody)])
            # Whoever writes under it at this moment has it.
            asked = select(LEASES).where(LEASES.c.sender == sender)
            found = _lease(connection, asked.with_for_update(skip_locked=True))
            taken = None if found is None else found.taken_by(holder, now, until)
            if taken is not None:
                changed = update(LEASES).where(LEASES.c.sender == sender).values(**vars(taken))
                connection.execute(changed)
            return taken

    def sign(self, lease: Lease, transactions: Sequence[Transaction]) -> None:
        with self.writing() as connection:
            _require_held(connection, lease)
            ids = [id for each in transactions for id in each.ids]
            taken = _taken(connection, ids)
            for each in transactions:
                for id in each.ids:
                    if id in taken and not _carries(connection, each, id):
                        raise InputError(f"instruction {id}", taken[id], State.OPEN.value)
                    taken[id] = State.ASSIGNED.value
            insert_rows(connection, TRANSACTIONS, [transaction_row(each) for each in transactions])
            assigned = {"state": State.ASSIGNED.value}
            change_alike(connection, INSTRUCTIONS, "id", ids, assigned)

    def unsettled(self, sender: str) -> Sequence[Transaction]:
        fates = [each.value for each in Fate if each not in SETTLED]
        asked = (
            select(TRANSACTIONS)
            .where((TRANSACTIONS.c.sender == sender) & TRANSACTIONS.c.fate.in_(fates))
            .order_by(TRANSACTIONS.c.nonce, TRANSACTIONS.c.number)
        )
        with self.reading() as connection:
            return _read(transaction_of, connection.execute(asked).all())

    def next_nonce(self, sender: str) -> int:
        asked = select(func.max(TRANSACTIONS.c.nonce)).where(TRANSACTIONS.c.sender == sender)
        with self.reading() as connection:
            greatest = connection.execute(asked).scalar()
        return 0 if greatest is None else int(greatest) + 1

    def record(
        self,
        lease: Lease,
        transactions: Iterable[Transaction],
        instructions: Iterable[Instruction] = (),
    ) -> None:
        with self.writing() as connection:
            _require_held(connection, lease)
            now = [standing_row(each) for each in instructions]
            _number(connection, now)
            fates: dict[tuple[Any, ...], list[str]] = {}
            for each in transactions:
                fates.setdefault((each.fate.value, each.block, each.block_hash), []).append(
                    each.hash
                )
            for fate, hashes in fates.items():
                standing = dict(zip(("fate", "block", "block_hash"), fate, strict=True))
                change_alike(connection, TRANSACTIONS, "hash", hashes, standing)
            change_rows(connection, INSTRUCTIONS, "id", now)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, which is kept as a whole or not at all; raises as the others."""
        with _told(), self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What is there, of which nobody makes it wait; raises as the others."""
        with _told(), self._engine.connect() as connection:
            yield connection


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        # By the driver, of a text that has lost bits.
        raise _unreadable(error) from None
    except (DBAPIError, TimeoutError) as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        if isinstance(error, TimeoutError) or _heals(error):
            raise StoreError(
                f"store: found its database failing ({reason}), accepted is one that answers."
            ) from error
        raise WrongStore(
            f"store: found its database refusing ({reason}), accepted is one that can be opened "
            "and has a store's tables."
        ) from error


def _heals(error: DBAPIError) -> bool:
    """Whether a database may do later what it does not do now."""
    orig = error.orig
    if isinstance(orig, sqlite3.Error):
        # An error's own code is extended by higher bits.
        code = getattr(orig, "sqlite_errorcode", None)
        return code is None or code & 0xFF in _SQLITE_HEALS
    state = getattr(orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_POSTGRESQL_HEALS)
    # Of a failed connection there are words alone.
    known = isinstance(error, OperationalError | InterfaceError)
    return known and _REFUSED.search(str(orig)) is None


def add(connection: Connection, instructions: Iterable[Instruction]) -> None:
    """As `Store.add`, within a transaction."""
    given = [each.anew() for each in instructions]
    if insert_rows(connection, INSTRUCTIONS, map(instruction_row, given)) == len(given):
        return
    kept = find(connection, [each.id for each in given])
    for each in given:
        kept[each.id].require_same(each)


def next_settled(connection: Connection, many: int) -> range:
    """The next numbers for what is settled; until the transaction is over others wait for theirs,
    so that whoever sees one sees all that are less."""
    changed = update(COUNTED).values(settled=COUNTED.c.settled + many)
    last = int(connection.execute(changed.returning(COUNTED.c.settled)).scalar_one())
    return range(last - many + 1, last + 1)


def _number(connection: Connection, standing: list[dict[str, Any]]) -> None:
    """Give each that is done or refused by now its number."""
    ended = {each.value for each in ENDED}
    new = [each for each in standing if each["state"] in ended and each["settled"] is None]
    if new:
        for row, number in zip(new, next_settled(connection, len(new)), strict=True):
            row["settled"] = number


def _require_held(connection: Connection, lease: Lease) -> None:
    """Until the end of the transaction nobody takes the lease."""
    asked = select(LEASES).where(LEASES.c.sender == lease.sender)
    lease.require_held(_lease(connection, asked.with_for_update()))


def _lease(connection: Connection, asked: Select[Any]) -> Lease | None:
    return next((Lease(**row) for row in rows(connection, asked)), None)


def rows(connection: Connection, asked: Selected) -> Iterator[dict[str, Any]]:
    """What is found, by the names of its columns."""
    return ({str(key): row[key] for key in row} for row in connection.execute(asked).mappings())


def _carries(connection: Connection, transaction: Transaction, id: str) -> bool:
    """Whether one of a transaction's family that is in the store carries an instruction."""
    family = (TRANSACTIONS.c.sender == transaction.sender) & (
        TRANSACTIONS.c.nonce == transaction.nonce
    )
    return any(id in ids for ids in connection.scalars(select(TRANSACTIONS.c.ids).where(family)))


def find(connection: Connection, ids: Sequence[str]) -> dict[str, Instruction]:
    """As `Store.find`, within a transaction."""
    selected = select(INSTRUCTIONS)
    found = _read(instruction_of, _by_id(connection, selected, ids))
    return {each.id: each for each in found}


def _taken(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The states of those that are not open."""
    is_taken = INSTRUCTIONS.c.state != State.OPEN.value
    selected = select(INSTRUCTIONS.c.id, INSTRUCTIONS.c.state).where(is_taken)
    return {row.id: row.state for row in _by_id(connection, selected, ids)}


def _by_id(connection: Connection, selected: Select[Any], ids: Sequence[str]) -> Iterator[Row[Any]]:
    for first in range(0, len(ids), _AT_ONCE):
        wanted = INSTRUCTIONS.c.id.in_(ids[first : first + _AT_ONCE])
        yield from connection.execute(selected.where(wanted)).all()


def _read(of: Callable[[Row[Any]], T], found: Iterable[Row[Any]]) -> list[T]:
    """What rows have; raises WrongStore for one that the store has not written."""
    try:
        return [of(row) for row in found]
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(error) from None


def _from_json(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> WrongStore:
    reason = " ".join(str(error).split())
    return WrongStore(
        f"store: found a row that can't be read ({reason}), accepted is what the store has written "
        "itself."
    )


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Else the driver begins transactions when it likes.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1_000}")
    # A commit survives the death of the process and of the machine, and hinders no reader.
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_AHEAD}")


def _write_ahead(connection: Any) -> None:
    """Sets it for good; where others open a new file at the same time, SQLite itself does not wait
    for them."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # Who reads first and writes then would fail where another has written in between.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
