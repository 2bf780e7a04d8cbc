"""Many rows in one statement, as each database takes them fastest.

PostgreSQL is given them all as one JSON text, SQLite one after another.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import JSON, Column, Connection, LargeBinary, Table
from sqlalchemy.dialects.postgresql.base import PGDialect

_AT_ONCE = 500
"""Keys that one statement names: databases take some thousand parameters."""

Values = Mapping[str, Any]
"""Values by the names of their columns; all rows of one call have the same."""


def insert_rows(connection: Connection, table: Table, new: Iterable[Values]) -> int:
    """Insert rows in this order, without those that are there already; gives how many were not."""
    rows = list(new)
    if not rows:
        return 0
    columns = [table.c[name] for name in rows[0]]
    into = f"INSERT INTO {_name(table)} ({', '.join(map(_name, columns))})"
    if isinstance(connection.dialect, PGDialect):
        values = ", ".join(map(_given, columns))
        source = f"SELECT {values} FROM {_as_table(columns, connection)} ORDER BY given.place"
    else:
        source = f"VALUES ({', '.join('?' for _ in columns)})"
    return _do(connection, f"{into} {source} ON CONFLICT DO NOTHING", columns, rows)


def change_rows(connection: Connection, table: Table, key: str, changed: Sequence[Values]) -> None:
    """Give the rows of these keys the other values."""
    if not changed:
        return
    # SQLite takes them by their places.
    columns = [*(table.c[name] for name in changed[0] if name != key), table.c[key]]
    *others, found_by = columns
    change = f"UPDATE {_name(table)} SET"
    if isinstance(connection.dialect, PGDialect):
        values = ", ".join(f"{_name(each)} = {_given(each)}" for each in others)
        where = f"{_name(table)}.{_name(found_by)} = {_given(found_by)}"
        statement = f"{change} {values} FROM {_as_table(columns, connection)} WHERE {where}"
    else:
        values = ", ".join(f"{_name(each)} = ?" for each in others)
        statement = f"{change} {values} WHERE {_name(found_by)} = ?"
    _do(connection, statement, columns, changed)


def change_alike(
    connection: Connection, table: Table, key: str, keys: Sequence[str], values: Values
) -> None:
    """Give the rows of all these keys the same values."""
    changes = ", ".join(f"{_name(table.c[name])} = {{0}}" for name in values)
    for first in range(0, len(keys), _AT_ONCE):
        some = list(keys[first : first + _AT_ONCE])
        given: list[Any] = some
        mark, wanted = "?", f"IN ({', '.join('?' * len(some))})"
        if isinstance(connection.dialect, PGDialect):
            given, mark, wanted = [some], "%s", "= ANY(%s)"
        where = f"{_name(table.c[key])} {wanted}"
        statement = f"UPDATE {_name(table)} SET {changes.format(mark)} WHERE {where}"
        connection.exec_driver_sql(statement, (*values.values(), *given))


def _do(
    connection: Connection, statement: str, columns: Sequence[Column[Any]], given: Sequence[Values]
) -> int:
    if isinstance(connection.dialect, PGDialect):
        text = to_json(given, bytes_mode="hex").decode()
        return connection.exec_driver_sql(statement, (text,)).rowcount
    values = zip(*(_values(each, given) for each in columns), strict=True)
    return connection.exec_driver_sql(statement, list(values)).rowcount


def _values(column: Column[Any], given: Sequence[Values]) -> list[Any]:
    found = [each[column.name] for each in given]
    if not isinstance(column.type, JSON):
        return found
    return [None if each is None else to_json(each).decode() for each in found]


def _as_table(columns: Sequence[Column[Any]], connection: Connection) -> str:
    types = {
        each: "TEXT" if _is_binary(each) else each.type.compile(connection.dialect)
        for each in columns
    }
    typed = ", ".join(f"{_name(each)} {type_}" for each, type_ in types.items())
    names = ", ".join(map(_name, columns))
    rows = f"ROWS FROM (json_to_recordset(%s) AS ({typed}))"
    return f"{rows} WITH ORDINALITY AS given ({names}, place)"


def _given(column: Column[Any]) -> str:
    value = f"given.{_name(column)}"
    return f"decode({value}, 'hex')" if _is_binary(column) else value


def _is_binary(column: Column[Any]) -> bool:
    return isinstance(column.type, LargeBinary)


def _name(thing: Table | Column[Any]) -> str:
    return f'"{thing.name}"'
