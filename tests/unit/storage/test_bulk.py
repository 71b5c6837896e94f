"""Many rows in few statements: any number of rows, any number of keys, the same answer as one by one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.bulk import insert_rows, select_in
from collector.storage.engine import Store

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
def test_all_rows_and_all_keys(store: Store, keys: set[tuple[int, str]], more: int) -> None:
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
