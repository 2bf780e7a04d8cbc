"""Many rows in one statement, as each database takes them fastest.

PostgreSQL is given whole columns as arrays, SQLite one row after another.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table
from sqlalchemy.dialects.postgresql.base import PGDialect

Row = Mapping[str, Any]
"""Values by the names of their columns; all rows of one call have the same."""


def insert_rows(connection: Connection, table: Table, new: Iterable[Row]) -> int:
    """Insert rows in this order, without those that are there already; gives how many were not."""
    new = list(new)
    if not new:
        return 0
    columns = [table.c[name] for name in new[0]]
    names = ", ".join(map(_name, columns))
    into = f"INSERT INTO {_name(table)} ({names})"
    if isinstance(connection.dialect, PGDialect):
        given = _as_table(columns, connection)
        values = ", ".join(f"given.{_name(each)}" for each in columns)
        source = f"SELECT {values} FROM {given} ORDER BY given.place"
    else:
        source = f"VALUES ({', '.join('?' for _ in columns)})"
    return _do(connection, f"{into} {source} ON CONFLICT DO NOTHING", columns, new)


def change_rows(connection: Connection, table: Table, key: str, changed: Sequence[Row]) -> None:
    """Give the rows of these keys the other values."""
    if not changed:
        return
    columns = [*(table.c[name] for name in changed[0] if name != key), table.c[key]]
    *others, found_by = columns
    change = f"UPDATE {_name(table)} SET"
    if isinstance(connection.dialect, PGDialect):
        values = ", ".join(f"{_name(each)} = given.{_name(each)}" for each in others)
        given = _as_table(columns, connection)
        where = f"{_name(table)}.{_name(found_by)} = given.{_name(found_by)}"
        statement = f"{change} {values} FROM {given} WHERE {where}"
    else:
        values = ", ".join(f"{_name(each)} = ?" for each in others)
        statement = f"{change} {values} WHERE {_name(found_by)} = ?"
    _do(connection, statement, columns, changed)


def _do(
    connection: Connection, statement: str, columns: Sequence[Column[Any]], given: Sequence[Row]
) -> int:
    values = [_values(each, given) for each in columns]
    if isinstance(connection.dialect, PGDialect):
        return connection.exec_driver_sql(statement, tuple(values)).rowcount
    return connection.exec_driver_sql(statement, list(zip(*values, strict=True))).rowcount


def _values(column: Column[Any], given: Sequence[Row]) -> list[Any]:
    if isinstance(column.type, JSON):
        found = (each[column.name] for each in given)
        return [None if each is None else json.dumps(each) for each in found]
    return [each[column.name] for each in given]


def _as_table(columns: Sequence[Column[Any]], connection: Connection) -> str:
    types = (each.type.compile(connection.dialect) for each in columns)
    arrays = ", ".join(f"%s::{each}[]" for each in types)
    names = ", ".join(map(_name, columns))
    return f"unnest({arrays}) WITH ORDINALITY AS given ({names}, place)"


def _name(thing: Table | Column[Any]) -> str:
    return f'"{thing.name}"'
