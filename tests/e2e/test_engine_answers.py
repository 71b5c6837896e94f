"""Answers that are not the collector's: a batch that met one is kept, tried again, and stored once when the network is well again.

Of each row: one event meets it while its page stays, one while its page is left for another, and both are stored, once. Our own errors end
an event; only they do. What an answer says is read alike by all engines, so the whole table is for Chromium; redirects, service workers and
opaque answers are the engine's and tried in each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import msgspec
import pytest
from playwright.sync_api import Playwright

from .beacons import Event, page, track
from .engines import LOADED, Engine, Visitors, anonymous_id
from .engines.start import started
from .servers import Host
from .staged import HTML, SCRIPT, Rounds, Stage, Visit, quiet, staged, wait_until
from .wire import Answer, Request

JSON = [("Content-Type", "application/json")]
SIGN_IN = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>"


@dataclass(frozen=True)
class Foreign:
    status: int
    body: bytes = SIGN_IN
    headers: tuple[tuple[str, str], ...] = tuple(HTML)
    page: str = ""
    """Code of the page before the snippet is there."""

    def answer(self, stage: Stage, request: Request) -> Answer:
        headers = [
            (name, value.replace("ELSEWHERE", stage.elsewhere(request.client)).replace("HERE", stage.address(request.client)))
            for name, value in self.headers
        ]
        count = len(request.events)
        return Answer(self.status, headers, self.body.replace(b"COUNT", str(count).encode()))


def said(status: int, body: bytes, page: str = "") -> Foreign:
    return Foreign(status, body, tuple(JSON), page)


def moved(status: int, to: str, *more: tuple[str, str]) -> Foreign:
    return Foreign(status, SIGN_IN, (*HTML, ("Location", to), *more))


CORS = (("Access-Control-Allow-Origin", "*"),)
OURS = b'{"success":true,"stored":COUNT,"duplicate":0,"quarantined":[]}'
IN_CHROMIUM = {
    **{f"{status} with a page": Foreign(status) for status in (200, 201, 206, 400, 401, 403, 404, 407, 413, 429)},
    **{f"{status} with a page": Foreign(status) for status in (500, 503, 511)},
    **{f"{status}, empty": Foreign(status, b"") for status in (200, 204, 401, 413)},
    **{
        f"200 with {body.decode()}": said(200, body)
        for body in (
            b"{}", b"[]", b"null", b"true", b'"ok"', b'{"success":true}', b'{"success":"true","stored":COUNT,"duplicate":0,"quarantined":[]}',
            b'{"success":1,"stored":COUNT,"duplicate":0,"quarantined":[]}', b'{"success":true,"stored":0,"duplicate":0,"quarantined":[]}',
            b'{"success":true,"stored":99,"duplicate":0,"quarantined":[]}', b'{"success":true,"stored":"COUNT","duplicate":0,"quarantined":[]}',
            b'{"success":true,"stored":COUNT}', b'{"code":"rest_forbidden","message":"No.","data":{"status":401}}', b'{"success":true,"stored"',
            b'{"__proto__":{"success":true,"stored":COUNT,"duplicate":0,"quarantined":[]}}', b'{"code":"unknown_key","message":"No."}',
        )
    },
    **{
        f"{status} with {body.decode()}": said(status, body)
        for status, body in (
            (401, b'{"code":"rest_forbidden","message":"Sorry, you are not allowed to do that.","data":{"status":401}}'),
            (403, b'{"code":"forbidden"}'), (400, b'{"code":400,"message":"Bad Request"}'), (413, b'{"code":"request_entity_too_large"}'),
            (400, b"[]"), (401, b"null"), (403, b'"unknown_key"'), (500, b'{"code":"unknown_key"}'), (404, b'{"code":"unknown_key"}'),
            (403, b'{"error":{"code":"unknown_key"}}'), (400, b'{"code":["bad_body"]}'), (401, b'{"code":"toString"}'), (502, OURS), (404, OURS),
            (503, b'{"code":"unavailable","message":"Later."}'),
        )
    },
    "200 with {}, where a prototype says that all is well": said(
        200, b"{}", "Object.assign(Object.prototype, { success: true, stored: 1, duplicate: 0, quarantined: [] })"
    ),
    "403 with {}, where a prototype says whose it is": said(403, b"{}", 'Object.prototype.code = "unknown_key"'),
    "429 with a pause": Foreign(429, SIGN_IN, (*HTML, ("Retry-After", "1"))),
    "303 to a page here": moved(303, "/sign-in"),
    "307 to a page here": moved(307, "/sign-in"),
    "301 to somebody else, who takes it": moved(301, "ELSEWHERE/a/v1/batch", *CORS),
    "302 without a place": Foreign(302),
    "304": Foreign(304, b""),
}  # fmt: skip
IN_EACH = {
    "200 with a sign-in page": Foreign(200),
    "403 with a challenge": Foreign(403),
    "302 to a page here": moved(302, "/sign-in"),
    "302 to somebody else, who takes it": moved(302, "ELSEWHERE/a/v1/batch", *CORS),
    "307 to somebody else, who takes it": moved(307, "ELSEWHERE/a/v1/batch", *CORS),
    "308 to somebody else, who takes nothing": moved(308, "ELSEWHERE/a/sign-in"),
    "a service worker's page": Foreign(200, page="worker"),
    "a service worker's error": Foreign(503, page="worker"),
}
"""Foreign answers in each engine; a service worker gives its own, and the network is not asked."""
NAMED = {**IN_EACH, **IN_CHROMIUM}

FINAL = {
    f"{status} {code}": said(status, msgspec.json.encode({"code": code, "message": "A sentence."}))
    for status, code in (
        (400, "bad_body"), (400, "bad_gzip"), (400, "bad_request"), (400, "conflicting_keys"), (401, "missing_key"), (401, "unknown_key"),
        (403, "origin_refused"), (413, "too_large"),
    )
}  # fmt: skip
STORED = {
    "all stored": OURS,
    "all there already": b'{"success":true,"stored":0,"duplicate":COUNT,"quarantined":[]}',
    "with more to say": b' {"more":{"success":false},"success":true,"quarantined":[],"duplicate":0,"stored":COUNT}\n',
}
WORKER = """
let foreign = null
addEventListener("install", () => skipWaiting())
addEventListener("activate", (event) => event.waitUntil(clients.claim()))
addEventListener("message", ({ data, ports }) => { foreign = data; ports[0].postMessage("heard") })
addEventListener("fetch", (event) => {
  if (!foreign || event.request.method !== "POST" || !event.request.url.endsWith("/v1/batch")) return
  event.respondWith(new Response("<!doctype html><title>You are offline</title>", { status: foreign, headers: { "Content-Type": "text/html" } }))
})
"""
READY = """
const worker = await navigator.serviceWorker.register("/worker.js")
if (!navigator.serviceWorker.controller) await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done))
return null
"""


def made_page(stage: Stage, request: Request) -> str:
    number = request.path.partition("?")[2]
    code = list(NAMED.values())[int(number)].page if number else ""
    script = f"<script>{code}</script>" if code not in ("", "worker") else ""
    return (
        '<!doctype html><html lang="en"><head><title>Answers</title><script src="/heard.js"></script>'
        f"{script}{stage.snippet(request.client)}</head></html>"
    )


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    with staged(host) as made:
        made.pages["/answers"] = lambda request: made_page(made, request)
        made.pages["/sign-in"] = lambda request: Answer(200, HTML, SIGN_IN)
        made.pages["/worker.js"] = lambda request: Answer(200, SCRIPT, WORKER.encode())
        yield made


TELL = """
const { port1, port2 } = new MessageChannel()
const heard = new Promise((done) => { port1.onmessage = done })
navigator.serviceWorker.controller.postMessage(STATUS, [port2])
await heard
return null
"""
LOOKED = "passerby.debug().trace.length - 1 > passerby.debug().trace.findLastIndex((one) => one.code === 'track')"
"""Fate of the last event is known."""


def act(stage: Stage, visits: list[Visit]) -> None:
    names = list(NAMED)

    def is_worker(visit: Visit) -> bool:
        return NAMED[visit.name].page == "worker"

    def turn(foreign: bool) -> None:
        for visit in visits:
            row = NAMED[visit.name]
            if is_worker(visit):
                visit.tab.run(TELL.replace("STATUS", str(row.status) if foreign else "null"))
            elif foreign:
                stage.fates[visit.client] = partial(row.answer, stage)
            else:
                stage.fates.pop(visit.client, None)

    def load(visit: Visit) -> None:
        visit.tab.goto(visit.visitor.url(f"answers?{names.index(visit.name)}"))
        visit.tab.wait_for(LOADED)

    def wait_stored(name: str, seconds: float) -> None:
        wait_until(visits, lambda visit: any(one.get("event", "page") == name for one in stored(stage, visit)), seconds)

    for visit in visits:
        load(visit)
        if is_worker(visit):
            visit.tab.run(READY)
    wait_stored("page", 15)

    # Event in a page that stays until the network is well again.
    turn(foreign=True)
    for visit in visits:
        visit.tab.do("passerby.track('stays')")
    for visit in visits:
        visit.tab.wait_for(LOOKED)
        visit.facts |= visit.tab.run("const { waiting, trace } = passerby.debug(); return { waiting, trace }")
    turn(foreign=False)
    wait_stored("stays", 15)

    # Event in a page left before that.
    turn(foreign=True)
    for visit in visits:
        visit.tab.do("passerby.track('leaves')")
    for visit in visits:
        visit.tab.wait_for(LOOKED)
        visit.tab.goto(visit.visitor.url("bare"))
    turn(foreign=False)
    for visit in visits:
        load(visit)
    wait_stored("leaves", 6)
    for visit in visits:
        if not any(one.get("event") == "leaves" for one in stored(stage, visit)):
            # The page before may still be held by the browser, with its lock; then it is the next page that delivers.
            locks = visit.tab.run("return [Object.keys(localStorage), await navigator.locks.query()]")
            print(f"{visit.name}: not by the first page: {locks}")
            load(visit)
    wait_stored("leaves", 10)
    quiet(visits)
    for visit in visits:
        visit.facts["stored"] = stage.host.read().visitor(stored(stage, visit)[0]["anonymousId"])["events"]


def stored(stage: Stage, visit: Visit) -> list[Event]:
    """Events of this visitor's pages that the collector itself has answered with 200."""
    requests = [one for one in visit.visitor.beacons.requests if one.status == 200 and id(one) not in stage.foreign]
    return [event for request in requests for event in request.events]


