"""Bulk rows in few statements: any number of rows and of keys, the same answer as one by one."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.engine import Store
from collector.storage.types import RawJSON
from collector.storage.write.bulk import driver_values, insert_rows, select_in, update_rows

pytestmark = pytest.mark.stores("sqlite", "postgresql")

_table = sa.Table(
    "t",
    sa.MetaData(),
    sa.Column("a", sa.Integer, primary_key=True),
    sa.Column("b", sa.Text, primary_key=True),
    sa.Column("c", sa.Text),
    prefixes=["TEMPORARY"],
)
_SELECT = "SELECT a, b, c FROM t WHERE c = {mark} AND (a, b) IN ({keys})"
_SINGLE = "SELECT a FROM t WHERE c = {mark} AND a IN ({keys})"


@given(st.sets(st.tuples(st.integers(0, 400), st.sampled_from("xyz")), max_size=600), st.integers(0, 3))
def test_bulk_of_all_rows_and_all_keys(store: Store, keys: set[tuple[int, str]], more: int) -> None:
    rows = [(a, b, "c") for a, b in sorted(keys)]
    with store.write() as connection:
        _table.create(connection)
        insert_rows(connection, _table, rows)
        assert connection.execute(sa.select(_table).order_by("a", "b")).all() == rows
        wanted = [*keys, *((-1 - number, "x") for number in range(more))]
        assert sorted(tuple(row) for row in set(select_in(connection, _SELECT, ("c",), wanted))) == rows
        assert len(select_in(connection, _SELECT, ("c",), wanted)) == len(rows), "each once, though a chunk is filled up"
        assert select_in(connection, _SELECT, ("other",), wanted) == []
        numbers = {(a,) for a, _ in keys}
        assert {tuple(row) for row in select_in(connection, _SINGLE, ("c",), sorted(numbers))} == numbers
        if rows:
            with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
                insert_rows(connection, _table, rows[:1])
        _table.drop(connection)


_changing = sa.Table(
    "u",
    sa.MetaData(),
    sa.Column("a", sa.BigInteger, primary_key=True),
    sa.Column("b", sa.Text, primary_key=True),
    sa.Column("whole", sa.BigInteger),
    sa.Column("small", sa.SmallInteger),
    sa.Column("yes", sa.Boolean),
    sa.Column("said", RawJSON),
    prefixes=["TEMPORARY"],
)
_CHANGED = ("whole", "small", "yes", "said")


class Row(msgspec.Struct):
    whole: int | None
    small: int | None
    yes: bool | None
    said: dict[str, str]


_values = st.builds(
    Row, st.none() | st.integers(-(2**62), 2**62), st.none() | st.integers(0, 50), st.none() | st.booleans(),
    st.dictionaries(st.sampled_from("pq"), st.sampled_from(["", "'", "%s", "?", "{0}", "\\"]), max_size=2),
)  # fmt: skip


@given(st.dictionaries(st.tuples(st.integers(0, 400), st.sampled_from("xyz")), _values, max_size=300), st.integers(0, 3))
def test_all_rows_are_changed_and_counted(store: Store, changes: dict[tuple[int, str], Row], more: int) -> None:
    """Values of every type, also where a whole column is NULL; rows that are not there, or not as `only_if` says, are not
    counted."""
    with store.write() as connection:
        _changing.create(connection)
        insert_rows(connection, _changing, [(*key, 7, 7, True, "{}") for key in sorted(changes)])
        rows = [(*key, *driver_values(_changing, _CHANGED, row), 7) for key, row in sorted(changes.items())]
        unknown = [(-1 - number, "x", *driver_values(_changing, _CHANGED, Row(1, 1, True, {})), 7) for number in range(more)]
        only_if = "whole IS NOT DISTINCT FROM CAST({0} AS BIGINT)"
        assert update_rows(connection, _changing, ("a", "b"), _CHANGED, [*rows, *unknown], only_if) == len(rows)
        found = {
            (row.a, row.b): Row(row.whole, row.small, row.yes, row.said) for row in connection.execute(sa.select(_changing))
        }
        assert found == changes
        moved = [row for row in rows if row[2] != 7]
        assert update_rows(connection, _changing, ("a", "b"), _CHANGED, moved, only_if) == 0, "whole is not 7 any longer"
        _changing.drop(connection)


@pytest.mark.stores("sqlite")
def test_rows_are_found_by_their_key(store: Store) -> None:
    """Index and no scan, whatever number of rows is changed: SQLite's own plan."""
    from collector.storage import tables
    from collector.storage.write import bulk

    cases = {"stream": ("site_id", "device_id", "stream_id"), "person": ("person_id",), "device": ("site_id", "device_id"),
             "identifier": ("site_id", "kind", "value")}  # fmt: skip
    for name, keys in cases.items():
        table = tables.metadata.tables[name]
        changed = tuple(column.name for column in table.columns if not column.primary_key)
        width = len(keys) + len(changed)
        statement = bulk._update(table, keys, changed, "TRUE", 128, width, "?")
        with store.read() as connection:
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, (None,) * 128 * width).fetchall()
        steps = [row[3] for row in plan]
        assert any(step.startswith(f"SEARCH {name} USING") for step in steps), steps
        assert not any(step.startswith(f"SCAN {name}") for step in steps), steps
