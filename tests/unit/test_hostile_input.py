"""Bad input: never a 5xx, never a lost neighbour, a clear reason in the answer and in the quarantine, exact counters."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.domain.events import Reason
from collector.ingest.limits import MAX_BODY, MAX_EVENT, MAX_EVENTS
from tests.support.app import WRITE_KEY, App

REASONS = {str(reason) for reason in Reason}


def event(name: str = "e", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": name, "anonymousId": "a-1", **more}


def raw(properties: bytes, message_id: str = "bad") -> bytes:
    """Event whose properties are these bytes."""
    head = json.dumps(event(messageId=message_id))[:-1].encode()
    return head + b',"properties":' + properties + b"}"


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


# Bad events, one fault each, and the reason with which it is set aside.
POISONS: dict[str, tuple[bytes, Reason]] = {
    "invalid UTF-8": (raw(b'{"x":"\xff\xfe"}'), Reason.INVALID_UTF8),
    "half a UTF-8 character": (raw(b'{"x":"\xc3"}'), Reason.INVALID_UTF8),
    "a surrogate as UTF-8": (raw(b'{"x":"\xed\xa0\x80"}'), Reason.INVALID_UTF8),
    "10,000 levels of objects": (raw(deep(5_000)), Reason.TOO_DEEP),
    "10,000 levels of arrays": (raw(b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), Reason.TOO_DEEP),
    "33 levels": (raw(deep(33)), Reason.TOO_DEEP),
    "a control character": (raw(b'{"x":"\x01"}'), Reason.MALFORMED_JSON),
    "NaN": (raw(b'{"x":NaN}'), Reason.MALFORMED_JSON),
    "Infinity": (raw(b'{"x":-Infinity}'), Reason.MALFORMED_JSON),
    "a number past the end of floats": (raw(b'{"x":1e999}'), Reason.INVALID_FIELD),
    "single quotes": (raw(b"{'x':1}"), Reason.MALFORMED_JSON),
    "a trailing comma": (raw(b'{"x":1,}'), Reason.MALFORMED_JSON),
    "a comment": (raw(b'{"x":1 /* why not */}'), Reason.MALFORMED_JSON),
    "a wrong escape": (raw(rb'{"x":"\x41"}'), Reason.MALFORMED_JSON),
    "a text": (b'"track"', Reason.NOT_AN_OBJECT),
    "a number": (b"17", Reason.NOT_AN_OBJECT),
    "null": (b"null", Reason.NOT_AN_OBJECT),
    "an array": (b"[[]]", Reason.NOT_AN_OBJECT),
    "a word": (b"undefined", Reason.MALFORMED_JSON),
    "properties that are a text": (raw(b'"x"'), Reason.INVALID_FIELD),
    "an object as id": (b'{"type":"track","event":"e","anonymousId":{"$gt":""}}', Reason.INVALID_FIELD),
    "an array as type": (b'{"type":["track"],"event":"e","anonymousId":"a"}', Reason.INVALID_FIELD),
    "an unknown type": (b'{"type":"drop table","event":"e","anonymousId":"a"}', Reason.UNKNOWN_TYPE),
    "no type": (b'{"event":"e","anonymousId":"a"}', Reason.UNKNOWN_TYPE),
    "no id at all": (b'{"type":"track","event":"e"}', Reason.MISSING_ID),
    "only placeholders": (b'{"type":"track","event":"e","anonymousId":"null","userId":"undefined"}', Reason.ILLEGAL_ID),
    "a NUL in the only id": (rb'{"type":"track","event":"e","anonymousId":"a\u0000b"}', Reason.ILLEGAL_ID),
    "a lone surrogate in the only id": (rb'{"type":"track","event":"e","userId":"\ud800"}', Reason.ILLEGAL_ID),
    "an id of 256 characters": (json.dumps(event(anonymousId="x" * 256)).encode(), Reason.ID_TOO_LONG),
    "no name": (b'{"type":"track","anonymousId":"a"}', Reason.MISSING_NAME),
    "a date that is none": (json.dumps(event(timestamp="31/12/2025")).encode(), Reason.BAD_TIMESTAMP),
    "a date of the year 9999": (json.dumps(event(timestamp="9999-12-31T23:59:59Z")).encode(), Reason.FUTURE_DATE),
    "a date of the year 1": (json.dumps(event(timestamp="0001-01-01T00:00:00Z")).encode(), Reason.BAD_TIMESTAMP),
    "a date before the year 1": (json.dumps(event(timestamp="0001-01-01T00:00:00+23:59")).encode(), Reason.BAD_TIMESTAMP),
    "a date before the year 1, as a number": (json.dumps(event(timestamp=-62_135_596_801)).encode(), Reason.BAD_TIMESTAMP),
    "a date that sentAt moves before the year 1": (
        json.dumps(event(timestamp="1970-01-01T00:00:00Z", sentAt="9999-12-31T00:00:00Z")).encode(),
        Reason.BAD_TIMESTAMP,
    ),
    "a huge number as date": (json.dumps(event(timestamp=10**17)).encode(), Reason.BAD_TIMESTAMP),
    "a message id of 101 characters": (json.dumps(event(messageId="x" * 101)).encode(), Reason.MESSAGE_ID_TOO_LONG),
    "an object that is not closed": (b'{"type":"track","event":"e","anonymousId":"a"', Reason.MALFORMED_JSON),
    "an array that is not closed": (
        b'{"type":"track","event":"e","anonymousId":"a","properties":{"x":[1,2}}',
        Reason.MALFORMED_JSON,
    ),
    "a text that is not closed": (
        b'{"type":"track","event":"e","anonymousId":"a","properties":{"x":"y}}',
        Reason.MALFORMED_JSON,
    ),
    "a bracket too many": (b'{"type":"track","event":"e","anonymousId":"a"}]', Reason.MALFORMED_JSON),
    "33 KB": (raw(b'{"x":"' + b"x" * MAX_EVENT + b'"}'), Reason.EVENT_TOO_LARGE),
}

# Odd, but harmless events: stored, with properties as they come out.
ODDITIES: dict[str, tuple[bytes, Any]] = {
    "NUL in a text": (rb'{"x":"a\u0000b"}', {"x": "a\ufffdb"}),
    "NUL in a key": (rb'{"a\u0000b":1}', {"a\ufffdb": 1}),
    "a lone high surrogate": (rb'{"x":"\ud83d!"}', {"x": "\ufffd!"}),
    "a lone low surrogate": (rb'{"x":"\ude00"}', {"x": "\ufffd"}),
    "surrogates the wrong way round": (rb'{"x":"\ude00\ud83d"}', {"x": "\ufffd\ufffd"}),
    "a pair of surrogates": (rb'{"x":"\ud83d\ude00"}', {"x": "😀"}),
    "an escaped backslash before u0000": (rb'{"x":"\\u0000"}', {"x": r"\u0000"}),
    "two escaped backslashes and a NUL": (rb'{"x":"\\\u0000"}', {"x": "\\\ufffd"}),
    "a 5,000-digit integer": (b'{"x":' + b"9" * 5_000 + b"}", {"x": "9" * 5_000}),
    "an integer past 64 bits": (b'{"x":18446744073709551616}', {"x": 18446744073709551616}),
    "an integer past 63 bits": (b'{"x":9223372036854775808}', {"x": 9223372036854775808}),
    "the largest 64-bit integer": (b'{"x":9223372036854775807}', {"x": 9223372036854775807}),
    "the smallest 64-bit integer": (b'{"x":-9223372036854775808}', {"x": -9223372036854775808}),
    "a long fraction": (b'{"x":0.1000000000000000055511151231257827}', {"x": 0.1}),
    "digits in a text": (b'{"x":"123456789012345678901234567890"}', {"x": "123456789012345678901234567890"}),
    "__proto__": (b'{"__proto__":{"admin":true},"constructor":{"prototype":{}}}',
                  {"__proto__": {"admin": True}, "constructor": {"prototype": {}}}),
    "the same key twice": (b'{"x":1,"x":2}', {"x": 2}),
    "an empty key": (b'{"":1}', {"": 1}),
    "quotes and percent signs": (b'{"a\'\\"b;--":"%s ? :x {0}"}', {"a'\"b;--": "%s ? :x {0}"}),
    "31 levels": (deep(30), json.loads(deep(30))),
    "brackets in a text": (b'{"x":"' + b"[{" * 100 + b'"}', {"x": "[{" * 100}),
}  # fmt: skip


REPAIRED = {name for name in ODDITIES if "NUL" in name or "surrogate" in name} - {"a pair of surrogates"}
REPAIRED |= {"a 5,000-digit integer"}


@pytest.mark.parametrize("name", POISONS)
def test_a_bad_event_never_harms_its_neighbours(app: App, name: str) -> None:
    """Bad event anywhere in a batch of 20: 19 stored, one set aside, with position and reason."""
    poison, reason = POISONS[name]
    last = 19 if name == "a bracket too many" else 20  # behind the last event it is taken for the end of the batch
    for position in range(last):
        good: list[Any] = [event(messageId=f"{position}-{number}") for number in range(19)]
        answer = app.batch(*good[:position], poison, *good[position:])
        assert answer.status == 200
        assert answer.json["stored"] == 19, (position, answer.json)
        expected = Reason.TRUNCATED if position == 19 and "not closed" in name else reason
        assert answer.reasons == [(position, str(expected))], answer.json
        assert len(answer.json["quarantined"][0]["detail"]) > 10, "the answer says what is wrong"
    kept = app.quarantine()
    assert {(row.reason, row.source) for row in kept} - {("truncated", "segment")} == {(str(reason), "segment")}
    assert all(row.body.startswith(poison[: 64 * 1024]) for row in kept), "the bytes are kept as they came"
    assert app.assert_conserved() == {
        "received": 20 * last, "stored": 19 * last, "duplicate": 0, "quarantined": last, "refused": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", ODDITIES)
def test_odd_values_are_made_harmless_and_stored(app: App, name: str) -> None:
    text, expected = ODDITIES[name]
    answer = app.batch(event(messageId="before"), raw(text, "odd"), event(messageId="after"))
    assert (answer.status, answer.json["stored"]) == (200, 3), answer.json
    found = app.event("odd")
    assert found["properties"] == expected
    assert ("normalised" in found["flags"]) == (name in REPAIRED), "a repaired event says so"
    app.assert_conserved()


@pytest.mark.parametrize("name", [name for name, (_, reason) in POISONS.items() if reason != Reason.UNKNOWN_TYPE])
def test_a_bad_event_alone(app: App, name: str) -> None:
    """Endpoints for one event: 200 with the reason, so that no client sends it again for ever.

    Their path names the type, so it cannot be unknown.
    """
    poison, reason = POISONS[name]
    answer = app.post("/v1/track", poison, x_write_key=WRITE_KEY)
    assert answer.status == 200, answer
    assert answer.reasons == [(0, str(reason))], answer.json
    assert app.assert_conserved()["quarantined"] == 1


NOT_ONE_EVENT: dict[str, bytes] = {
    "empty": b"", "spaces": b" \n\t", "a word": b"hello", "a number": b"42", "an empty object": b"{}", "null": b"null",
    "batch is a text": b'{"batch":"x"}', "batch is null": b'{"batch":null}', "bytes": bytes(range(256)),
    "UTF-16": '{"batch":[]}'.encode("utf-16"), "only an opening": b"{", "quotes": b'"""', "NULs": b"\x00" * 100,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000, "100,000 levels of objects": deep(100_000)[: MAX_BODY],
    "100,000 unclosed": b"[" * 100_000, "100,000 closing": b"]" * 100_000, "form": b"data=%7B%7D&x=1",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ONE_EVENT)