@pytest.fixture(scope="module")
def in_each(engine: Engine, host: Host, stage: Stage) -> Rounds:
    return Rounds(engine, host, list(IN_EACH), partial(act, stage), at_once=len(IN_EACH))


@pytest.fixture(scope="module")
def in_chromium(playwright: Playwright, host: Host, stage: Stage) -> Iterator[Rounds]:
    with started("chromium", playwright) as chromium:
        yield Rounds(chromium, host, list(IN_CHROMIUM), partial(act, stage), at_once=24)


@pytest.mark.table(others=4)
@pytest.mark.parametrize("name", IN_EACH)
def test_events_that_met_a_foreign_answer_are_stored_once(stage: Stage, in_each: Rounds, name: str) -> None:
    check(stage, in_each[name], is_asked=not (name.startswith("a service worker") and in_each.engine.name == "firefox"))


@pytest.mark.table(chromium=4)
@pytest.mark.parametrize("name", IN_CHROMIUM)
def test_only_the_collector_ends_an_event(stage: Stage, in_chromium: Rounds, name: str) -> None:
    check(stage, in_chromium[name])


def check(stage: Stage, visit: Visit, is_asked: bool = True) -> None:
    """Firefox does not ask a service worker for what is sent with `keepalive`: there the network answers, and is right."""
    row = NAMED[visit.name]
    assert stage.sent_elsewhere(visit.client) == [], "a batch was sent on to somebody else"
    assert visit.facts["waiting"] == is_asked, "the event is no longer in the queue"
    codes = {one["code"]: one.get("detail") for one in visit.facts["trace"]}
    assert not [code for code in codes if code.startswith("http_")]
    if row.status < 429 and is_asked:
        assert {"foreign_answer", "not_heard"} & set(codes), codes
    if "foreign_answer" in codes:
        # A redirect that is not followed has no status of its own.
        assert re.search(rf"\b({row.status}|300|0)\b", json.dumps(codes["foreign_answer"]))
    names = sorted(event["name"] or event["type"] for event in visit.facts["stored"])
    assert [name for name in names if name != "page"] == ["leaves", "stays"]
    assert visit.visitor.complaints == []


