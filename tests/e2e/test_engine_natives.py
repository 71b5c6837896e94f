"""Pages that have replaced natives, in each engine: the table of `natives.py`, one by one and together.

Of each: a page view, a `track` with a nested list and an `identify` arrive, once, well formed, and are stored; and the page
sees no error.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from .beacons import Event
from .engines import Engine
from .natives import ALL, CASES, IMPOSSIBLE, IN_CHROMIUM, IN_EACH, Frame, Sheets
from .servers import Host

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NEAR = timedelta(hours=1)
"""Seconds for milliseconds, or another time zone, are further away."""


@pytest.fixture(scope="module")
def sheets(engine: Engine, host: Host) -> Sheets:
    return Sheets(engine, host, IN_EACH)


@pytest.fixture(scope="module")
def more_sheets(chromium: Engine, host: Host) -> Sheets:
    return Sheets(chromium, host, IN_CHROMIUM)


def test_cases_are_many_and_distinct() -> None:
    assert len(ALL) == len(set(ALL)) >= 120
    assert len(CASES) == len(set(CASES)) >= 500
    assert len(IMPOSSIBLE) <= 5


def check_time(text: Any) -> None:
    assert isinstance(text, str)
    assert ISO.fullmatch(text), f"no ISO 8601 time: {text!r}"
    assert abs(datetime.fromisoformat(text) - datetime.now(UTC)) < NEAR, f"the time is far away: {text}"


def check_form(event: Event, anonymous_id: Any) -> None:
    check_time(event["timestamp"])
    assert UUID7.fullmatch(event["messageId"])
    assert event["anonymousId"] == anonymous_id
    assert event["context"]["library"]["name"] == "passerby.js"
    assert event["context"]["page"]["path"] == "/natives"
    assert isinstance(event["context"]["locale"], str)
    assert "storage" not in event["context"], "what can be kept was not kept"


def check_frame(frame: Frame) -> None:
    assert frame.has_finished, f"the page has not finished: {frame.complaints}"
    assert sorted(event["type"] for event in frame.events) == ["identify", "page", "track"], frame.complaints
    assert frame.resent == 0
    view, called, known = (
        next(event for event in frame.events if event["type"] == kind) for kind in ("page", "track", "identify")
    )
    assert {name: view["properties"][name] for name in ("path", "title")} == {"path": "/natives", "title": "Natives"}
    assert view["properties"]["url"].startswith(f"http://www-{frame.client}.shop.localhost:")
    assert set(view["properties"]) <= {"path", "title", "url", "referrer", "search"}
    assert all(isinstance(value, str) for value in view["properties"].values())
    assert (called["event"], called["properties"]) == ("survived", {"deep": {"list": [1, "two", None]}, "n": 1.5})
    assert (known["userId"], known["traits"]) == ("user-7", {"list": ["a"], "plan": "free"})
    assert re.fullmatch(r"[0-9a-f-]{36}", view["anonymousId"])
    assert known["context"]["anonymousIds"] == [view["anonymousId"]]
    for event in frame.events:
        check_form(event, view["anonymousId"])
    assert len({event["messageId"] for event in frame.events}) == 3
    for request in frame.requests:
        body = msgspec.json.decode(request.body)
        assert set(body) == {"batch", "sentAt", "writeKey"}
        check_time(body["sentAt"])
        answer = msgspec.json.decode(request.answer_body)
        assert (answer["stored"], answer["quarantined"]) == (len(body["batch"]), [])
    assert list(frame.complaints) == [], "the page saw an error"


@pytest.mark.parametrize("case", IN_EACH)
def test_events_arrive_once_and_well_formed(sheets: Sheets, case: str) -> None:
    check_frame(sheets[case])


@pytest.mark.parametrize("case", IN_CHROMIUM)
def test_events_arrive_once_and_well_formed_in_the_rest_of_the_table(more_sheets: Sheets, case: str) -> None:
    check_frame(more_sheets[case])
