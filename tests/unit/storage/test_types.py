"""JSON columns mean the same on both databases: encoded once, decoded whole, nothing escaped twice."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.types import RawJSON

_table = sa.Table("t", sa.MetaData(), sa.Column("x", RawJSON))
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3), max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.text(), _values, max_size=4))
def test_there_and_back(value: dict[str, Any]) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        _table.create(connection)
        connection.execute(_table.insert(), [{"x": value}, {"x": msgspec.json.encode(value)}, {"x": None}])
        assert [row.x for row in connection.execute(sa.select(_table))] == [value, value, None]
    engine.dispose()
