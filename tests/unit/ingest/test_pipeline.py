"""Good side and bad side: every event of a batch comes out on exactly one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.events import Draft, Reason
from collector.domain.limits import MAX_KEPT_BYTES
from collector.domain.sites import Site
from collector.ingest.context import RequestContext
from collector.ingest.pipeline import Pipeline, set_aside
from collector.ingest.wire import SEGMENT, Batch, RawEvent
from tests.support.app import App

REQUEST = RequestContext(Site(1, "u", "n", "w", "p", "s", "x", "y"), 1_795_320_000_000_000)
GOOD = b'{"type":"track","event":"e","anonymousId":"a"}'


@given(st.lists(st.booleans(), max_size=12), st.booleans())
def test_each_event_has_one_end(good: list[bool], cut: bool) -> None:
    items = [GOOD if one else b'{"type":"nonsense"}' for one in good]
    outcome = Pipeline().run(Batch(items, cut_off=b"{" if cut else None), SEGMENT, REQUEST)
    assert [event.index for event in outcome.events] == [index for index, one in enumerate(good) if one]
    assert outcome.received == len(outcome.events) + len(outcome.quarantined) == len(good) + cut
    assert sorted([event.index for event in outcome.events] + [bad.index for bad in outcome.quarantined]) == list(
        range(outcome.received)
    )
    if cut:
        assert outcome.quarantined[-1].reason == Reason.TRUNCATED


def test_the_bytes_are_kept_as_they_came() -> None:
    (event,) = Pipeline().run(Batch([b" " + GOOD]), SEGMENT, REQUEST).events
    assert event.raw.strip() == GOOD
    kept = set_aside(0, Reason.UNKNOWN_TYPE, "x" * 1_000, b"y" * 100_000)
    assert (len(kept.detail), len(kept.body)) == (500, MAX_KEPT_BYTES)


def test_enrichers_come_after_the_steps() -> None:
    def put_mark(raw: RawEvent, event: Draft, request: RequestContext) -> None:
        assert event.fingerprint
        event.context["mark"] = raw.event

    (event,) = Pipeline(enrichers=(put_mark,)).run(Batch([GOOD]), SEGMENT, REQUEST).events
    assert event.context == {"mark": "e"}


def test_an_enricher_that_fails_costs_one_event(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enricher fault on one event: kept as processing_error, others stored (F22)."""
    from collector.enrichers import campaign

    def broken(url: str) -> Any:
        if "poison" in url:
            raise ZeroDivisionError
        return {}

    monkeypatch.setattr(campaign, "campaign_of", broken)
    events = [
        {"type": "page", "anonymousId": "a", "messageId": name, "properties": {"url": f"https://x.io/?utm_source={name}"}}
        for name in ("good", "poison", "fine")
    ]
    answer = app.batch(*events)
    assert (answer.status, answer.json.get("stored")) == (200, 2), answer
    assert answer.reasons == [(1, "processing_error")]
    assert json.loads(app.quarantine()[0].body)["messageId"] == "poison"
    app.assert_conserved()
