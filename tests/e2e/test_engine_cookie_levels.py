"""Cookies of the same names on other domain levels, hosts and paths, in each engine: what is read back is what was written.

Each row is a visitor whose browser holds others' values, or whose site has got another domain setting, and who then arrives, signs in,
comes back, signs out, comes back and says no. Whatever there is beside, each call has its effect, in this page and in the next.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Playwright

from .beacons import ABSENT, PATIENCE, Event, check_all, identify, page, track
from .engines import LOADED, Engine
from .engines.start import started
from .servers import Host
from .staged import Rounds, Stage, Visit, quiet, staged, wait_until
from .wire import Request

FIRST = "01000000-0000-7000-8000-000000000001"
"""Id older than any that is minted here, which used to win."""
SECOND = "02000000-0000-7000-8000-000000000002"
THEIRS, OWN, NEW = "user-theirs", "user-own", "user-new"
SHOWN = track("message_shown")
ONCE: dict[str, Any] = {
    "key": "once",
    "name": "Once in a life",
    "status": "live",
    "where": {"pages": [{"part": "path", "op": "contains", "value": "levels"}]},
    "who": {"identity": "anyone"},
    "often": {"lifetime": 1, "stop_on": []},
    "content": {"default": "en", "texts": {"en": {"title": "Only once", "body": "And never again.", "actions": []}}},
}


def cookies(where: str, level: str = "", who: str = f"{FIRST}.{THEIRS}") -> str:
    """A page's code that writes one value of each of the snippet's names, with the mark of a level where one is given."""
    values = {
        "passerby": who,
        "passerby_id": who.partition(".")[0],
        "passerby_consent": "granted",
        "passerby_m": "abcdefgh:1:9:shown",
    }
    mark = f".@{level}" if level else ""
    writes = (
        f"document.cookie = {json.dumps(f'{name}={value}{mark}; Max-Age=99999; {where}')}" for name, value in values.items()
    )
    return "; ".join(writes) + "\n"


HOST_ONLY = "Path=/"
WIDE, MID = "Path=/; Domain=shop.localhost", "Path=/; Domain=mid.shop.localhost"


@dataclass(frozen=True)
class Row:
    before: str = ""
    """Cookies that a page on the same host had written before."""
    site: str = "wide"
    host: str = "www"
    path: str = ""
    old: str = ""
    """The site of the first visit, in which this visitor signs in; `site set` makes it what is in `becomes`."""
    becomes: tuple[str, ...] = ()
    expected: str = "any"
    """Visitor expected: a new one, the one of the other value (`theirs`), of the site's own (`own`); else either."""

    @property
    def domain(self) -> str:
        """Domain of the cookie that this page writes; no dot: its host only."""
        if self.site == "solo" or "--no-cross-subdomain" in self.becomes:
            return ""
        return ".mid.shop.localhost" if self.site == "mid" or "mid.shop.localhost" in self.becomes else ".shop.localhost"


