"""Titles that come late, in each engine: the first page view waits for them, within a bound, and never past leaving.

It is the view of the load all the same: who was there then, and when that was.
"""

from __future__ import annotations

import pytest

from .beacons import ABSENT, Event, identify, page, track
from .engines import Engine
from .rounds import Case, Rounds
from .servers import Host

TITLED = [
    "streamed", "streamed-script", "after-50", "after-200", "none-after-200", "empty-after-200", "script-after-200", "load",
    "element-text", "element-node", "element-replaced", "element-added", "frame-by-frame", "microtask",
]  # fmt: skip
"""Late titles: see `pages/titles.js`."""
ADDRESSES = {
    "streamed": "titles-streamed",
    "streamed-script": "titles-streamed-script",
    "never": "titles-none",
    "none-after-200": "titles-none",
    "element-added": "titles-none",
    "empty-after-200": "titles-empty",
    "script-after-200": "titles-script",
    **dict.fromkeys(["consent-early", "consent-late"], "titles-consent"),
}


def view(title: str = "At last", address: str = "titles", **more: object) -> Event:
    return {"type": "page", "properties": {"path": f"/{address}", "title": title}, **more}


NOBODY = view(userId=ABSENT)
MEANWHILE: dict[str, list[Event]] = {
    "never": [view("", "titles-none")],
    "leave-at-once": [page("/titles"), page("/load")],
    "leave-after-100": [page("/titles"), page("/load")],
    "leave-by-reload": [view(), page("/titles")],
    "identify": [NOBODY, identify("user-late", traits={"plan": "free"})],
    "identify-at-once": [NOBODY, identify("user-early", traits={"plan": "free"})],
    "track": [NOBODY, track("early", properties={"n": 1})],
    "reset": [
        view("Loading", userId=ABSENT),
        identify("user-before"),
        view(userId="user-before"),
        track("afterwards", userId=ABSENT),
    ],
    "route": [page("/one", properties={"title": "At last"}), page("/titles")],
    "page-call": [page("/titles", name="Extra"), view(name=ABSENT)],
    "denied": [],
    "consent-early": [view(address="titles-consent")],
    "consent-late": [view(address="titles-consent")],
}
"""Happenings while the view waits, and the events that must be sent."""
CASES = {
    **{name: Case(f"{ADDRESSES.get(name, 'titles')}?{name}", [view(address=ADDRESSES.get(name, "titles"))]) for name in TITLED},
    **{
        name: Case(f"{ADDRESSES.get(name, 'titles')}?{name}", sent, leaves=name.startswith("leave") or name == "reset")
        for name, sent in MEANWHILE.items()
    },
}


@pytest.fixture(scope="module")
def rounds(engine: Engine, host: Host) -> Rounds:
    return Rounds(engine, host, CASES)


@pytest.mark.table(chromium=2, others=5)
@pytest.mark.parametrize("name", TITLED)
def test_the_title_is_the_late_one(rounds: Rounds, name: str) -> None:
    rounds[name].check()


@pytest.mark.table(others=4)
@pytest.mark.parametrize("name", MEANWHILE)
def test_page_view_is_not_changed_by_what_happens_meanwhile(rounds: Rounds, name: str) -> None:
    rounds[name].check()


@pytest.mark.parametrize("name", ["identify", "track"])
def test_page_view_has_the_time_of_the_load(rounds: Rounds, name: str) -> None:
    events = {event["type"]: event for event in rounds[name].events}
    assert events["page"]["timestamp"] < events[name]["timestamp"]


@pytest.mark.parametrize("name", ["identify", "identify-at-once", "track"])
def test_page_view_is_of_the_same_visitor(rounds: Rounds, name: str) -> None:
    assert len({event["anonymousId"] for event in rounds[name].events}) == 1


def test_a_reset_leaves_the_view_with_who_was_there_at_load(rounds: Rounds) -> None:
    at_first, known, again, afterwards = sorted(rounds["reset"].events, key=lambda event: str(event["timestamp"]))
    assert at_first["anonymousId"] == known["anonymousId"] == again["anonymousId"] != afterwards["anonymousId"]
