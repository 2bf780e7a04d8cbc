"""A projection that is in a store's database.

Its many rows are written by the drivers' own means: an `executemany`, and PostgreSQL's `COPY`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Select, Table, delete, select, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from deposit_token.errors import WrongStore
from deposit_token.store.bulk import insert_rows
from deposit_token.store.projection import (
    KEPT,
    OPENINGS,
    TRANSFER,
    AddUp,
    Checkpoint,
    EscrowEvent,
    Projection,
    Row,
    Sums,
    TokenEvent,
)
from deposit_token.store.projection_tables import (
    BALANCES,
    CHECKPOINTS,
    ESCROW_EVENTS,
    SUMS,
    TOKEN_EVENTS,
)
from deposit_token.store.sql import SqlStore
from deposit_token.values.fields import Text, Uint256, checked

_AT_ONCE = 500
"""Ids that one query asks for: databases take some thousand parameters."""

_EVENTS, _BALANCES = "events", "balances"
"""What a checkpoint is for."""

_TABLES: Mapping[Table, type[Row]] = {ESCROW_EVENTS: EscrowEvent, TOKEN_EVENTS: TokenEvent}
_AMOUNTS: Mapping[type[Row], int] = {EscrowEvent: 4, TokenEvent: 1}
"""How many of a row's last fields are amounts."""


class SqlProjection(Projection):
    """The projection that a store's database has beside the store's own tables.

    Every method raises as the store's do, and WrongStore for a row that is not as it was written.
    """

    @checked
    def __init__(self, store: SqlStore) -> None:
        self._store = store

    @checked
    def bind(self, chain_id: Uint256, genesis_hash: Text) -> None:
        self._store.bind(chain_id, genesis_hash)

    def checkpoints(self, contract: str) -> Sequence[Checkpoint]:
        with self._store.writing() as connection:
            return _locked(connection, contract, _EVENTS)[1]

    def keep(
        self,
        contract: str,
        after: Checkpoint | None,
        until: Checkpoint,
        rows: Sequence[Row],
        add_up: AddUp,
    ) -> bool:
        with self._store.writing() as connection:
            number, blocks = _locked(connection, contract, _EVENTS)
            if blocks[:1] != _listed(after):
                return False
            _insert(connection, number, rows)
            _add(connection, number, add_up(rows), 1)
            _move(connection, number, contract, _EVENTS, [until, *blocks])
            return True

    def roll_back(
        self, contract: str, after: Checkpoint, to: Checkpoint | None, add_up: AddUp
    ) -> bool:
        with self._store.writing() as connection:
            number, blocks = _locked(connection, contract, _EVENTS)
            if blocks[:1] != [after]:
                return False
            first = 0 if to is None else to.number + 1
            _doubt_balances(connection, contract, number, to)
            for table in _TABLES:
                undone = (table.c.contract == number) & (table.c.block >= first)
                found = _rows(connection, table, select(table).where(undone))
                _add(connection, number, add_up(found), -1)
                connection.execute(delete(table).where(undone))
            left = blocks[blocks.index(to) :] if to in blocks else []
            _move(connection, number, contract, _EVENTS, left)
            return True

    def forget(self, contract: str) -> None:
        """Remove all that is there of a contract, so that its events are read from the first on."""
        with self._store.writing() as connection:
            its = CHECKPOINTS.c.contract == contract
            numbers = list(connection.scalars(select(CHECKPOINTS.c.number).where(its)))
            for table in (*_TABLES, SUMS, BALANCES):
                connection.execute(delete(table).where(table.c.contract.in_(numbers)))
            connection.execute(delete(CHECKPOINTS).where(its))

    def sums(self, contract: str, at: Checkpoint, tokens: Iterable[bytes]) -> Sums | None:
        with self._store.writing() as connection:
            number, blocks = _locked(connection, contract, _EVENTS)
            if blocks[:1] != [at]:
                return None
            # One that has lost its token is found by nobody who asks for it.
            for _ in _read(connection, SUMS, select(SUMS).where(SUMS.c.contract == number)):
                pass
            return _sums(connection, number, tokens)

    def opened(self, contract: str, payments: Iterable[bytes]) -> Mapping[bytes, EscrowEvent]:
        table, wanted = ESCROW_EVENTS, list(payments)
        found: dict[bytes, EscrowEvent] = {}
        if not wanted:
            return found
        with self._store.writing() as connection:
            number, _ = _locked(connection, contract, _EVENTS)
            its = (table.c.contract == number) & table.c.event.in_(OPENINGS)
            for first in range(0, len(wanted), _AT_ONCE):
                some = table.c.payment.in_(wanted[first : first + _AT_ONCE])
                for row in _rows(connection, table, select(table).where(its & some)):
                    found[row.payment] = row
        return found

    def unasked(self, contract: str) -> Sequence[bytes]:
        with self._store.writing() as connection:
            number, _ = _locked(connection, contract, _EVENTS)
            _, asked = _locked(connection, contract, _BALANCES)
            first = asked[0].number + 1 if asked else 0
            doubted = (BALANCES.c.contract == number) & BALANCES.c.balance.is_(None)
            found = union(*_moved(number, first), select(BALANCES.c.holder).where(doubted))
            return sorted(map(bytes, connection.scalars(found)))

    def keep_balances(
        self, contract: str, at: Checkpoint, balances: Mapping[bytes, int]
    ) -> int | None:
        with self._store.writing() as connection:
            number, blocks = _locked(connection, contract, _EVENTS)
            if blocks[:1] != [at]:
                return None
            new = [(number, holder, str(balance)) for holder, balance in balances.items()]
            _replace(connection, BALANCES, new)
            asked, _ = _locked(connection, contract, _BALANCES)
            _move(connection, asked, contract, _BALANCES, [at])
            its = select(BALANCES).where(BALANCES.c.contract == number)
            return sum(int(balance) for *_, balance in _read(connection, BALANCES, its))


