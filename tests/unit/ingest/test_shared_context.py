"""Batch context: an event is, after merging, what an event may be; what cannot be merged is said and kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collector.domain.events import Reason
from collector.domain.limits import MAX_DEPTH
from collector.ingest.limits import MAX_BODY, MAX_EVENT, MAX_MERGED
from tests.support.app import Answer, App
from tests.unit.test_hostile_input import deep, event

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def send(app: App, context: bytes, *events: dict[str, Any], rest: bytes = b"") -> Answer:
    """Send a batch whose context are these bytes, with 3 events unless told."""
    batch = json.dumps(events or [event(messageId=f"m{number}") for number in range(3)]).encode()
    key = json.dumps(app.site.write_key).encode()
    return app.post("/v1/batch", b'{"writeKey":' + key + b',"batch":' + batch + b',"context":' + context + b"}" + rest)


def text(size: int) -> bytes:
    return b'{"x":"' + b"x" * (size - 8) + b'"}'


UNMERGEABLE: dict[str, tuple[bytes, Reason]] = {
    "300 KB": (text(300 * 1024), Reason.EVENT_TOO_LARGE),
    "just over the limit of an event": (text(MAX_EVENT + 1), Reason.EVENT_TOO_LARGE),
    "just over it with an event": (text(MAX_EVENT - 20), Reason.EVENT_TOO_LARGE),
    "972 levels": (deep(972), Reason.TOO_DEEP),
    "as deep as an event may be, one level down": (deep(MAX_DEPTH), Reason.TOO_DEEP),
    "5,000 arrays": (b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}", Reason.TOO_DEEP),
    "NaN": (b'{"x":NaN}', Reason.MALFORMED_JSON),
    "Infinity": (b'{"x":[-Infinity]}', Reason.MALFORMED_JSON),
    "a number past the end of floats": (b'{"x":1e999}', Reason.INVALID_FIELD),
    "invalid UTF-8": (b'{"x":"\xff"}', Reason.INVALID_UTF8),
    "a surrogate as UTF-8": (b'{"x":"\xed\xa0\x80"}', Reason.INVALID_UTF8),
    "a control character": (b'{"x":"\x01"}', Reason.MALFORMED_JSON),
    "a trailing comma": (b'{"x":1,}', Reason.MALFORMED_JSON),
    "a wrong escape": (rb'{"x":"\x41"}', Reason.MALFORMED_JSON),
}


@pytest.mark.parametrize("name", UNMERGEABLE)
def test_shared_context_that_cannot_be_merged_sets_each_event_aside(app: App, name: str) -> None:
    context, reason = UNMERGEABLE[name]
    answer = send(app, context)
    assert (answer.status, answer.json["stored"]) == (200, 0)
    assert answer.reasons == [(number, str(reason)) for number in range(3)]
    assert all("batch's context" in one["detail"] for one in answer.json["quarantined"])
    first, *others = sorted(app.quarantine(), key=lambda row: -len(row.body))
    assert context[:1000] in first.body, "kept once, beside the first event"
    assert all(len(row.body) < 200 for row in others)
    assert app.assert_conserved()["quarantined"] == 3
    assert app.batch(event()).json["stored"] == 1, "the neighbours are as before"


MERGED: dict[str, tuple[bytes, Any]] = {
    "NUL": (rb'{"x":"a\u0000b"}', {"x": "a\ufffdb"}),
    "a NUL in a key": (rb'{"a\u0000b":1}', {"a\ufffdb": 1}),
    "a lone surrogate": (rb'{"x":"\ud83d!"}', {"x": "\ufffd!"}),
    "a 5,000-digit number": (b'{"x":' + b"9" * 5_000 + b"}", {"x": "9" * 5_000}),
    "PHP's empty object": (b"[]", {}),
    "a text": (b'"x"', {}),
}
"""Repairs, with the flag that says so."""


@pytest.mark.parametrize("name", MERGED)
def test_shared_context_repairs_are_flagged(app: App, name: str) -> None:
    context, expected = MERGED[name]
    answer = send(app, context)
    assert (answer.status, answer.json["stored"]) == (200, 3), answer.json
    for row in app.events():
        assert row["flags"] == ["normalised"]
        assert {key: row["context"].get(key) for key in expected} == expected
    app.assert_conserved()


@pytest.mark.parametrize("context", [b"null", b"{}", b'{"x":1}', text(MAX_EVENT - 200), deep(MAX_DEPTH - 1)])
def test_shared_context_within_bounds_is_merged(app: App, context: bytes) -> None:
    assert send(app, context).json["stored"] == 3
    said = json.loads(context) or {}
    assert all(row["flags"] == [] and said.items() <= row["context"].items() for row in app.events())


def test_the_rest_of_a_body_that_does_not_decode_keeps_its_context(app: App) -> None:
    """Context kept by the others when one event is malformed; they lost it before."""
    bad = b'{"context":{"x":{"y":[1,"]}"]}},"batch":[{"a":01},' + json.dumps(event(messageId="good")).encode() + b"]}"
    answer = app.post("/v1/batch", bad, x_write_key=app.site.write_key)
    assert (answer.json["stored"], answer.reasons) == (1, [(0, "malformed_json")])
    assert app.event("good")["context"]["x"] == {"y": [1, "]}"]}


def test_a_small_body_does_not_become_a_large_one(app: App) -> None:
    """Copies of the context, one per event, are limited together, and those past it are set aside, and said."""
    context = text(30 * 1024)
    answer = send(app, context, *(event(messageId=f"m{number}") for number in range(1_000)))
    stored = answer.json["stored"]
    assert 0 < stored < 1_000
    assert stored * len(context) <= MAX_MERGED < (stored + 1) * (len(context) + 200)
    assert {reason for _, reason in answer.reasons} == {"event_too_large"}
    assert "counts for each event" in answer.json["quarantined"][0]["detail"]
    assert sum(len(row.body) for row in app.quarantine()) < MAX_BODY
    app.assert_conserved()