def test_a_body_without_an_event(app: App, name: str) -> None:
    """Body refused with 400 and a sentence; kept once, whole: its site is known. Or, if cut out, set aside."""
    body = NOT_ONE_EVENT[name]
    answer = app.post("/v1/batch", body, x_write_key=WRITE_KEY)
    assert answer.status in (200, 400), answer
    if answer.status == 400:
        assert answer.json["code"] == "bad_body"
        assert [row.reason for row in app.quarantine()] == ["unreadable_body"]
        assert app.quarantine()[0].body == body[: 64 * 1024]
    else:
        assert answer.json["stored"] == 0
    counts = app.assert_conserved()
    assert counts["received"] == counts["quarantined"]
    assert app.batch(event()).json["stored"] == 1, "the next request is not affected"


def test_a_body_without_an_event_and_without_a_key(app: App) -> None:
    assert app.post("/v1/batch", b"hello").status == 400
    assert app.post("/v1/batch", b"hello", x_write_key="wk_nobody").status == 401
    assert app.quarantine() == []


def test_an_empty_batch_is_no_fault(app: App) -> None:
    answer = app.batch()
    assert (answer.status, answer.json["stored"]) == (200, 0)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_body_that_was_cut_off(app: App, cut: int) -> None:
    """Whole events before the cut are stored, the rest is set aside as truncated: nothing of it is lost."""
    items = b",".join(json.dumps(event(messageId=f"m{number}")).encode() for number in range(5))
    body = b'{"writeKey":"' + WRITE_KEY.encode() + b'","batch":[' + items + b"]}"
    answer = app.post("/v1/batch", body[:-cut])
    assert answer.status == 200
    whole = 5 if cut <= 2 else 4
    assert answer.json["stored"] == whole, answer.json
    if cut > 2:
        assert answer.reasons == [(4, "truncated")]
        assert app.quarantine()[0].body == body[:-cut].split(b",{")[-1].removeprefix(b"{").join([b"{", b""])
    app.assert_conserved()


