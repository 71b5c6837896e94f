"""Memory estimate of events: above what they take, and not far above."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from collector.domain.events import Proof
from collector.ingest.context import RequestContext
from collector.ingest.pipeline import Pipeline
from collector.ingest.steps import STEPS
from collector.ingest.weight import MOST, weight
from collector.ingest.wire import SEGMENT, decode_batch
from tests.support.app import NOW, App


def _event(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "x", "anonymousId": f"a{number}", "messageId": f"m{number}", **more}


BODIES: dict[str, dict[str, Any]] = {
    "small events": {"batch": [_event(number) for number in range(2_000)]},
    "the smallest events": {"batch": [{"type": "page", "anonymousId": "a"} for _ in range(2_500)]},
    "empty objects": {"batch": [_event(number, properties={str(key): {} for key in range(1_000)}) for number in range(20)]},
    "empty lists": {"batch": [_event(number, properties={"a": [[]] * 5_000}) for number in range(12)]},
    "long texts": {"batch": [_event(number, properties={"a": "x" * 30_000}) for number in range(16)]},
    "a context of names": {"context": {str(key): {} for key in range(150)}, "batch": [_event(n) for n in range(2_000)]},
    "a context of text": {"context": {"a": "x" * 1_500}, "batch": [_event(number) for number in range(2_000)]},
}


@pytest.mark.parametrize("name", BODIES)
def test_the_estimate_holds(app: App, name: str) -> None:
    body = json.dumps(BODIES[name]).encode()
    batch = decode_batch(body)
    assert batch is not None
    request = RequestContext(app.site, NOW, Proof.ASSERTED, batch_context=batch.context.value)
    pipeline = Pipeline(STEPS)
    tracemalloc.start()
    try:
        outcome = pipeline.run(batch, SEGMENT, request)
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.events
    assert taken < weight(body, len(batch.items), batch.context.size) < taken * 8 + 1_000_000


def test_one_request_always_finds_room() -> None:
    assert weight(b":" * 500_000, 2_500, 32_000) == MOST
