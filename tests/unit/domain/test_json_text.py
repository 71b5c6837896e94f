"""JSON repair for databases, and depth without recursion."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.json_text import is_too_deep, repair_numbers, repair_text
from collector.domain.limits import MAX_DEPTH

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3), max_leaves=8,
)  # fmt: skip


@given(_values)
def test_repaired_text_lacks_only_what_no_database_takes(value: Any) -> None:
    text = json.dumps(value).encode()  # escapes surrogates and NUL as \\uXXXX
    repaired, changed = repair_text(text)
    found = json.loads(repaired)
    json.dumps(found, ensure_ascii=False).encode(), "no lone surrogate is left"
    assert "\\u0000" not in json.dumps(found)
    assert changed == (found != json.loads(text))
    assert repair_text(repaired) == (repaired, False), "once is enough"


@given(st.binary(max_size=300))
def test_no_bytes_are_an_error(body: bytes) -> None:
    repair_text(body)
    repair_numbers(body)
    is_too_deep(body)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("9" * 19, '"' + "9" * 19 + '"'), ("-" + "9" * 19, '"-' + "9" * 19 + '"'), ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", '"9223372036854775808"'), ("-9223372036854775808", "-9223372036854775808"), ("1e400", "1e400"),
        ("0." + "1" * 40, "0." + "1" * 40), ('"' + "9" * 30 + '"', '"' + "9" * 30 + '"'),
    ],
)  # fmt: skip
def test_numbers(text: str, repaired: str) -> None:
    assert repair_numbers(text.encode()) == repaired.encode()


def test_depth() -> None:
    def nested(levels: int) -> bytes:
        return b"[" * levels + b"]" * levels

    assert not is_too_deep(nested(MAX_DEPTH))
    assert is_too_deep(nested(MAX_DEPTH + 1))
    assert not is_too_deep(b"[" + b"{}," * 1_000 + b"{}]"), "wide is not deep"
    assert not is_too_deep(b'["' + b"[" * 1_000 + b'"]'), "in a text it is text"
    assert is_too_deep(b"[" * 10_000)


@pytest.mark.parametrize(
    "body",
    [b'"' * 200_000, b"\\" * 200_000, b'"\\' * 100_000, b"[" * 200_000, b"\\u0000" * 30_000, b"9" * 200_000, b'{"' * 99_999],
)
def test_no_bytes_are_slow(body: bytes) -> None:
    started = time.process_time()
    repair_text(body)
    repair_numbers(body)
    is_too_deep(body)
    assert time.process_time() - started < 5, "of the processor; a pattern that backtracks takes minutes"