def test_gzip(app: App) -> None:
    body = json.dumps({"batch": [event()], "writeKey": WRITE_KEY}).encode()
    packed = gzip.compress(body)
    assert app.post("/v1/batch", packed, content_encoding="gzip").json["stored"] == 1
    assert app.post("/v1/batch", packed).json["stored"] == 1, "found by its first bytes, whatever the headers say"
    assert app.post("/v1/batch", body, content_encoding="gzip").json["stored"] == 1, "or not found, though announced"
    assert app.post("/v1/batch", b"\xef\xbb\xbf" + body).json["stored"] == 1, "a byte order mark is no fault"
    assert app.post("/v1/batch", gzip.compress(b"\xef\xbb\xbf" + body)).json["stored"] == 1
    assert app.assert_conserved()["stored"] == 5


@pytest.mark.parametrize("keep", [1, 2, 9, 10, 20, -8, -1])
def test_truncated_gzip(app: App, keep: int) -> None:
    """Gzip cut off, so not unpacked: refused with 400, kept as is."""
    packed = gzip.compress(json.dumps({"batch": [event()] * 50}).encode())[:keep]
    answer = app.post("/v1/batch", packed, x_write_key=WRITE_KEY)
    assert answer.status == 400, answer
    assert answer.json["code"] in ("bad_gzip", "bad_body")
    assert [row.body for row in app.quarantine()] == [packed]
    app.assert_conserved()


