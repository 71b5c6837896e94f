"""XSS against the console in a real browser: what strangers send does not run; no look without signing in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Route, expect

from tests.support.server import Collector

from .conftest import RUNNING
from .console import fact, shoot, sign_in

PAYLOADS = [
    "<script>window.__x=1</script>",
    "<img src=x onerror=window.__x=1>",
    "<svg/onload=window.__x=1>",
    "\"><img src=x onerror='window.__x=1'>",
    "' autofocus onfocus=window.__x=1 x='",
    "javascript:window.__x=1",
    "</pre></details></script><script>window.__x=1</script>",
    "{{ 7*7 }}{% raw %}<b onmouseover=window.__x=1>b</b>",
    '<a href="javascript:window.__x=1" hx-get="/x" hx-on::load="window.__x=1" hx-trigger=load>a</a>',
    "<iframe srcdoc='<script>parent.__x=1</script>'></iframe>\u2028<math><mtext><style></math><img src onerror=window.__x=1>",
]
PAGES = ["/activity", "/activity?tab=anonymous", "/activity?tab=log", "/people", "/accounts", "/ingest", "/jobs", "/install"]
MARKED = "passerby-xss"


class Installation:
    """A collector that strangers have sent the corpus to, and its console's password."""

    def __init__(self, collector: Collector, password: str) -> None:
        self.collector = collector
        self.password = password

    def url(self, path: str) -> str:
        return f"{self.collector.url}/console{path}"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Collector(tmp_path_factory.mktemp("attacked") / "attacked") as collector:
        RUNNING.append(collector)
        password = collector.cli("password").stdout.split()[-1]
        for index, payload in enumerate(PAYLOADS):
            collector.send(*events(index, payload))
        yield Installation(collector, password)
        RUNNING.remove(collector)


def events(index: int, payload: str) -> list[dict[str, Any]]:
    """Payload wherever a stranger can put text: as a person, as a visitor, and in what is set aside."""
    anonymous_id = f"{MARKED}-{index}"
    place = {"url": payload, "path": payload, "title": payload, "referrer": payload, "search": payload}
    context = {
        "page": place, "userAgent": payload, "locale": payload, "campaign": {"name": payload, payload: payload},
        "library": {"name": payload, "version": payload},
    }  # fmt: skip
    linked = {**context, "page": {**place, "url": f"http://www.example.com/{payload}"}}
    properties = {payload: payload, "nested": {"deep": [payload]}, "url": payload, "path": payload, "title": payload}
    rest = {"anonymousId": anonymous_id, "context": context, "properties": properties}
    person = {"userId": f"{payload}{index}", "traits": {payload: payload, "email": f"{payload}@example.com", "name": payload}}
    return [
        {"type": "page", "messageId": f"{MARKED}-page-{index}", "name": payload, **rest},
        {"type": "page", "messageId": f"{MARKED}-link-{index}", **rest, "context": linked},
        {"type": "track", "messageId": f"{MARKED}-track-{index}", "event": payload, **rest},
        {"type": "track", "messageId": f"{payload}{index}", "event": "alone", **rest, "anonymousId": f"{payload}{index}"},
        {"type": "identify", "messageId": f"{MARKED}-identify-{index}", **rest, **person},
        {"type": "group", "messageId": f"{MARKED}-group-{index}", **rest, "groupId": payload, "traits": {payload: payload}},
        {"type": payload, "messageId": f"{MARKED}-type-{index}", **rest},
        {"type": "track", "messageId": f"{MARKED}-noname-{index}", **{**rest, "properties": payload}},
    ]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(15_000)
    yield made
    made.close()


def without_policy(route: Route) -> None:
    """Leave only the escaping between a payload and the page."""
    answer = route.fetch(max_redirects=0)
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-security-policy"}
    route.fulfill(response=answer, headers=headers)


@pytest.mark.parametrize("policy", ["with its policy", "policy stripped"])
def test_xss_in_stored_data_does_not_run(attacked: Installation, context: BrowserContext, policy: str) -> None:
    tab = context.new_page()
    sign_in(tab, attacked.collector.url, attacked.password)
    alarms = listen_for_alarms(context)
    if policy == "policy stripped":
        context.route(lambda url: "/static/" not in url, without_policy)
    paths = [*PAGES, *[f"/people?q={quote(payload, safe='')}" for payload in PAYLOADS]]
    seen: set[str] = set()
    texts = ""
    while paths:
        path = paths.pop(0)
        seen.add(path)
        texts += look_for_harm(tab, attacked.url(path), alarms)
        paths += [link for link in links(tab, attacked.url("")) if link not in seen and link not in paths]
    assert sum(path.startswith("/people/") for path in seen) >= len(PAYLOADS), "not every person's page was looked at"
    assert sum(path.startswith("/visitors") for path in seen) >= len(PAYLOADS), "not every visitor's page was looked at"
    assert sum(path.startswith("/accounts?id=") for path in seen) >= len(PAYLOADS), "not every account was looked at"
    assert sum(path.startswith("/detach?") for path in seen) >= len(PAYLOADS), "not every preview was looked at"
    for payload in PAYLOADS:
        assert payload.splitlines()[0] in texts, f"never shown, so never tried: {payload}"


