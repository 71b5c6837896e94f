"""INSERT ... ON CONFLICT: new rows only, and counts that add up."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from collector.storage import tables
from collector.storage.write.upsert import add_counts, insert_new
from tests.support.app import App

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_insert_new(app: App) -> None:
    with app.installation.store.write() as connection:
        insert_new(connection, tables.meta, [{"key": "k", "value": "first"}])
        insert_new(connection, tables.meta, [{"key": "k", "value": "second"}, {"key": "l", "value": "x"}])
        insert_new(connection, tables.meta, [])
        found = {row.key: row.value for row in connection.execute(sa.select(tables.meta))}
    assert (found["k"], found["l"]) == ("first", "x")


def test_add_counts(app: App) -> None:
    row = {"site_id": 1, "hour": 0, "reason": "unknown_type"}
    with app.installation.store.write() as connection:
        for count in (2, 3, 0):
            add_counts(
                connection, tables.reason_count, [{**row, "count": count}, {**row, "reason": "other", "count": 1}], ("count",)
            )
        add_counts(connection, tables.reason_count, [], ("count",))
    assert {found.reason: found.count for found in app.rows(tables.reason_count)} == {"unknown_type": 5, "other": 3}
