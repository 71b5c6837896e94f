"""The statements of the write path, many rows at a time.

SQLAlchemy's executemany and its expanding IN cost more Python than the rest of a commit together, and on SQLite every
row hands the interpreter's lock back and forth between the writer and the event loop. These few statements therefore
go to the driver as text made from the same tables: one statement takes many rows, its text is the same for the same
number of rows, so that the driver prepares it once. Numbers of rows are powers of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

_SIZES = (128, 64, 32, 16, 8, 4, 2, 1)


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns and in the driver's types (JSON as text).

    Raises sqlalchemy.exc.IntegrityError when a key exists.
    """
    mark = _mark(connection)
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            connection.exec_driver_sql(_insert(table, size, mark), tuple(value for row in chunk for value in row))
            start += size


def _mark(connection: sa.Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


@cache
def _insert(table: sa.Table, size: int, mark: str) -> str:
    columns = ", ".join(column.name for column in table.columns)
    row = f"({', '.join([mark] * len(table.columns))})"
    return f"INSERT INTO {table.name} ({columns}) VALUES {', '.join([row] * size)}"  # noqa: S608 - names of our own


def select_in(
    connection: sa.Connection, select: str, fixed: tuple[Any, ...], keys: Iterable[tuple[Any, ...]]
) -> list[Any]:
    """Run `select`, in which `{keys}` stands for a list of keys and `{mark}` for each of the `fixed` values before it.

    The last chunk is filled up with its last key, so that few different texts are prepared.
    """
    mark = _mark(connection)
    wanted = list(keys)
    found: list[Any] = []
    while wanted:
        size = next(size for size in _SIZES if size <= len(wanted) or size == 1)
        size = size if size == _SIZES[0] or size == len(wanted) else size * 2
        chunk, wanted = wanted[:size], wanted[size:]
        chunk += chunk[-1:] * (size - len(chunk))
        text = _select(select, len(chunk[0]), size, mark)
        values = (*fixed, *(value for key in chunk for value in key))
        found += connection.exec_driver_sql(text, values).fetchall()
    return found


@cache
def _select(select: str, width: int, size: int, mark: str) -> str:
    key = f"({', '.join([mark] * width)})" if width > 1 else mark
    keys = ", ".join([key] * size)
    return select.format(mark=mark, keys=f"VALUES {keys}" if width > 1 else keys)
