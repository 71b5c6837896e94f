"""`INSERT ... ON CONFLICT`, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in two modules."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an insert of the connection's dialect, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return _dialect_insert(connection.dialect.name, table)


def _dialect_insert(dialect: str, table: sa.Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_new(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose keys are not there yet; leave the others as they are."""
    if rows:
        connection.execute(insert_for(connection, table).on_conflict_do_nothing(), rows)


def add_counts(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], counts: tuple[str, ...]) -> None:
    """Insert the rows, or add their `counts` columns to the rows that have the same key."""
    if rows:
        connection.execute(_adding(connection.dialect.name, table, counts), rows)


@cache
def _adding(dialect: str, table: sa.Table, counts: tuple[str, ...]) -> Any:
    """The statement, made once: building it costs more than running it."""
    statement = _dialect_insert(dialect, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in counts}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=sums)
