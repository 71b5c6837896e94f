"""Addresses of any length, in each engine: what is stored is short, and keeps its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from .beacons import Event, matches, page, track
from .engines import LOADED, Engine, Visitor, anonymous_id
from .servers import Host
from .staged import Stage, Visit, quiet, staged, wait_until

PATH = "a-path-" + "p" * 1200
LONG = "x" * 8000


@dataclass(frozen=True)
class Address:
    query: str
    keeps: tuple[tuple[str, str], ...] = ()
    """Parameters that are there as they were."""
    cuts: tuple[str, ...] = ()
    """Parameters that are there, but shorter."""
    path: str = "load"
    is_altered: bool = True


ADDRESSES = {
    "short": Address("a=1&b=2&utm_source=news", (("a", "1"), ("b", "2"), ("utm_source", "news")), is_altered=False),
    "as long as a person writes": Address("q=" + "word+" * 300, is_altered=False),
    "the state of a sign-in": Address(f"state={LONG}&code=abc&utm_source=news", (("code", "abc"), ("utm_source", "news")), ("state",)),
    "filters of 32 KB": Address(f"page=2&filters={LONG * 4}&gclid=g1", (("page", "2"), ("gclid", "g1")), ("filters",)),
    "thousands of parameters": Address(
        "&".join(f"f{n}=v{n}" for n in range(2500)) + "&utm_campaign=spring&utm_medium=mail&fbclid=f1",
        (("f0", "v0"), ("utm_campaign", "spring"), ("utm_medium", "mail"), ("fbclid", "f1")),
    ),
    "several long ones": Address("&".join(f"l{n}={LONG[:1500]}" for n in range(9)) + "&utm_term=shoes", (("utm_term", "shoes"),), ("l0",)),
    "one long campaign": Address(f"utm_source=news&utm_content={LONG}", (("utm_source", "news"),), ("utm_content",)),
    "a word without a value": Address(LONG + "&utm_source=news", (("utm_source", "news"),)),
    "letters of other alphabets": Address("q=" + "%E2%82%AC" * 3000 + "&utm_source=news", (("utm_source", "news"),), ("q",)),
    "a fragment": Address(f"a=1#{LONG}", (("a", "1"),), is_altered=False),
    "a long path": Address(f"state={LONG}", (), ("state",), path=PATH),
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    with staged(host) as made:
        made.pages["/" + PATH] = lambda request: made.snippet(request.client)
        yield made


@pytest.fixture(scope="module")
def addressed(engine: Engine, host: Host, stage: Stage) -> Iterator[tuple[Visitor, dict[str, list[Event]], list[Event]]]:
    """Events sent from each address: the page view, a `track`, and the view of a route that follows."""
    with engine.browser() as browser:
        visitor = Visitor(browser, host)
        tab = visitor.browser.tab()
        sent: dict[str, list[Event]] = {}
        for n, (name, address) in enumerate(ADDRESSES.items()):
            before = len(visitor.beacons.events)
            tab.goto(visitor.url(f"{address.path}?{address.query}"))
            tab.wait_for(LOADED)
            tab.do(f"passerby.track('there', {{ n: {n} }}); history.pushState({{}}, '', '/next')")
            made = [page(f"/{address.path}"), track("there", properties={"n": n}), page("/next")]
            wait_until([Visit(name, visitor)], partial(arrived, made, before), 4)
            sent[name] = [one or {} for one in found_of(made, visitor.beacons.events[before:])]
        quiet([Visit("all", visitor)])
        found = host.read().visitor(anonymous_id(tab))
        yield visitor, sent, found["events"]


def arrived(made: list[Event], before: int, visit: Visit) -> bool:
    return None not in found_of(made, visit.events[before:])


def found_of(wanted: list[Event], events: list[Event]) -> list[Event | None]:
    return [next((event for event in events if matches(one, event)), None) for one in wanted]


Addressed = tuple[Visitor, dict[str, list[Event]], list[Event]]


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_is_short_and_keeps_its_meaning(addressed: Addressed, name: str) -> None:
    visitor, sent, _ = addressed
    wanted = ADDRESSES[name]
    view, event, route = sent[name]
    assert view and event and route, "not all were sent"
    for url in (view["properties"]["url"], event["context"]["page"]["url"], route["properties"]["referrer"]):
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == visitor.url(wanted.path)
        query = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
        assert set(wanted.keeps) <= set(query)
        for key in wanted.cuts:
            value = dict(query)[key]
            assert value.endswith("...")
            assert 100 < len(value) <= 260 or "%" in wanted.query
        if not wanted.is_altered:
            assert parts.query == urlsplit("?" + wanted.query).query
        else:
            assert len(url) < 2600 + len(wanted.path)
            assert unquote(parts.query, errors="strict")
    assert ("altered" in view["context"]) == ("altered" in event["context"]) == wanted.is_altered
    if wanted.is_altered:
        assert "altered" in route["context"]
    assert max(len(json.dumps(one)) for one in sent[name]) < 10_000


@pytest.mark.parametrize("name", ["short", "the state of a sign-in"])
def test_long_address_is_sent_once(addressed: Addressed, name: str) -> None:
    """Stored events have it in all places all the same."""
    _, sent, events = addressed
    view, event, _ = sent[name]
    assert set(view["context"]["page"]) <= {"path", "canonical", "landing"}
    assert {"url", "path", "title", "referrer"} <= set(view["properties"])
    assert {"url", "path", "title", "referrer"} <= set(event["context"]["page"])
    assert "url" not in event["properties"]
    assert [one for one in (view["properties"], view["context"]["page"], event["context"]["page"]) if "search" in one] == []
    stored = {one["message_id"]: one for one in events}
    for one in (view, event):
        found = stored[one["messageId"]]["context"]["page"]
        url = (view["properties"] if one is view else event["context"]["page"])["url"]
        assert found["url"] == url
        assert found["search"] == "?" + urlsplit(url).query
        assert {"path", "title", "referrer"} <= set(found)
    assert stored[view["messageId"]]["properties"]["search"] == "?" + urlsplit(view["properties"]["url"]).query


def test_long_addresses_are_all_stored(addressed: Addressed) -> None:
    _, sent, events = addressed
    assert all(event for some in sent.values() for event in some)
    made = {event["messageId"] for some in sent.values() for event in some}
    assert made <= {event["message_id"] for event in events}
