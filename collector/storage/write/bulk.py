"""The statements of the write path, many rows at a time.

SQLAlchemy's executemany and its expanding IN cost more Python than the rest of a commit together, and on SQLite every
row hands the interpreter's lock back and forth between the writer and the event loop. These few statements therefore
go to the driver as text made from the same tables: one statement takes up to ROWS rows, and the text for a number of
rows is always the same, so that the driver keeps it prepared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from ..types import RawJSON

ROWS = 128
"""Rows or keys in one statement; SQLite takes 32,766 parameters, an event has 17."""

_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns and in the driver's types (JSON as text).

    Raises sqlalchemy.exc.IntegrityError when a key exists.
    """
    mark = _mark(connection)
    for start in range(0, len(rows), ROWS):
        chunk = rows[start : start + ROWS]
        values = tuple(chain.from_iterable(chunk))
        connection.exec_driver_sql(_insert(table, len(chunk), mark), values)


def select_in(connection: sa.Connection, select: str, fixed: tuple[Any, ...], keys: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Run `select`, in which `{keys}` stands for a list of keys and `{mark}` for each of the `fixed` values before it."""
    mark = _mark(connection)
    wanted = list(keys)
    found: list[Any] = []
    for start in range(0, len(wanted), ROWS):
        chunk = wanted[start : start + ROWS]
        values = (*fixed, *chain.from_iterable(chunk))
        found += connection.exec_driver_sql(_select(select, len(chunk[0]), len(chunk), mark), values).fetchall()
    return found


def update_rows(
    connection: sa.Connection, table: sa.Table, keys: Sequence[str], changed: Sequence[str],
    rows: Sequence[tuple[Any, ...]], only_if: str = "TRUE",
) -> int:  # fmt: skip
    """Give the rows with these `keys` their `changed` columns; return how many there were.

    Each row holds its keys, its changed values and whatever `only_if` compares, in the driver's types and in this order;
    `only_if` is SQL of our own, in which `{0}`, `{1}`... stand for the values after the changed ones. No key occurs twice.
    """
    found = 0
    for start in range(0, len(rows), ROWS):
        chunk = rows[start : start + ROWS]
        statement = _update(table, (*keys,), (*changed,), only_if, len(chunk), len(chunk[0]), _mark(connection))
        found += connection.exec_driver_sql(statement, tuple(value for row in chunk for value in row)).rowcount
    return found


def driver_values(table: sa.Table, names: Iterable[str], value: Any) -> tuple[Any, ...]:
    """Return these attributes of `value` as the driver takes them for the columns of these names: JSON as text."""
    return tuple(
        _JSON(getattr(value, name)).decode() if isinstance(table.c[name].type, RawJSON) else getattr(value, name)
        for name in names
    )


_JSON = msgspec.json.Encoder().encode


def delete_in(connection: sa.Connection, delete: str, fixed: tuple[Any, ...], keys: Iterable[tuple[Any, ...]]) -> None:
    """Run `delete`, which is written as `select` is above."""
    mark = _mark(connection)
    wanted = list(keys)
    for start in range(0, len(wanted), ROWS):
        chunk = wanted[start : start + ROWS]
        values = (*fixed, *chain.from_iterable(chunk))
        connection.exec_driver_sql(_select(delete, len(chunk[0]), len(chunk), mark), values)


def _mark(connection: sa.Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


@cache
def _insert(table: sa.Table, size: int, mark: str) -> str:
    columns = ", ".join(column.name for column in table.columns)
    row = f"({', '.join([mark] * len(table.columns))})"
    return f"INSERT INTO {table.name} ({columns}) VALUES {', '.join([row] * size)}"  # noqa: S608 - names of our own


@cache
def _update(
    table: sa.Table, keys: tuple[str, ...], changed: tuple[str, ...], only_if: str, size: int, width: int, mark: str
) -> str:
    """`UPDATE ... FROM (VALUES ...)`: both stores know it, and both call the columns column1, column2..."""
    said = [_typed(table, name, f"v.column{number}", mark) for number, name in enumerate((*keys, *changed), 1)]
    same = " AND ".join(f"{table.name}.{name} = {value}" for name, value in zip(keys, said, strict=False))
    written = ", ".join(f"{name} = {value}" for name, value in zip(changed, said[len(keys) :], strict=True))
    rest = [f"v.column{number}" for number in range(len(said) + 1, width + 1)]
    values = ", ".join([f"({', '.join([mark] * width)})"] * size)
    return (
        f"UPDATE {table.name} SET {written} FROM (VALUES {values}) AS v "  # noqa: S608 - names of our own
        f"WHERE {same} AND {only_if.format(*rest)}"
    )


def _typed(table: sa.Table, name: str, value: str, mark: str) -> str:
    """PostgreSQL takes a column of VALUES that is NULL in every row for text; SQLite needs no types."""
    return value if mark == "?" else f"CAST({value} AS {table.c[name].type.compile(_POSTGRESQL)})"


@cache
def _select(select: str, width: int, size: int, mark: str) -> str:
    key = f"({', '.join([mark] * width)})" if width > 1 else mark
    keys = ", ".join([key] * size)
    return select.format(mark=mark, keys=f"VALUES {keys}" if width > 1 else keys)
