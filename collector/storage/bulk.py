"""The statements of the write path, many rows at a time.

SQLAlchemy's executemany and its expanding IN cost more Python than the rest of a commit together, and on SQLite every
row hands the interpreter's lock back and forth between the writer and the event loop. These few statements therefore
go to the driver as text made from the same tables: one statement takes up to ROWS rows, and the text for a number of
rows is always the same, so that the driver keeps it prepared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

ROWS = 128
"""Rows or keys in one statement; SQLite takes 32,766 parameters, an event has 17."""


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns and in the driver's types (JSON as text).

    Raises sqlalchemy.exc.IntegrityError when a key exists.
    """
    mark = _mark(connection)
    for start in range(0, len(rows), ROWS):
        chunk = rows[start : start + ROWS]
        values = tuple(value for row in chunk for value in row)
        connection.exec_driver_sql(_insert(table, len(chunk), mark), values)


def select_in(connection: sa.Connection, select: str, fixed: tuple[Any, ...], keys: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Run `select`, in which `{keys}` stands for a list of keys and `{mark}` for each of the `fixed` values before it."""
    mark = _mark(connection)
    wanted = list(keys)
    found: list[Any] = []
    for start in range(0, len(wanted), ROWS):
        chunk = wanted[start : start + ROWS]
        values = (*fixed, *(value for key in chunk for value in key))
        found += connection.exec_driver_sql(_select(select, len(chunk[0]), len(chunk), mark), values).fetchall()
    return found


def _mark(connection: sa.Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


@cache
def _insert(table: sa.Table, size: int, mark: str) -> str:
    columns = ", ".join(column.name for column in table.columns)
    row = f"({', '.join([mark] * len(table.columns))})"
    return f"INSERT INTO {table.name} ({columns}) VALUES {', '.join([row] * size)}"  # noqa: S608 - names of our own


@cache
def _select(select: str, width: int, size: int, mark: str) -> str:
    key = f"({', '.join([mark] * width)})" if width > 1 else mark
    keys = ", ".join([key] * size)
    return select.format(mark=mark, keys=f"VALUES {keys}" if width > 1 else keys)