@pytest.mark.parametrize("flip", range(10, 60, 5))
def test_damaged_gzip(app: App, flip: int) -> None:
    packed = bytearray(gzip.compress(json.dumps({"batch": [event(f"e{number}") for number in range(9)]}).encode()))
    packed[flip] ^= 0xFF
    answer = app.post("/v1/batch", bytes(packed), x_write_key=WRITE_KEY)
    assert answer.status in (200, 400, 413)
    app.assert_conserved()


def test_gzip_bomb(app: App) -> None:
    """Unpacking stops at the limit; nothing stored, refusal counted."""
    bomb = gzip.compress(b'{"batch":["' + b" " * 200_000_000 + b'"]}')
    assert len(bomb) < MAX_BODY
    answer = app.post("/v1/batch", bomb, x_write_key=WRITE_KEY)
    assert (answer.status, answer.json["code"]) == (413, "too_large")
    app.batch(event())
    assert app.assert_conserved() == {"received": 2, "stored": 1, "duplicate": 0, "quarantined": 0, "refused": 1}


def test_gzip_ratio(app: App) -> None:
    """Ratio: a batch of like events packs far better than 100 to 1, and is like any other."""
    body = json.dumps({"batch": [event(messageId=f"m{number:04}") for number in range(2_400)], "pad": " " * 300_000}).encode()
    packed = gzip.compress(body)
    assert len(body) < MAX_BODY and len(body) > 25 * len(packed)
    assert app.post("/v1/batch", packed, x_write_key=WRITE_KEY).json["stored"] == 2_400


@pytest.mark.parametrize(("size", "kept"), [(MAX_EVENT - 1, True), (MAX_EVENT, True), (MAX_EVENT + 1, False)])
@pytest.mark.parametrize("alone", [True, False])
def test_the_size_of_an_event(app: App, size: int, kept: bool, alone: bool) -> None:
    frame = len(json.dumps(event(messageId="m"), separators=(",", ":"))) - 1 + len(',"properties":{"x":""}}')
    sized = json.dumps(event(messageId="m"), separators=(",", ":"))[:-1].encode()
    sized += b',"properties":{"x":"' + b"x" * (size - frame) + b'"}}'
    assert len(sized) == size
    answer = app.post("/v1/track", sized, x_write_key=WRITE_KEY) if alone else app.batch(sized)
    assert answer.status == 200
    assert answer.json["stored"] == int(kept)
    assert answer.reasons == ([] if kept else [(0, "event_too_large")])
    app.assert_conserved()