OURS = cookies(WIDE, "", f"{SECOND}.{OWN}")
"""Value that the shop itself has written: above it nobody can write, so it needs no mark."""
ROWS = {
    "nothing": Row(expected="new"),
    "of this host only": Row(cookies(HOST_ONLY)),
    "of this host only, marked": Row(cookies(HOST_ONLY, "0"), expected="theirs"),
    "of this host only, beside the site's own": Row(OURS + cookies(HOST_ONLY), expected="own"),
    "of this host only, before the site's own": Row(cookies(HOST_ONLY) + OURS, expected="own"),
    "of this host only, marked, before the site's own": Row(cookies(HOST_ONLY, "0") + OURS, expected="own"),
    "of a path": Row(cookies("Path=/sub; Domain=shop.localhost"), path="sub/"),
    "of a path, marked": Row(cookies("Path=/sub; Domain=shop.localhost", "2"), path="sub/"),
    "of a path with a slash": Row(cookies("Path=/sub/; Domain=shop.localhost"), path="sub/"),
    "of a path and this host only": Row(cookies("Path=/sub"), path="sub/"),
    "of a path, beside the site's own": Row(OURS + cookies("Path=/sub/levels; Domain=shop.localhost"), path="sub/", expected="own"),
    "of all places at once": Row(
        "".join(cookies(f"Path={path}{domain}") for path in ("/", "/sub", "/sub/levels") for domain in ("", "; Domain=shop.localhost")),
        path="sub/",
    ),
    "of all places at once, where the site is below another": Row(
        "".join(
            cookies(f"Path={path}{domain}", level)
            for path in ("/", "/sub")
            for domain, level in (("", "0"), ("", ""), ("; Domain=shop.localhost", ""), ("; Domain=shop.localhost", "2"))
        ),
        site="mid", host="mid", path="sub/",
    ),
    "of a wider domain": Row(cookies(WIDE), site="mid", host="mid", expected="new"),
    "of a wider domain, marked": Row(cookies(WIDE, "2"), site="mid", host="mid", expected="new"),
    "of a wider domain and a path": Row(cookies("Path=/sub; Domain=shop.localhost"), site="mid", host="mid", path="sub/", expected="new"),
    "of wider domains, where the site is for one host": Row(cookies(MID, "3") + cookies(WIDE), site="solo", host="mid", expected="new"),
    "of a narrower domain": Row(cookies(MID), host="mid"),
    "of a narrower domain, marked": Row(cookies(MID, "3"), host="mid", expected="theirs"),
    "of a narrower domain, beside the site's own": Row(cookies(MID, "3") + OURS, host="mid", expected="own"),
    "of an earlier version": Row(cookies(WIDE), expected="theirs"),
    "of an earlier version, for one host": Row(cookies(HOST_ONLY), site="solo", host="mid"),
    "of an earlier version, of a site below another": Row(cookies(MID) + cookies(WIDE), site="mid", host="mid"),
    "of a site below another, and of that": Row(
        cookies(MID, "3", f"{SECOND}.{OWN}") + cookies(WIDE), site="mid", host="mid", expected="own"
    ),
    "that are malformed": Row(cookies(HOST_ONLY, "", "undefined") + cookies(WIDE, "x", "%"), expected="new"),
    "a site below another": Row(site="mid", host="mid", old="wide", expected="new"),
    "widened": Row(old="widened", site="widened", host="mid", becomes=("--domain", "shop.localhost"), expected="own"),
    "narrowed": Row(old="narrowed", site="narrowed", host="mid", becomes=("--domain", "mid.shop.localhost"), expected="new"),
    "no longer over subdomains": Row(old="alone", site="alone", host="mid", becomes=("--no-cross-subdomain",), expected="new"),
    "over subdomains from now on": Row(old="joined", site="joined", host="mid", becomes=("--cross-subdomain",), expected="own"),
}  # fmt: skip
IN_EACH = [
    "of this host only", "of this host only, beside the site's own", "of a path", "of a path, beside the site's own",
    "of a wider domain", "of a narrower domain, marked", "a site below another", "widened", "narrowed", "no longer over subdomains",
]  # fmt: skip
IN_CHROMIUM = [name for name in ROWS if name not in IN_EACH]

SITES = {
    "wide": ("--domain", "shop.localhost"),
    "mid": ("--domain", "mid.shop.localhost"),
    "solo": ("--domain", "shop.localhost", "--no-cross-subdomain"),
}
CHANGING = {
    "widened": ("--domain", "mid.shop.localhost"),
    "narrowed": ("--domain", "shop.localhost"),
    "alone": ("--domain", "shop.localhost"),
    "joined": ("--domain", "shop.localhost", "--no-cross-subdomain"),
}


class Levels:
    """Sites of this file: those that change are made anew for each engine."""

    def __init__(self, host: Host, engine: str) -> None:
        self.host = host
        self.engine = engine
        for name, options in {**SITES, **CHANGING}.items():
            if self.named(name) not in host.sites:
                self._add(name, options)

    def named(self, site: str) -> str:
        return f"level-{site}-{self.engine}" if site in CHANGING else f"level-{site}"

    def _add(self, site: str, options: tuple[str, ...]) -> None:
        base = f"http://www.{'' if site == 'wide' else 'mid.'}shop.localhost:{self.host.wire.port}"
        name = self.named(site)
        self.host.sites[name] = json.loads(self.host._cli("site", "add", name, "--base-url", base, *options))
        self.host.put_message(name, ONCE)

    def change(self) -> None:
        """Set what the rows say, and wait until the collector serves it, as it does within seconds."""
        before = {self.named(row.site): row.becomes for row in ROWS.values() if row.becomes}
        scripts = {name: self._script(name) for name in before}
        for name, options in before.items():
            self.host._cli("site", "set", name, *options)
        deadline = time.monotonic() + PATIENCE
        while any(self._script(name) == script for name, script in scripts.items()):
            assert time.monotonic() < deadline, "a running collector follows within seconds"
            time.sleep(0.1)

    def _script(self, name: str) -> str:
        return httpx.get(self.host.collector.url + self.host.script(name)).text