def listen_for_alarms(context: BrowserContext) -> list[str]:
    """Dialogs, uncaught errors, and what the policy had to stop, as they come."""
    alarms: list[str] = []

    def ring(dialog: Dialog) -> None:
        alarms.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            alarms.append(message.text)

    context.on("dialog", ring)
    context.on("weberror", lambda error: alarms.append(str(error.error)))
    context.on("console", hear)
    return alarms


def look_for_harm(tab: Page, url: str, alarms: list[str]) -> str:
    """Open a page and everything on it that opens; return its text."""
    tab.goto(url)
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    tab.evaluate("for (const one of document.querySelectorAll('*')) one.dispatchEvent(new MouseEvent('mouseover'))")
    assert tab.evaluate("window.__x") is None, f"a payload ran on {url}"
    assert alarms == [], f"on {url}"
    bad = "a[href^='javascript:' i], img[src='x'], iframe, svg[onload], [onerror], [onfocus], [onmouseover], [hx-on\\\\:\\\\:load]"
    assert tab.evaluate(f'document.querySelectorAll("{bad}").length') == 0, f"a payload became markup on {url}"
    text: str = tab.evaluate("document.body.textContent")
    return text


FOLLOWED = ("/people/", "/visitors", "/accounts?id=", "/detach?", "/attach?", "/merge?", "/delete?")


def links(tab: Page, base: str) -> list[str]:
    """The pages of people, visitors and accounts, the previews, and the older ones, that this page leads to."""
    hrefs: list[str] = tab.evaluate("[...document.querySelectorAll('main a[href]:not([download])')].map((a) => a.href)")
    wanted = [href.removeprefix(base) for href in hrefs if href.startswith(base)]
    return list(dict.fromkeys(one for one in wanted if one.startswith(FOLLOWED) or "cursor=" in one))


def test_xss_in_addresses_does_not_run(attacked: Installation, context: BrowserContext) -> None:
    """Links that a stranger sends to a console user, signed in or not."""
    context.route("**", without_policy)
    tab = context.new_page()
    alarms = listen_for_alarms(context)
    paths = [
        "/activity?tab=%s",
        "/activity?cursor=%s",
        "/people?cursor=%s",
        "/people/%s",
        "/visitors/%s",
        "/%s",
        "/login?next=%s",
    ]
    for is_inside in (False, True):
        if is_inside:
            sign_in(tab, attacked.collector.url, attacked.password)
        for path in paths:
            for payload in (PAYLOADS[0], PAYLOADS[3]):
                look_for_harm(tab, attacked.url(path % quote(payload, safe="")), alarms)


def test_login_is_asked_for_on_every_page(attacked: Installation, context: BrowserContext) -> None:
    tab = context.new_page()
    for path in [*PAGES, "/people/1", f"/visitors/{MARKED}-0", "/people?q=x"]:
        tab.goto(attacked.url(path))
        expect(tab.get_by_role("button", name="Sign in")).to_be_visible()
        assert MARKED not in tab.content().replace(f"/visitors/{MARKED}-0", "").replace(f"%2Fvisitors%2F{MARKED}-0", "")
    shoot(tab, "console-login")


def test_signing_in_and_out(attacked: Installation, context: BrowserContext) -> None:
    tab = context.new_page()
    tab.goto(attacked.url("/ingest"))
    tab.get_by_label("Name").fill("admin")
    tab.get_by_label("Password").fill("not it")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("alert")).to_contain_text("Wrong name or password")
    assert [cookie["name"] for cookie in context.cookies() if "session" in cookie["name"]] == []
    tab.get_by_label("Password").fill(attacked.password)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/console/ingest")
    (session,) = [cookie for cookie in context.cookies() if "session" in cookie["name"]]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Strict")

    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/console/login")
    context.add_cookies([{"name": session["name"], "value": session["value"], "url": attacked.collector.url}])
    tab.goto(attacked.url("/activity"))
    expect(tab.get_by_role("button", name="Sign in")).to_be_visible()


def test_console_works_without_javascript(attacked: Installation, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    sign_in(tab, attacked.collector.url, attacked.password)
    expect(tab.locator("li.line").first).to_be_visible()
    newest = tab.locator("li.line").first.inner_text()
    tab.get_by_role("link", name="Older").click()
    expect(tab.locator("li.line").first).not_to_have_text(newest)
    tab.get_by_role("link", name="Back to the newest").click()
    tab.get_by_label("Whose activity").get_by_role("link", name="Anonymous").click()
    expect(tab.locator(".tabs [aria-current=page]")).to_contain_text("Anonymous")
    line = tab.locator("li.line:not(.log)").first
    line.locator("summary .when").click()
    expect(line.locator("pre.raw")).to_be_visible()

    tab.get_by_role("searchbox").fill(f"{MARKED}-3")
    tab.get_by_role("searchbox").press("Enter")
    tab.locator("main li.line a").first.click()
    expect(tab.locator("#identities li")).to_have_count(1)
    tab.locator("#identities a.id").click()
    expect(fact(tab, "Mapped ID")).to_contain_text("merged")
    tab.get_by_label("Pages").get_by_role("link", name="Ingest").click()
    expect(tab.locator("dl.equation")).to_contain_text("received")
    shoot(tab, "console-ingest")
    tab.get_by_label("Pages").get_by_role("link", name="Install").click()
    expect(tab.locator("#snippet")).to_contain_text("<script>")
    shoot(tab, "console-install")
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/console/login")
    context.close()