@pytest.mark.parametrize(("number", "status"), [(MAX_EVENTS, 200), (MAX_EVENTS + 1, 413)])
def test_the_number_of_events(app: App, number: int, status: int) -> None:
    items = b",".join(b'{"type":"track","event":"e","anonymousId":"a"}' for _ in range(number))
    answer = app.post("/v1/batch", b'{"batch":[' + items + b"]}", x_write_key=WRITE_KEY)
    assert answer.status == status
    app.batch(event())
    counts = app.assert_conserved()
    # Bodies refused as a whole are not looked into: each counts as one.
    assert (counts["stored"], counts["refused"]) == ((number + 1, 0) if status == 200 else (1, 1)), counts


@pytest.mark.parametrize("times", range(3))
def test_a_batch_of_nothing_but_bad_events(app: App, times: int) -> None:
    """2,500 rows for the quarantine at once, each with an id of its own."""
    answer = app.post("/v1/batch", b'{"batch":[' + b",".join([b"7"] * MAX_EVENTS) + b"]}", x_write_key=WRITE_KEY)
    assert (answer.status, len(answer.json["quarantined"])) == (200, MAX_EVENTS)
    assert app.assert_conserved()["quarantined"] == MAX_EVENTS
    assert {row.reason for row in app.quarantine()} == {"not_an_object"}


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY - 1, 200), (MAX_BODY, 200), (MAX_BODY + 1, 413)])
def test_the_size_of_a_body(app: App, size: int, status: int) -> None:
    head = b'{"batch":[{"type":"track","event":"e","anonymousId":"a"}],"x":"'
    body = head + b"x" * (size - len(head) - 2) + b'"}'
    assert len(body) == size
    answer = app.post("/v1/batch", body, x_write_key=WRITE_KEY)
    assert answer.status == status
    app.batch(event())
    assert app.assert_conserved()["refused"] == int(status == 413), "what we know the site of is counted"


def test_no_5xx_for_odd_headers(app: App) -> None:
    body = json.dumps({"batch": [event()], "writeKey": WRITE_KEY})
    for value in ("Basic \xff", "Basic =", "Bearer \xff", "Basic " + "A" * 5_000, "Basic /w==", "\xff", "Basic\x00"):
        assert app.post("/v1/batch", body, authorization=value).status in (400, 401), value
    for name, value in {
        "authorization": "Basic " + "A" * 5_000, "x-write-key": "\xff\xfe", "origin": "http://[", "content-length": "-1",
        "cookie": "=;;;passerby_id=\xff; a", "user-agent": "(" * 3_000, "host": "[::1", "content-type": "\xe9" * 100,
        "content-encoding": "br, gzip, nonsense", "referer": "\x00", "transfer-encoding": "nonsense",
        "sec-fetch-site": "\x80", "x-forwarded-for": "1" * 2_000, "accept-encoding": ";;;",
    }.items():  # fmt: skip
        answer = app.request("POST", "/v1/batch", body.encode(), {name: value})
        assert answer.status < 500, (name, answer)
        answer = app.request("POST", "/v1/batch", body.encode(), {"origin": "https://shop.test", name: value})
        assert answer.status < 500, (name, answer)
    app.assert_conserved()


@pytest.mark.parametrize(
    "query", ["writeKey=%ff%fe", "writeKey=" + "a" * 5_000, "writeKey=%00", "writeKey", "=&&&=", "writeKey=%F0%9F%98"]
)
def test_no_5xx_for_odd_queries(app: App, query: str) -> None:
    assert app.post(f"/v1/track?{query}", event()).status == 401


@pytest.mark.parametrize("path", ["/%00/v1/batch", "/a" * 500, "/../v1/batch", "//v1//batch", "/v1/batch/", "/é/v1/t"])
def test_no_5xx_for_odd_paths(app: App, path: str) -> None:
    assert app.request("POST", path, b"{}").status in (200, 400, 401, 404, 405)