def test_the_collectors_own_errors_end_an_event(host: Host, stage: Stage, visitors: Visitors) -> None:
    """Errors that say it can never be stored: it is not sent again, by this page or the next."""
    visitor = visitors.new()
    tab = visitor.open("load")
    visitor.beacons.expect(page("/load"))
    tab.do("window.told = []; passerby.on('refused', ({ code }) => told.push(code))")
    for name, row in FINAL.items():
        stage.fates[visitor.client] = partial(row.answer, stage)
        tab.do(f"passerby.track('{name}')")
        tab.wait_for(f"told.length && passerby.debug().waiting === 0 && told.splice(0).join() === 'http_{row.status}'")
    # Answer of the collector itself, to an unknown key.
    key = host.sites["plain"]["write_key"].encode()
    nobody = key[:-4] + b"none"
    stage.fates[visitor.client] = lambda one: stage.forward(replace(one, path="/v1/batch", body=one.body.replace(key, nobody)))
    tab.do("passerby.track('to nobody')")
    tab.wait_for("passerby.debug().waiting === 0 && told.join() === 'http_401'")
    del stage.fates[visitor.client]
    sent = len(visitor.beacons.requests)
    tab.reload()
    visitor.beacons.expect(page("/load"), exactly=True)
    assert len(visitor.beacons.requests) == sent + 1
    assert not [name for name in tab.run("return Object.keys(localStorage)") if name.startswith("passerby_q")]