def act(levels: Levels, visits: list[Visit]) -> None:
    def url(visit: Visit, site: str) -> str:
        row = ROWS[visit.name]
        name = f"www-{visit.client}" + (".mid" if row.host == "mid" else "")
        return f"http://{name}.shop.localhost:{levels.host.wire.port}/{row.path}levels?{levels.named(site)}"

    def all_do(part: str, calls: str = "", load: bool = True, seen: str = "") -> None:
        """Load each page or make the calls. `seen` is the last to be sent for it: silence alone is a busy machine's, too."""
        for visit in visits:
            if load:
                visit.tab.goto(url(visit, ROWS[visit.name].site))
                visit.tab.wait_for(LOADED)
            if calls:
                visit.tab.do(calls)
        if seen:
            wait_until(visits, lambda visit: any(seen in (one["type"], one.get("event")) for one in news(visit)), PATIENCE)
        quiet(visits)
        for visit in visits:
            visit.facts[part] = news(visit)
            visit.facts["seen"] = len(visit.events)
            visit.facts[f"id {part}"] = visit.tab.run("return passerby.id() ?? ''")
            visit.facts[f"cookies {part}"] = visit.tab.cookies()

    def news(visit: Visit) -> list[Event]:
        return visit.events[visit.facts["seen"] :]

    for visit in visits:
        row = ROWS[visit.name]
        visit.tab.goto(url(visit, "none" if row.before else row.old or "none"))
        if row.before:
            visit.tab.do(row.before)
        elif row.old:
            visit.tab.wait_for(LOADED)
            visit.tab.do(f"passerby.identify('{OWN}')")
    held = [visit for visit in visits if ROWS[visit.name].old and not ROWS[visit.name].before]
    wait_until(held, lambda visit: any(one["type"] == "identify" for one in visit.events), PATIENCE)
    quiet(visits)
    for visit in visits:
        visit.facts["first"] = visit.events
        visit.facts["seen"] = len(visit.events)
    levels.change()
    for visit in visits:
        visit.tab.goto(url(visit, ROWS[visit.name].site))
    wait_until(visits, lambda visit: any(one.get("event") == SHOWN["event"] for one in news(visit)), 4)
    all_do("arrived", load=False, seen="page")
    all_do(
        "known",
        f"passerby.identify('{NEW}', {{ email: 'ada@example.com' }}); passerby.track('known')",
        load=False,
        seen="known",
    )
    all_do("back", seen="page")
    all_do("again", seen="page")
    all_do("reset", "passerby.reset(); passerby.track('after')", load=False, seen="after")
    all_do("anew", seen="page")
    all_do("denied", "passerby.consent('denied'); passerby.track('no'); passerby.identify('nobody')", load=False)
    all_do("later", "passerby.track('no')")
    for visit in visits:
        if ROWS[visit.name].old == "wide":
            visit.tab.goto(visit.visitor.url("levels?level-wide"))
            visit.tab.wait_for(LOADED)
    above = [visit for visit in visits if ROWS[visit.name].old == "wide"]
    wait_until(above, lambda visit: any(one["type"] == "page" for one in news(visit)), PATIENCE)
    quiet(visits)
    for visit in visits:
        visit.facts["above"] = news(visit)


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    def made_page(request: Request) -> str:
        site = request.path.partition("?")[2]
        pasted = made.snippet(request.client, site) if site in host.sites else ""
        return f'<!doctype html><html lang="en"><head><title>Levels</title><script src="/heard.js"></script>{pasted}</head><body></body></html>'

    with staged(host) as made:
        made.pages["/levels"] = made.pages["/sub/levels"] = made_page
        yield made


@pytest.fixture(scope="module")
def in_each(engine: Engine, host: Host, stage: Stage) -> Rounds:
    return Rounds(engine, host, IN_EACH, lambda some: act(Levels(host, engine.name), some), at_once=len(IN_EACH))


@pytest.fixture(scope="module")
def in_chromium(playwright: Playwright, host: Host, stage: Stage) -> Iterator[Rounds]:
    with started("chromium", playwright) as chromium:
        yield Rounds(chromium, host, IN_CHROMIUM, lambda some: act(Levels(host, "alone"), some), at_once=len(IN_CHROMIUM))


@pytest.mark.table(chromium=2, others=10)
@pytest.mark.parametrize("name", IN_EACH)
def test_cookie_read_is_the_one_written(in_each: Rounds, name: str) -> None:
    check(in_each[name])


@pytest.mark.table(chromium=2, others=10)
@pytest.mark.parametrize("name", IN_EACH)
def test_visitor_at_arrival(in_each: Rounds, name: str) -> None:
    check_arrival(in_each[name])


