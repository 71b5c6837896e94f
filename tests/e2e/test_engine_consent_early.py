"""Consent said before the script arrived is known before anything is stored or sent, in each engine.

Each row is a page with calls right behind what is pasted, in every form that records calls. Then the same page once more, then one
without any calls: an answer is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from playwright.sync_api import Playwright

from .beacons import PATIENCE, Event, check_all, identify, page, track
from .engines import LOADED, Engine
from .engines.start import started
from .servers import Host
from .staged import Rounds, Stage, Visit, quiet, staged, wait_until
from .wire import Request

FIRST = "01000000-0000-7000-8000-000000000001"
USER = "user-early"
EARLY, HERE, KNOWN = track("early"), track("here"), identify(USER, traits={"email": "ada@example.com"})
VIEW = page("/early")
PACKAGE = """<script type="module">
  import { load } from "/package.js"
  const passerby = load({ src: "URL" })
  CALLS
</script>"""


@dataclass(frozen=True)
class Row:
    calls: str
    sent: tuple[Event, ...] = ()
    """Events of its first visit."""
    again: tuple[Event, ...] = ()
    """Events of the same page once more; where there are none, the page without calls sends none either."""
    site: str = "plain"
    form: str = ""
    before: str = ""
    """Code of an earlier page without the snippet."""
    keeps: str = "denied"

    @property
    def is_denied(self) -> bool:
        return self.keeps == "denied"


DENIED = 'passerby.consent("denied")'
GRANTED = 'passerby.consent("granted")'
TRACK = 'passerby.track("early")'
IDENTIFY = f'passerby.identify("{USER}", {{ email: "ada@example.com" }})'
OLD = f"document.cookie = 'passerby={FIRST}.{USER}; Path=/; Domain=shop.localhost; Max-Age=9999'; localStorage.setItem('passerby', '{FIRST}.{USER}')"
QUEUED = (
    'localStorage.setItem("passerby_qold", JSON.stringify({ type: "track", event: "left", messageId: "left-1",'
    f' anonymousId: "{FIRST}", timestamp: new Date(), properties: {{}}, context: {{ page: {{ path: "/bare" }} }} }}))'
)

ROWS = {
    "denied": Row(DENIED),
    "denied, by the loader": Row(DENIED, form="loader"),
    "denied, by the package": Row(DENIED, form="package"),
    "denied behind other calls": Row(f"{TRACK}; {IDENTIFY}; passerby.page('more'); passerby.group('g'); {DENIED}"),
    "denied before other calls": Row(f"{DENIED}; {TRACK}; {IDENTIFY}; passerby.reset()"),
    "denied twice": Row(f"{DENIED}; {TRACK}; {DENIED}"),
    "denied and then a listener that throws": Row(f"{DENIED}; passerby.ready(() => {{ throw 1 }}); passerby.on('refused', () => {{ throw 2 }})"),
    "granted and taken back": Row(f"{GRANTED}; {TRACK}; {DENIED}"),
    "denied in another language": Row('passerby.consent("nein"); passerby.consent(false); passerby.consent(); ' + DENIED),
    "denied by somebody who was known": Row(DENIED, before=OLD),
    "denied with events left in the queue": Row(DENIED, before=QUEUED),
    "denied where consent is required": Row(f"{TRACK}; {DENIED}", site="consent"),
    "granted and taken back where consent is required": Row(f"{GRANTED}; {IDENTIFY}; {DENIED}", site="consent"),
    "denied and then granted": Row(f"{TRACK}; {DENIED}; {GRANTED}; passerby.track('here')", (VIEW, HERE), (VIEW, HERE), keeps="granted"),
    "granted": Row(f"{GRANTED}; {TRACK}", (VIEW, EARLY), (VIEW, EARLY), keeps="granted"),
    "granted where consent is required": Row(f"{IDENTIFY}; {GRANTED}; {TRACK}", (VIEW, KNOWN, EARLY), (VIEW, KNOWN, EARLY), site="consent", keeps="granted"),
    "no answer that means anything": Row(f'passerby.consent("nein"); passerby.consent(); {TRACK}', (VIEW, EARLY), (VIEW, EARLY), keeps=""),
}  # fmt: skip


IN_EACH = [
    "denied", "denied, by the loader", "denied, by the package", "denied behind other calls", "denied by somebody who was known",
    "denied with events left in the queue", "granted and taken back where consent is required", "granted where consent is required",
]  # fmt: skip
IN_CHROMIUM = [name for name in ROWS if name not in IN_EACH]


def made_page(stage: Stage, request: Request) -> str:
    row = list(ROWS.values())[int(request.path.partition("?")[2])]
    if row.form == "package":
        pasted = PACKAGE.replace("URL", stage.script_url(request.client, row.site)).replace("CALLS", row.calls)
    else:
        pasted = stage.snippet(request.client, row.site, row.form) + f"<script>{row.calls}</script>"
    return f'<!doctype html><html lang="en"><head><title>Early</title><script src="/heard.js"></script>{pasted}</head></html>'


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    with staged(host) as made:
        made.prepare("loader", "script")
        made.pages["/early"] = lambda request: made_page(made, request)
        made.pages["/without-calls"] = lambda request: made.snippet(request.client)
        yield made


def has_sent(part: str, visit: Visit) -> bool:
    """True once all events are there that its row names by the end of a part."""
    row = ROWS[visit.name]
    return len(visit.events) >= len(row.sent) + (len(row.again) if part != "first" else 0)


def act(visits: list[Visit]) -> None:
    names = list(ROWS)
    for visit in visits:
        if before := ROWS[visit.name].before:
            visit.tab.goto(visit.visitor.url("bare"))
            visit.tab.do(before)
        visit.visitor.forgive("uncaught: 1")
    for part in ("first", "again", "later"):
        for visit in visits:
            url = f"early?{names.index(visit.name)}" if part != "later" else "without-calls"
            visit.tab.goto(visit.visitor.url(url))
            visit.tab.wait_for(LOADED)
        # Wanted events, then silence: silence alone is a busy machine's, too.
        wait_until(visits, partial(has_sent, part), PATIENCE)
        quiet(visits)
        for visit in visits:
            visit.facts[part] = visit.events[sum(len(visit.facts.get(one, [])) for one in ("first", "again", "later")) :]
            visit.facts[f"cookies {part}"] = {one.name: one.value.partition(".")[0] for one in visit.tab.cookies()}
            visit.facts[f"storage {part}"] = visit.tab.run("return Object.keys(localStorage)")
            visit.facts[f"id {part}"] = visit.tab.run("return passerby.id() ?? ''")
            visit.facts[f"requests {part}"] = len(visit.visitor.beacons.requests)


@pytest.fixture(scope="module")
def in_each(engine: Engine, host: Host, stage: Stage) -> Rounds:
    return Rounds(engine, host, IN_EACH, act)


@pytest.fixture(scope="module")
def in_chromium(playwright: Playwright, host: Host, stage: Stage) -> Iterator[Rounds]:
    with started("chromium", playwright) as chromium:
        yield Rounds(chromium, host, IN_CHROMIUM, act)


@pytest.mark.table(others=4)
@pytest.mark.parametrize("name", IN_EACH)
def test_consent_is_known_before_anything_is_sent(in_each: Rounds, name: str) -> None:
    check_sent(in_each[name])


@pytest.mark.parametrize("name", IN_EACH)
def test_consent_is_known_before_anything_is_stored(in_each: Rounds, name: str) -> None:
    check_stored(in_each[name])


@pytest.mark.parametrize("name", IN_CHROMIUM)
def test_consent_last_word_comes_before_anything_is_sent_or_stored(in_chromium: Rounds, name: str) -> None:
    check_sent(in_chromium[name])
    check_stored(in_chromium[name])


def check_sent(visit: Visit) -> None:
    row = ROWS[visit.name]
    check_all(visit.facts["first"], *row.sent)
    check_all(visit.facts["again"], *row.again)
    if row.is_denied:
        assert visit.facts["later"] == []
        assert visit.facts["requests later"] == len(row.sent), "a request of somebody who has said no"
    assert visit.visitor.complaints == []


def check_stored(visit: Visit) -> None:
    row = ROWS[visit.name]
    for part in ("first", "again", "later"):
        cookies = visit.facts[f"cookies {part}"]
        if row.is_denied:
            assert cookies == {"passerby_consent": "denied"}, part
            assert visit.facts[f"storage {part}"] == [], part
            assert visit.facts[f"id {part}"] == "", part
        else:
            assert cookies.get("passerby_consent", "") == row.keeps
            assert cookies["passerby"] == visit.facts[f"id {part}"]