def _locked(connection: Connection, contract: str, purpose: str) -> tuple[int, list[Checkpoint]]:
    """The number of a contract's checkpoint, and its blocks; nobody else moves it until the end of
    the transaction."""
    row = {"contract": contract, "purpose": purpose, "blocks": []}
    insert_rows(connection, CHECKPOINTS, [{**row, "seal": _seal((contract, purpose, []))}])
    its = (CHECKPOINTS.c.contract == contract) & (CHECKPOINTS.c.purpose == purpose)
    asked = select(CHECKPOINTS).where(its).with_for_update()
    number, *values, seal = connection.execute(asked).one()
    _require_sealed(CHECKPOINTS, tuple(values), seal)
    return number, [Checkpoint(*each) for each in values[-1]]


def _move(
    connection: Connection, number: int, contract: str, purpose: str, blocks: list[Checkpoint]
) -> None:
    kept = [list(each) for each in blocks[:KEPT]]
    changed = update(CHECKPOINTS).where(CHECKPOINTS.c.number == number)
    seal = _seal((contract, purpose, kept))
    connection.execute(changed.values(blocks=kept, seal=seal))


def _listed(checkpoint: Checkpoint | None) -> list[Checkpoint]:
    return [] if checkpoint is None else [checkpoint]


def _insert(connection: Connection, number: int, rows: Sequence[Row]) -> None:
    for table, kind in _TABLES.items():
        some = [_values(number, each) for each in rows if type(each) is kind]
        if not some:
            continue
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(table.columns))
            connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", some)
        else:
            _copy(connection, table, some)


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    from psycopg import Error

    columns = ", ".join(each.name for each in table.columns)
    statement = f"COPY {table.name} ({columns}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for each in rows:
                copy.write_row(each)
    except Error as error:
        # As SQLAlchemy tells of whatever goes through it.
        raise OperationalError(statement, None, error) from error


def _values(number: int, row: Row) -> tuple[Any, ...]:
    many = _AMOUNTS[type(row)]
    values = (number, *row[:-many], *map(str, row[-many:]))
    return (*values, _seal(values))


def _rows(connection: Connection, table: Table, asked: Select[Any]) -> Iterator[Any]:
    """Events as they were kept."""
    kind = _TABLES[table]
    many = _AMOUNTS[kind]
    for values in _read(connection, table, asked):
        yield kind(*values[1:-many], *map(int, values[-many:]))


def _seal(values: tuple[Any, ...]) -> int:
    """What shows that values are those that were written, of which a disk may have lost bits."""
    return crc32(repr(values).encode())


def _require_sealed(table: Table, values: tuple[Any, ...], seal: int) -> None:
    if _seal(values) != seal:
        raise WrongStore(
            f"store: found a row of {table.name} altered ({values!r:.100}), accepted is one as it "
            "was written: forget its contract, so that its events are read again."
        )


def _add(connection: Connection, number: int, sums: Sums, sign: int) -> None:
    kept = _sums(connection, number, {token for token, _ in sums})
    new = [
        (number, token, name, str(kept.get((token, name), 0) + sign * amount))
        for (token, name), amount in sums.items()
    ]
    _replace(connection, SUMS, new)


def _sums(connection: Connection, number: int, tokens: Iterable[bytes]) -> Sums:
    found: dict[tuple[bytes, str], int] = {}
    asked = sorted(tokens)
    for first in range(0, len(asked), _AT_ONCE):
        some = SUMS.c.token.in_(asked[first : first + _AT_ONCE])
        its = select(SUMS).where((SUMS.c.contract == number) & some)
        for _, token, name, amount in _read(connection, SUMS, its):
            found[token, name] = int(amount)
    return found


def _read(connection: Connection, table: Table, asked: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a table that has seals, without them."""
    for found in connection.execute(asked):
        *values, seal = found
        _require_sealed(table, tuple(values), seal)
        yield tuple(values)


def _replace(connection: Connection, table: Table, new: Sequence[tuple[Any, ...]]) -> None:
    """Write rows in the place of those with the same key."""
    if not new:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    given = dialect.insert(table)
    others = {each.name: given.excluded[each.name] for each in table.c if not each.primary_key}
    names = table.c.keys()
    connection.execute(
        given.on_conflict_do_update(index_elements=table.primary_key.columns, set_=others),
        [dict(zip(names, (*each, _seal(each)), strict=True)) for each in new],
    )


def _doubt_balances(
    connection: Connection, contract: str, number: int, to: Checkpoint | None
) -> None:
    """Have the balances asked for again that were kept after a checkpoint and have moved since."""
    checkpoint, asked = _locked(connection, contract, _BALANCES)
    first = 0 if to is None else to.number + 1
    if not asked or asked[0].number < first:
        return
    moved = union(*_moved(number, first))
    holders = list(map(bytes, connection.scalars(moved)))
    _replace(connection, BALANCES, [(number, holder, None) for holder in holders])
    _move(connection, checkpoint, contract, _BALANCES, _listed(to))


def _moved(number: int, first: int) -> tuple[Select[Any], Select[Any]]:
    """The accounts that a token's transfers name from a block on."""
    table = TOKEN_EVENTS
    its = (table.c.contract == number) & (table.c.block >= first) & (table.c.event == TRANSFER)
    return select(table.c.sender).where(its), select(table.c.receiver).where(its)