@pytest.mark.table(chromium=2)
@pytest.mark.parametrize("name", IN_CHROMIUM)
def test_cookie_read_is_the_one_written_in_chromium(in_chromium: Rounds, name: str) -> None:
    check(in_chromium[name])


@pytest.mark.table(chromium=2)
@pytest.mark.parametrize("name", IN_CHROMIUM)
def test_visitor_at_arrival_in_chromium(in_chromium: Rounds, name: str) -> None:
    check_arrival(in_chromium[name])


def check_arrival(visit: Visit) -> None:
    row = ROWS[visit.name]
    path = f"/{row.path}levels"
    own = visit.facts["first"][0]["anonymousId"] if row.old else SECOND
    (view,) = [event for event in visit.facts["arrived"] if event["type"] == "page"]
    assert view["properties"]["path"] == path
    who = (view["anonymousId"], view.get("userId", ""))
    theirs, kept = (FIRST, THEIRS), (own, OWN)
    if row.expected == "new":
        assert who[0] not in (FIRST, SECOND, own)
        assert who[1] == ""
    elif row.expected != "any":
        assert who == (theirs if row.expected == "theirs" else kept)
    else:
        # Own values, or nobody's: never the id of the one with the user of the other.
        assert who in (theirs, kept) or (who[0] not in (FIRST, own) and not who[1])
    if row.old == "wide":
        # Site above: it knows nothing of what was said below.
        check_all([one for one in visit.facts["above"] if one["type"] == "page"], page("/levels", userId=OWN, anonymousId=own))


def check(visit: Visit) -> None:
    row, facts = ROWS[visit.name], visit.facts
    view = page(f"/{row.path}levels")
    arrived = facts["id arrived"]
    # Message once in a life: a visitor who kept the earlier cookies has seen it then.
    check_all(facts["arrived"], view, *([] if row.old and row.expected == "own" else [SHOWN]))

    # Sign-in: the user that was said, here and in the next page, claims nobody else's id.
    check_all(without_messages(facts["known"]), identify(NEW), track("known", userId=NEW))
    assert {event["anonymousId"] for event in facts["known"]} == {facts["id known"]}
    claimed = next(event for event in facts["known"] if event["type"] == "identify")["context"]["anonymousIds"]
    assert set(claimed) <= {arrived, facts["id known"]}
    known_view = {**view, "userId": NEW, "anonymousId": facts["id known"]}
    check_all(without_messages(facts["back"]), known_view)
    check_all(facts["again"], known_view)
    assert facts["id back"] == facts["id known"] == facts["id again"]
    # Message once for each, where somebody else was signed in before.
    again = [event for part in ("known", "back") for event in facts[part] if event.get("event") == SHOWN["event"]]
    is_other = any(event.get("userId") for event in facts["arrived"])
    assert len(again) <= is_other

    # Sign-out: a new visitor.
    after = of("after", facts["reset"])
    assert "userId" not in after
    assert after["anonymousId"] == facts["id reset"] not in ("", FIRST, SECOND, arrived, facts["id known"])
    check_all(without_messages(facts["anew"]), {**view, "userId": ABSENT, "anonymousId": facts["id reset"]})

    # Consent denied: not seen again, nor by the collector.
    assert facts["denied"] == facts["later"] == []
    assert facts["id denied"] == facts["id later"] == ""
    for part, now in (
        ("known", "id known"),
        ("back", "id back"),
        ("anew", "id anew"),
        ("denied", "id denied"),
        ("later", "id later"),
    ):
        for name in ("passerby", "passerby_id"):
            assert own_values(visit, part, name) <= {facts[now]}, f"{name}: {part}"
    assert own_values(visit, "later", "passerby_consent") == {"denied"}
    assert visit.visitor.complaints == []


def own_values(visit: Visit, part: str, name: str) -> set[str]:
    """Value in the jar under a name where this page writes it, without its mark."""
    domain = ROWS[visit.name].domain
    found = [one for one in visit.facts[f"cookies {part}"] if one.name == name and one.path == "/"]
    return {
        one.value.partition(".")[0] for one in found if (one.domain == domain if domain else not one.domain.startswith("."))
    }


def without_messages(events: list[Event]) -> list[Event]:
    """`reset()` forgets which messages were shown: they may come again."""
    return [event for event in events if event.get("event") != SHOWN["event"]]


def of(name: str, events: list[Event]) -> Event:
    (found,) = [event for event in events if event.get("event") == name]
    return found
