"""JSON columns mean the same on both databases: encoded once, decoded whole, nothing escaped twice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.engine import Store
from collector.storage.types import RawJSON, readable

pytestmark = pytest.mark.stores("sqlite", "postgresql")

_table = sa.Table("t", sa.MetaData(), sa.Column("x", RawJSON), prefixes=["TEMPORARY"])
_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
"""JSONB takes no \\u0000, and ingest/body.py leaves none."""
_floats = st.floats(-1e15, 1e15)
"""JSONB keeps 1e16 as 10000000000000000: the same number in JSON, another type in Python."""
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _floats | _text,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_text, below, max_size=3), max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(_text, _values, max_size=4))
def test_json_roundtrip(store: Store, value: dict[str, Any]) -> None:
    with store.write() as connection:
        _table.create(connection)
        connection.execute(_table.insert(), [{"x": value}, {"x": msgspec.json.encode(value)}, {"x": None}])
        assert [row.x for row in connection.execute(sa.select(_table))] == [value, value, None]
        _table.drop(connection)


@pytest.mark.parametrize(
    "stored",
    [
        '{"a":' * 972 + "1" + "}" * 972, "[" * 100_000, '{"x":NaN}', '{"x":1e999}', "not JSON", "", b'{"x":"\xff"}',
        '{"x":"\ud800"}', '{"x":' + "9" * 5_000 + "}",
    ],
)  # fmt: skip
def test_stored_json_of_any_kind_can_be_shown(stored: str | bytes) -> None:
    """Rows that no version of today writes: from before the limits, or by hand."""
    shown = readable(stored)
    assert msgspec.json.decode(msgspec.json.encode(shown)) == shown
    assert "unreadable" in shown or "x" in shown


def test_json_repaired_on_reading() -> None:
    assert readable(r'{"x":"a\u0000b\ud800"}') == {"x": "a\ufffdb\ufffd"}
