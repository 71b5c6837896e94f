"""Tolerant envelope and tolerant event."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.events import Reason, Rejection
from collector.errors import BadBody, TooLarge
from collector.ingest.limits import MAX_EVENTS
from collector.ingest.wire import Batch, decode_batch, decode_event, decode_single, salvage_batch


def batch_of(body: bytes) -> Batch:
    """Batch as a receiver decodes it."""
    return decode_batch(body) or salvage_batch(body)


def test_an_envelope() -> None:
    batch = batch_of(b'{"batch":[{"a":1}, 2],"sentAt":"t","writeKey":"k","context":{"l":"de"},"integrations":{},"x":[]}')
    assert [json.loads(item) for item in batch.items] == [{"a": 1}, 2]
    assert (batch.sent_at, batch.write_key, batch.context.value, batch.cut_off) == ("t", "k", {"l": "de"}, None)


@pytest.mark.parametrize("odd", [None, 7, [], {}, True])
def test_an_odd_envelope_is_no_reason_to_lose_events(odd: Any) -> None:
    batch = batch_of(json.dumps({"batch": [{}], "sentAt": odd, "writeKey": odd, "context": odd}).encode())
    assert len(batch.items) == 1
    assert batch.write_key is None
    assert batch.context.value == {}


def test_an_array_is_a_batch() -> None:
    assert len(batch_of(b'[{"a":1},{"b":2}]').items) == 2


def test_limits() -> None:
    assert len(batch_of(b'{"batch":[' + b",".join([b"1"] * MAX_EVENTS) + b"]}").items) == MAX_EVENTS
    for tail in (b"]}", b""):
        with pytest.raises(TooLarge):
            batch_of(b'{"batch":[' + b",".join([b"1"] * (MAX_EVENTS + 2)) + tail)


def test_single() -> None:
    batch = decode_single(b'{"event":"e","writeKey":"k","sentAt":5}')
    assert (len(batch.items), batch.write_key, batch.sent_at) == (1, "k", 5)
    broken = decode_single(b'{"event":"\xff","writeKey":"k","sentAt":"t"}')
    assert (broken.write_key, broken.sent_at) == ("k", "t"), "found all the same, so that it is kept for its site"
    with pytest.raises(BadBody):
        decode_single(b" \n")


def test_unknown_fields_are_ignored_and_missing_ones_are_absent() -> None:
    event, repaired = decode_event(b'{"type":"track","channel":"server","integrations":{"All":true},"_metadata":{}}')
    assert (event.type, event.event, repaired) == ("track", None, False)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_raise(body: bytes) -> None:
    for decode in (batch_of, decode_single):
        with suppress(BadBody, TooLarge):
            decode(body)
    try:
        decode_event(body)
    except Rejection as rejection:
        assert rejection.reason in Reason
        assert rejection.detail