def test_the_collectors_own_words_are_understood(stage: Stage, visitors: Visitors) -> None:
    """Answers of another version too, with more in them."""
    visitor = visitors.new()
    tab = visitor.open("load")
    visitor.beacons.expect(page("/load"))
    for name, body in STORED.items():
        stage.fates[visitor.client] = partial(said(200, body).answer, stage)
        tab.do(f"passerby.track('{name}')")
        visitor.beacons.expect(track(name))
        tab.wait_for("passerby.debug().waiting === 0")
    del stage.fates[visitor.client]
    visitor.beacons.refute()


def test_a_captive_portal_for_a_while_loses_nothing(stage: Stage, visitors: Visitors) -> None:
    """Pages come and go behind it, more than a page view each; the first page after it delivers everything."""
    visitor = visitors.new()
    stage.fates[visitor.client] = partial(moved(302, "/sign-in").answer, stage)
    for n in range(6):
        tab = visitor.browser.tab()
        tab.goto(visitor.url("load"))
        tab.wait_for(LOADED)
        tab.do(f"passerby.track('behind', {{ n: {n} }})")
        tab.close()
    assert visitor.beacons.events == []
    del stage.fates[visitor.client]
    tab = visitor.open("async")
    wanted = [track("behind", properties={"n": n}) for n in range(6)]
    visitor.beacons.expect(*wanted, *[page("/load")] * 6, page("/async"), exactly=True)
    visitor.check_stored_once(anonymous_id(tab))
