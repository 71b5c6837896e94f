"""Salvage of events of a batch that does not decode: every whole one, in order, and what was cut off."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.salvage import cut_events, find_sent_at, find_write_key

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("batch"), below, max_size=3), max_leaves=8,
)  # fmt: skip
_objects = st.dictionaries(st.text(max_size=5), _values, max_size=3)


@given(st.lists(_objects, max_size=5), st.dictionaries(st.text(max_size=5), _objects, max_size=2), st.booleans())
def test_whole_batches_come_out_as_they_are(events: list[Any], around: dict[str, Any], first: bool) -> None:
    whole = {"batch": events, **around} if first else {**around, "batch": events}
    items, cut_off = cut_events(json.dumps(whole).encode())
    assert [json.loads(item) for item in items] == whole["batch"]
    assert cut_off is None


@given(st.lists(_objects, min_size=1, max_size=5), st.integers(0, 200))
def test_truncated_batch_loses_no_whole_event(events: list[Any], cut: int) -> None:
    parts = [json.dumps(event).encode() for event in events]
    body = b'{"batch":[' + b",".join(parts) + b"]}"
    body = body[: max(len(body) - cut, len(b'{"batch":['))]
    items, cut_off = cut_events(body)
    body = body.rstrip()
    whole = [part for number, part in enumerate(parts) if len(b'{"batch":[') + len(b",".join(parts[: number + 1])) < len(body)]
    assert items == whole
    rest = body[len(b'{"batch":[' + b",".join(parts[: len(whole)])) :].lstrip(b",")
    assert cut_off in (rest, rest or None) or rest.startswith(b"]")


@given(
    st.integers(0, 4),
    st.sampled_from(
        [b"\xff", b"NaN", b"{'x':1}", b'{"x":\x01}', b"nonsense", b'{"a":1]', b'{"a":1}]', b'{"a":1}}', b'{"a":"\xed\xa0\x80"}']
    ),
)
def test_one_bad_event_costs_no_neighbour(position: int, poison: bytes) -> None:
    if position == 4 and poison.endswith(b"]"):
        return  # taken for the end of the batch: nothing is lost by that
    parts = [json.dumps({"type": "t", "messageId": f"{number}"}).encode() for number in range(4)]
    parts.insert(position, poison)
    items, cut_off = cut_events(b'{"writeKey":"k","batch":[' + b" , ".join(parts) + b'],"x":{}}')
    assert (items, cut_off) == (parts, None)


def test_many_bad_events() -> None:
    good = b'{"type":"t","messageId":"m"}'
    items, _ = cut_events(b'{"batch":[' + b",".join([b'{"a":1', good] * 10 + [good] * 2_000) + b"]}")
    assert items.count(good) == 2_010


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize(
    "poison", [b'{"a":1', b'{"a":[1,2}', b'{"a":"x}', b'{"a', b'{"a":{"b":[{"c":1},{"d":2}', b'{"a":"\\"}', b"{"]
)
def test_unclosed_event_costs_no_neighbour(position: int, poison: bytes) -> None:
    """Unclosed brackets or text, so that it would swallow all that come after it."""
    good = [
        json.dumps(
            {"type": "track", "event": "e,{", "messageId": f"m{number}", "properties": {"x": [{}, {"type": "y"}]}}
        ).encode()
        for number in range(4)
    ]
    parts = [*good[:position], poison, *good[position:]]
    for tail in (b"]}", b'],"sentAt":"t"}', b""):
        items, cut_off = cut_events(b'{"batch":[' + b",".join(parts) + tail)
        assert [item for item in items if item in good] + ([cut_off] if cut_off in good else []) == good
        rest = [item for item in items if item not in good] + [cut_off or b""]
        assert b"".join(rest).startswith(poison), "and its own bytes are kept"


@pytest.mark.parametrize(
    ("body", "items", "cut_off"),
    [
        (b'[{"a":1},{"b":2}]', [b'{"a":1}', b'{"b":2}'], None), (b'{"x":{"batch":[1]},"batch":[2]}', [b"2"], None),
        (b'{"batch":"no"}', [], None), (b"", [], None), (b"hello", [], None), (b'{"batch":[', [], None), (b'{"batch":[,,]}', [], None),
        (b'{"batch":[{"a":"]"},{"b":"\\""}]}', [b'{"a":"]"}', b'{"b":"\\""}'], None),
        (b'{"batch":[{"a":1},{"b":', [b'{"a":1}'], b'{"b":'),
    ],
)  # fmt: skip
def test_salvage_cases(body: bytes, items: list[bytes], cut_off: bytes | None) -> None:
    assert cut_events(body) == (items, cut_off)


def test_bento_events_are_salvaged() -> None:
    assert cut_events(b'{"batch":[1],"events":[2]}', b"events") == ([b"2"], None)


def test_keys() -> None:
    assert find_write_key(b'garbage "writeKey" : "wk_1" garbage') == "wk_1"
    assert find_write_key(b'"writeKey":"' + b"x" * 101 + b'"') is None
    assert find_write_key(b'"writeKey":"\xff"') is not None
    assert find_write_key(b"") is None
    assert find_sent_at(b'{"sentAt":"2026-11-22T04:00:00Z",') == "2026-11-22T04:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        b'"' * 300_000,
        b'{"batch":[' + b"{" * 300_000,
        b'{"batch":[' + b'"\\' * 150_000,
        b'"writeKey"' * 40_000,
        b'"batch"' * 60_000,
        b'{"batch":[' + b'{"a":1,{"type":"t","messageId":"m"},' * 13_000,
        b'{"batch":[' + b',{"a":[1' * 60_000,
        b'{"batch":["' + b',{"type":{' * 50_000,
        b'{"batch":[' + b'{"type":"t","email":"' * 20_000,
        b'{"batch":[{"a":[' + b"1,[]," * 90_000,
        b'{"batch":["x' + b',{"type":"t","email":"e"}' * 20_000,
    ],
)
def test_no_bytes_are_slow(body: bytes) -> None:
    started = time.process_time()
    cut_events(body)
    find_write_key(body)
    find_sent_at(body)
    assert time.process_time() - started < 5, "of the processor: without a bound it takes minutes"