def test_a_body_that_breaks_off(app: App) -> None:
    """Client gone in the middle: answered 400 to nobody, stored nothing."""
    import asyncio

    async def broken() -> int:
        parts = [b'{"batch":[', b""]

        async def receive() -> Any:
            part = parts.pop(0) if parts else None
            if part:
                return {"type": "http.request", "body": part, "more_body": True}
            return {"type": "http.disconnect"}

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/v1/batch",
            "raw_path": b"/v1/batch", "query_string": b"", "root_path": "", "scheme": "http", "headers": [],
            "client": None, "server": None, "state": {}, "extensions": {},
        }  # fmt: skip
        await app.asgi(scope, receive, send)  # type: ignore[arg-type]
        status: int = sent[0]["status"]
        return status

    assert asyncio.run(broken()) == 400
    assert app.assert_conserved()["received"] == 0


# -- anything at all ---------------------------------------------------------------------------------------------------

_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


def _around(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return below | st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4)


_json = _around(_around(_scalars))
_field = st.sampled_from(
    ["type", "event", "name", "messageId", "anonymousId", "userId", "groupId", "previousId", "timestamp", "sentAt",
     "originalTimestamp", "properties", "traits", "context", "writeKey", "integrations", "channel"]
)  # fmt: skip
_likely = st.sampled_from(
    ["track", "page", "identify", "group", "alias", "a-1", "a-2", "ada", "bob", "null", "", 0, 1, -1, 2**63, 1e300, "m1", "m2",
     "ada@example.com", "2026-11-22T04:00:00Z", "2026-11-22", "1970-01-01T00:00:00+23:59", "\x00", "\ud800", {"email": "ada@x.io"},
     {"page": {"url": "http://[/?utm_source=a"}}, {"userAgent": "(" * 60}, {"anonymousIds": ["a-1", None, 3, "a-9"]}, [], {}]
)  # fmt: skip
_events = st.dictionaries(_field, _likely | _json, max_size=9) | _json
_bodies = st.fixed_dictionaries(
    {},
    optional={"batch": st.lists(_events, max_size=5) | _json, "context": _json, "sentAt": _likely, "writeKey": _likely | _json},
)


def _mangled(draw: st.DrawFn) -> bytes:
    """JSON, as it is or with a bite taken out of it, bytes changed, packed."""
    text = bytearray(json.dumps(draw(_bodies)).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        if text:
            start = draw(st.integers(0, len(text) - 1))
            text[start : start + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return gzip.compress(bytes(text)) if draw(st.integers(0, 9)) == 0 else bytes(text)


_attack = st.binary(max_size=200) | st.composite(_mangled)()
_paths = st.sampled_from(["/v1/batch", "/v1/b", "/v1/track", "/v1/identify", "/v1/page", "/v1/g", "/goldenpre/v1/batch"])


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with App(tmp_path_factory.mktemp("fuzz") / "data") as made:
        yield made


@settings(max_examples=700)
@given(body=_attack, path=_paths, browser=st.booleans())
def test_arbitrary_bytes_are_never_a_5xx(target: App, body: bytes, path: str, browser: bool) -> None:
    headers = {"x-write-key": WRITE_KEY, **({"origin": "https://shop.test"} if browser else {})}
    answer = target.request("POST", path, body, headers)
    assert answer.status in (200, 400, 413), answer
    if answer.status == 200:
        said = answer.json
        assert all(bad["reason"] in REASONS for bad in said["quarantined"])
    else:
        assert answer.json["message"]


@settings(max_examples=200)
@given(
    body=st.binary(max_size=200)
    | st.builds(
        lambda value: json.dumps(value).encode(), _json | st.fixed_dictionaries({"events": st.lists(_events, max_size=4)})
    )
)
def test_arbitrary_bytes_to_bento_are_never_a_5xx(target: App, body: bytes) -> None:
    answer = target.bento(body)
    assert answer.status in (200, 400, 403, 413, 422), answer
    assert answer.json


def test_store_is_whole_after_arbitrary_bytes(target: App) -> None:
    """Runs after the two above: the equation holds, every stored row can be read, the next event is stored."""
    assert target.batch(event("still alive", messageId="alive", anonymousId="alive")).json["stored"] == 1
    counts = target.assert_conserved()
    assert counts["received"] > 0
    for path in (
        "/api/people",
        "/api/activity?tab=anonymous",
        "/api/activity?tab=identified",
        "/api/counts",
        "/api/quarantine",
    ):
        assert target.get(path)
    folder: Path = target.folder
    assert (folder / "passerby.db").exists()
    from collector.storage.doctor import examine

    wrong = [finding for finding in examine(target.installation.store, folder) if finding.mend]
    assert wrong == []
