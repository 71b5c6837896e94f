"""Pages that take campaign and other parameters out of their address, in each engine.

One page view, of the address on which the visitor landed, whenever the page cleans it; and the campaign is stored. Then a real
change of the page is a page view of its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from .beacons import ABSENT, Event, page
from .engines import Engine
from .rounds import Case, Ending, Rounds
from .servers import Host

QUERY = "q=a%20b&utm_source=news&utm_campaign=spring&gclid=x1&fbclid=y2&ref=friend"
CAMPAIGN = {"source": "news", "name": "spring", "gclid": "x1", "fbclid": "y2"}
NEXT = page("/next")

CLEANED = [
    *(f"{what}-ready" for what in ("utm", "clicks", "ref", "all", "fragment", "everything", "serialized", "sorted")),
    *(f"{what}-{when}" for when in ("before", "behind", "load", "late") for what in ("utm", "all", "serialized")),
    "in-steps",
]
"""Parameters that are taken out, and when: see `pages/landing.js`."""
IN_ALL = ["utm-ready", "all-before", "serialized-load", "everything-ready", "utm-late", "sorted-ready", "in-steps"]
"""Cases for every engine and every form of the snippet; the others run in Chromium."""


def landed(name: str) -> Ending:
    return Ending(f"?{name}&{QUERY}")


def view(name: str, address: str = "landing") -> Event:
    return {"type": "page", "properties": {"path": f"/{address}", "url": landed(name), "title": "Landing"}}


def case(address: str, name: str, *views: Event, script_after: float = 0) -> Case:
    return Case(f"{address}?{name}&{QUERY}#part", [*views, NEXT], {"cleaned": True}, script_after=script_after)


def cleaned(form: str, name: str) -> Case:
    address = "landing-script" if form == "script" else "landing"
    return case(address, name, view(name, address), script_after=0.8 if form == "slow" else 0)


MOVED: dict[str, list[Event]] = {
    "moved-before": [page("/moved", context={"page": {"landing": landed("moved-before")}})],
    "moved-before-and-cleaned": [page("/moved", context={"page": {"landing": landed("moved-before-and-cleaned")}})],
    "changed-before": [page("/landing")],
    "moved-late": [view("moved-late"), page("/moved")],
    "added-late": [view("added-late"), {"type": "page", "properties": {"path": "/landing", "url": Ending("&tab=1")}}],
    "pushed-late": [view("pushed-late"), {"type": "page", "properties": {"path": "/landing", "url": Ending("/landing")}}],
}
"""Pages that do more: the path is another one already; the view says so, and where the visitor landed."""


def cases_in(engine: Engine) -> dict[str, Case]:
    names = CLEANED if engine.name == "chromium" else IN_ALL
    made = {f"queue {name}": cleaned("queue", name) for name in names}
    made |= {f"{form} {name}": cleaned(form, name) for form in ("script", "slow") for name in IN_ALL[:3]}
    made |= {name: case("landing", name, *views) for name, views in MOVED.items()}
    if engine.name != "webkit":
        made["by-navigate"] = case("landing", "by-navigate", view("by-navigate"))
    made["consent"] = case("landing-consent", "consent", view("consent", "landing-consent"))
    return made


@pytest.fixture(scope="module")
def rounds(engine: Engine, host: Host) -> Rounds:
    return Rounds(engine, host, cases_in(engine))


def check(host: Host, rounds: Rounds, name: str, site: str = "plain") -> None:
    """Fail unless exactly these views came, the campaign stored with the first only."""
    visit = rounds[name]
    visit.check()
    (anonymous_id,) = {event["anonymousId"] for event in visit.events}
    stored: list[dict[str, Any]] = host.read(site).visitor(anonymous_id)["events"]
    campaigns = {event["message_id"]: event["context"].get("campaign") for event in stored}
    first, *_, last = [event["messageId"] for event in visit.events]
    assert campaigns[first] == CAMPAIGN
    assert campaigns[last] is None


@pytest.mark.table(chromium=8, others=22)
@pytest.mark.parametrize("name", CLEANED)
def test_a_cleaned_address_is_one_view_of_where_the_visitor_landed(
    engine: Engine, host: Host, rounds: Rounds, name: str
) -> None:
    """Cases all in Chromium; elsewhere those of IN_ALL, whose visit stands for its kind."""
    kind = name if engine.name == "chromium" or name in IN_ALL else IN_ALL[CLEANED.index(name) % len(IN_ALL)]
    check(host, rounds, f"queue {kind}")


@pytest.mark.table(chromium=4, others=10)
@pytest.mark.parametrize("name", IN_ALL[:3])
@pytest.mark.parametrize("form", ["script", "slow"])
def test_cleaned_address_with_a_plain_tag_and_with_a_slow_script(host: Host, rounds: Rounds, form: str, name: str) -> None:
    check(host, rounds, f"{form} {name}")


@pytest.mark.table(others=2)
@pytest.mark.parametrize("name", MOVED)
def test_another_page_is_a_view_and_the_campaign_stays(host: Host, rounds: Rounds, name: str) -> None:
    check(host, rounds, name)


def test_cleaned_address_by_the_navigation_api(engine: Engine, host: Host, rounds: Rounds) -> None:
    """WebKitGTK 2.50 has none, which `test_engine_routers.py` asserts."""
    check(host, rounds, "queue utm-late" if engine.name == "webkit" else "by-navigate")


def test_the_address_is_that_of_the_landing_when_consent_comes_later(host: Host, rounds: Rounds) -> None:
    check(host, rounds, "consent", "consent")


def test_a_view_without_a_move_says_nothing_of_a_landing(rounds: Rounds) -> None:
    for event in rounds["queue utm-ready"].events:
        assert event["context"]["page"].get("landing", ABSENT) is ABSENT
