"""Quarantine redaction: it keeps nobody's token and nobody's address."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.events import Reason
from collector.domain.limits import MAX_KEPT_BYTES
from collector.ingest.limits import MAX_BODY
from collector.ingest.pipeline import set_aside
from collector.ingest.redact import redacted


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ('{"token":"abc"}', '{"token":"…"}'),
        ('{ "token" :\n "abc", "a": "b" }', '{ "token" :\n "…", "a": "b" }'),
        ('{"token":"a\\"b\\\\","userHash":"c","x":1}', '{"token":"…","userHash":"…","x":1}'),
        ('{"token":""}', '{"token":"…"}'),
        ('{"context":{"ip":"192.0.2.7"}}', '{"context":{"ip":"…"}}'),
        ('{"token":"cut off', '{"token":"…"'),
        ('{"token":"cut off\\', '{"token":"…"\\'),
        ('{"token":null,"userHash":7}', '{"token":null,"userHash":7}'),
        ('{"tokens":"a","my token":"b","Token":"c","x":"token"}', '{"tokens":"a","my token":"b","Token":"c","x":"token"}'),
        ('{"x":"token","y":"z"}', '{"x":"token","y":"z"}'),
        ("token=abc", "token=abc"),
        ('{"url":"https://x.io/?passerby_link=abc&a=1"}', '{"url":"https://x.io/?passerby_link=…&a=1"}'),
        ('{"url":"https://x.io/?passerby_handoff=a.b-c_d"}', '{"url":"https://x.io/?passerby_handoff=…"}'),
        ('{"url":"https://x.io/?passerby_link=abc\\u0026a=1"}', '{"url":"https://x.io/?passerby_link=…\\u0026a=1"}'),
        ('{"\\u0074oken":"abc"}', '{"\\u0074oken":"…"}'),
        ('{"t\\u006Fke\\u006e":"abc","\\u0069\\u0070":"192.0.2.7"}', '{"t\\u006Fke\\u006e":"…","\\u0069\\u0070":"…"}'),
        ('{"user\\u0048ash":"c"}', '{"user\\u0048ash":"…"}'),
        (
            '{"url":"https://x.io/?passerby\\u005flink\\u003dabc&a=1"}',
            '{"url":"https://x.io/?passerby\\u005flink\\u003d…&a=1"}',
        ),
        ('{"\\u0054oken":"abc","x":"\\u0000"}', '{"\\u0054oken":"abc","x":"\\u0000"}'),
        ("", ""),
    ],
)
def test_redacted_text(raw: str, kept: str) -> None:
    assert redacted(raw.encode()) == kept.encode()
    assert redacted(kept.encode()) == kept.encode(), "doing it twice changes nothing"
    assert set_aside(0, Reason.UNKNOWN_TYPE, "x", raw.encode()).body == kept.encode()


texts = st.text(max_size=30)
values = st.recursive(
    st.none() | st.integers() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts | st.just("token"), inner)
)


@given(values, st.text(min_size=30, max_size=60), st.sampled_from(["token", "userHash"]), st.booleans())
def test_json_stays_json(value: Any, secret: str, name: str, ascii_only: bool) -> None:
    raw = json.dumps({"context": {name: secret, "other": value}}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    kept = json.loads(redacted(raw))["context"]
    assert kept[name] == "…"
    assert kept["other"].keys() == value.keys() if isinstance(value, dict) else True


@given(st.binary())
def test_other_bytes_stay_as_they_are(raw: bytes) -> None:
    assert redacted(raw) == raw or b'"token"' in raw or b'"userHash"' in raw or b"passerby_" in raw


@pytest.mark.parametrize(
    "piece",
    [b'"token":"', b'"token":', b'"token"', b'"token":"\\', b'"token":""', b'"token" ', b"passerby_link=", b'"token":\t'],
)
def test_redaction_time_is_linear(piece: bytes) -> None:
    raw = piece * (MAX_BODY // len(piece))
    began = time.process_time()
    kept = set_aside(0, Reason.UNREADABLE_BODY, "x", raw).body
    assert time.process_time() - began < 1
    assert len(kept) <= MAX_KEPT_BYTES
