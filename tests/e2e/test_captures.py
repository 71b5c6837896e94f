"""Captures in a real browser: each on a site that has switched on it alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from .beacons import ABSENT, Event, identify, page, track
from .browser import Device, launched
from .captures import LOADED, CapturesHost, Visitors
from .servers import Host

SITES: dict[str, list[str]] = {
    "plain": [],
    "links": ["outbound-links"],
    "files": ["file-downloads"],
    "forms": ["form-submits"],
    "marks": ["data-attributes"],
    "depth": ["scroll-depth"],
    "time": ["engaged-time"],
    "vitals": ["web-vitals"],
    "all": [
        "outbound-links", "file-downloads", "form-submits", "data-attributes", "scroll-depth", "engaged-time", "web-vitals",
    ],
}  # fmt: skip
"""Name of a site, and of the subdomain that its pages are on -> its captures."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CapturesHost]:
    host = CapturesHost(tmp_path_factory.mktemp("captures") / "host")
    for name, captures in SITES.items():
        host.add(name, *captures)
    host.add("asking", *SITES["all"], more=("--consent-required",))
    with host:
        yield host


@pytest.fixture(scope="module")
def named(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright, Visitors.ARGUMENT) as started:
        yield started


@pytest.fixture
def visitors(named: Browser, own: CapturesHost) -> Iterator[Visitors]:
    made = Visitors(named, own.wire)
    yield made
    made.close()


def arrive(own: Host, visitors: Visitors, site: str, name: str = "captures") -> tuple[Device, Page]:
    """Visitor on a page of a site, whose page view has arrived."""
    device = visitors.new()
    tab = device.open(own.url(name, site))
    device.beacons.expect(page(f"/{name}"), exactly=True)
    return device, tab


def elsewhere(own: Host, path: str = "elsewhere") -> str:
    return f"http://www.elsewhere.localhost:{own.wire.port}/{path}"


def outbound(own: Host, text: str) -> Event:
    host = f"www.elsewhere.localhost:{own.wire.port}"
    return track("outbound_link_clicked", properties={"url": elsewhere(own), "text": text, "host": host})


# Links


def test_a_link_to_somebody_else(own: CapturesHost, visitors: Visitors) -> None:
    """Click on a link's child, told before the page is left; nothing of query, fragment and name goes along."""
    device, tab = arrive(own, visitors, "links")
    tab.click("#inside")
    tab.wait_for_url("**/elsewhere?email=ann%40example.com#part")
    (event,) = device.beacons.expect(outbound(own, "Our friends"), exactly=True)
    assert event["context"]["page"]["path"] == "/captures"
    assert "ann" not in str(event)


@pytest.mark.parametrize("button", ["left", "middle"])
def test_a_link_that_opens_a_tab(own: CapturesHost, visitors: Visitors, button: Any) -> None:
    device, tab = arrive(own, visitors, "links")
    with device.context.expect_page() as opened:
        tab.click("#blank", button=button)
    assert opened.value.url in ("about:blank", elsewhere(own))
    device.beacons.expect(outbound(own, "in a new tab"), exactly=True)


def test_links_by_keyboard_in_shadow_roots_and_drawings(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "links")
    with device.context.expect_page():
        tab.focus("#blank")
        tab.keyboard.press("Enter")
    device.beacons.expect(outbound(own, "in a new tab"), exactly=True)
    with device.context.expect_page():
        tab.click("x-card a")
    device.beacons.expect(outbound(own, "in a new tab"), exactly=True)
    tab.click("#stopped")
    tab.wait_for_url("**/elsewhere")
    device.beacons.expect(outbound(own, "its click goes no further"), exactly=True)
    tab.go_back()
    device.beacons.expect(page("/captures"), exactly=True)
    tab.click("#drawn-inside")
    tab.wait_for_url("**/elsewhere")
    device.beacons.expect(outbound(own, ""), exactly=True)


def test_links_that_do_not_leave_the_site(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "links")
    # Chromium asks the system for a program, which would come in the way of what follows.
    tab.evaluate(
        "() => ['mail', 'phone'].forEach((id) => document.getElementById(id).addEventListener('click', (e) => e.preventDefault()))"
    )
    for link in ("#mail", "#phone", "#nothing", "#part", "#mark"):
        tab.click(link)
    for file in ("#file", "#made"):
        with tab.expect_download():
            tab.click(file)
    tab.click("#foreign", button="right")
    tab.keyboard.press("Escape")
    tab.click("#own")
    tab.wait_for_url("**/elsewhere")
    device.beacons.refute()


# Files


def test_downloads(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "files")
    url = own.url("files/price%20list.PDF", "files")
    wanted = [
        ("#file", {"url": url, "file": "price list.PDF", "extension": "pdf"}),
        ("#foreign-file", {"url": elsewhere(own, "files/all.zip"), "file": "all.zip", "extension": "zip"}),
        ("#made", {"url": ABSENT, "file": "basket.csv", "extension": "csv"}),
    ]
    for link, properties in wanted:
        with tab.expect_download():
            tab.click(link)
        (event,) = device.beacons.expect(track("file_downloaded", properties=properties), exactly=True)
        assert "key" not in str(event["properties"])


def test_one_click_is_one_event(own: CapturesHost, visitors: Visitors) -> None:
    """A file elsewhere is a download where downloads are told, and a link where only links are."""
    device, tab = arrive(own, visitors, "links")
    with tab.expect_download():
        tab.click("#foreign-file")
    url = elsewhere(own, "files/all.zip")
    device.beacons.expect(track("outbound_link_clicked", properties={"url": url}), exactly=True)
    device, tab = arrive(own, visitors, "all")
    with tab.expect_download():
        tab.click("#foreign-file")
    device.beacons.expect(track("file_downloaded", properties={"url": url}), exactly=True)


# Marks


def test_marked_elements(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "marks")
    tab.click("#mark-inside")
    added = track("added", properties={"product": "vase", "list_price": "42.5"})
    device.beacons.expect(added, exactly=True)
    tab.focus("#mark")
    tab.keyboard.press("Space")
    device.beacons.expect(added, exactly=True)
    tab.click("#nearest")
    device.beacons.expect(track("inner", properties={}), exactly=True)
    for part in ("#label", "#choice"):
        tab.click(part)
        device.beacons.expect(track("chosen", properties={}), exactly=True)
    tab.click("#unnamed")
    tab.click("#mark", button="middle")
    tab.click("[name=query]")
    device.beacons.refute()
    tab.keyboard.press("Enter")
    device.beacons.expect(track("searched", properties={"where": "top"}), exactly=True)
    tab.click("#marked-link")
    tab.wait_for_url("**/elsewhere")
    device.beacons.expect(track("left"), exactly=True)


# Forms


def test_a_form_that_leaves_the_page(own: CapturesHost, visitors: Visitors) -> None:
    """Form name is told, values are not; nobody is identified whom the page has not asked."""
    device, tab = arrive(own, visitors, "forms")
    tab.fill("#signup [name=email]", "bob@example.com")
    tab.fill("#signup [name=secret]", "s3cret")
    tab.click("#signup button >> nth=0")
    tab.wait_for_url("**/elsewhere?*")
    properties = {"form_id": "signup", "form_name": "newsletter", "form_action": own.url("elsewhere", "forms")}
    (event,) = device.beacons.expect(track("form_submitted", properties=properties), exactly=True)
    assert event["properties"] == properties
    assert not any(value in str(event) for value in ("bob@", "s3cret", "spring"))


def test_a_form_that_the_browser_refuses_is_not_submitted(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "forms")
    tab.fill("#signup [name=email]", "no address")
    tab.click("#signup button >> nth=0")
    device.beacons.refute()
    tab.fill("#signup [name=email]", "")
    tab.click("#other-action")
    tab.wait_for_url("**/elsewhere?*")
    properties = {"form_action": own.url("elsewhere", "forms")}
    device.beacons.expect(track("form_submitted", properties=properties), exactly=True)


def test_a_marked_form_identifies(own: CapturesHost, visitors: Visitors) -> None:
    """Claim by the visitor's own word, like an identify with traits."""
    device, tab = arrive(own, visitors, "forms")
    tab.fill("#asked [name=mail]", "not an address")
    tab.click("#asked button")
    device.beacons.expect(track("form_submitted", properties={"form_id": "asked"}), exactly=True)
    tab.fill("#asked [name=mail]", "ann@example.com ")
    tab.click("#asked button")
    who = {"type": "identify", "userId": ABSENT, "traits": {"email": "ann@example.com"}}
    device.beacons.expect(track("form_submitted"), who, exactly=True)
    people = own.read("forms").get("/people", email="ann@example.com")["people"]
    assert [person["anonymous_ids"] for person in people] == [[device.anonymous_id]]


def test_a_marked_field_identifies_and_a_hidden_one_does_not(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "forms")
    tab.click("#wrong button")
    device.beacons.expect(track("form_submitted"), exactly=True)
    tab.fill("#field [name=login]", "login@example.com")
    tab.fill("#field [name=contact]", "cid@example.com")
    tab.keyboard.press("Enter")
    device.beacons.expect(track("form_submitted"), {"type": "identify", "traits": {"email": "cid@example.com"}}, exactly=True)


def test_a_form_says_nothing_about_somebody_logged_in(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "forms")
    tab.evaluate("passerby.identify('user-form', { email: 'own@example.com' })")
    device.beacons.expect(identify("user-form"), exactly=True)
    tab.fill("#field [name=contact]", "friend@example.com")
    tab.keyboard.press("Enter")
    device.beacons.expect(track("form_submitted", userId="user-form"), exactly=True)


def test_form_identifies_nobody_under_global_privacy_control(own: CapturesHost, visitors: Visitors) -> None:
    device = visitors.new()
    device.context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })")
    tab = device.open(own.url("captures", "forms"))
    tab.fill("#field [name=contact]", "private@example.com")
    tab.keyboard.press("Enter")
    device.beacons.expect(page("/captures"), track("form_submitted"), exactly=True)


# Time and scrolling


def engaged(path: str, title: str, **properties: Any) -> Event:
    return track("page_engaged", properties=properties, context={"page": {"path": path, "title": title}})


def test_how_far_each_page_was_scrolled(own: CapturesHost, visitors: Visitors) -> None:
    """Scroll events of a route carry its own page, though made when the next one is there."""
    device, tab = arrive(own, visitors, "depth", "captures-long")
    height = tab.evaluate("document.documentElement.scrollHeight")
    seen = tab.evaluate("innerHeight")
    tab.mouse.wheel(0, 1000)
    tab.wait_for_function("scrollY === 1000")
    tab.mouse.wheel(0, -1000)
    tab.wait_for_function("scrollY === 0")
    percent = round(100 * (1000 + seen) / height)
    tab.click("#second")
    first = engaged("/captures-long", "First", scroll_percent=percent, engaged_ms=ABSENT)
    (_, event) = device.beacons.expect(page("/second"), first, exactly=True)
    assert event["context"]["page"]["url"] == own.url("captures-long", "depth")
    tab.click("#third")
    device.beacons.expect(page("/third"), engaged("/second", "Second", scroll_percent=100), exactly=True)
    tab.click("#away")
    tab.wait_for_url("**/elsewhere")
    device.beacons.expect(engaged("/third", "Third", scroll_percent=100), exactly=True)


def test_how_long_each_page_was_looked_at(own: CapturesHost, visitors: Visitors) -> None:
    """Time by the page's own clock: together no more than has passed, and no less: somebody was always there."""
    device, tab = arrive(own, visitors, "time", "captures-long")
    first, second, third = (engaged("/captures-long", "First"), engaged("/second", "Second"), engaged("/third", "Third"))
    begun = now(tab)
    tab.click("#second")
    (_, event) = device.beacons.expect(page("/second"), first, exactly=True)
    assert 0 < event["properties"]["engaged_ms"] <= now(tab)
    assert "scroll_percent" not in event["properties"]
    since = now(tab)
    tab.click("#third")
    told = device.beacons.expect(page("/third"), second, exactly=True)[1:]
    until = now(tab)
    hide(tab)
    told += device.beacons.expect(third, exactly=True)
    shown = sum(event["properties"]["engaged_ms"] for event in told)
    assert until - since - len(told) <= shown <= now(tab) - begun + len(told), "but for rounding"
    hide(tab)
    device.beacons.refute()


def now(tab: Page) -> float:
    found: float = tab.evaluate("performance.now()")
    return found


def hide(tab: Page) -> None:
    """Hide as another tab in front does: headless tabs all stay in front of each other."""
    tab.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { get: () => true, configurable: true })
            Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true })
            document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))
        }"""
    )


def show(tab: Page) -> None:
    tab.evaluate(
        """() => {
            delete document.hidden
            delete document.visibilityState
            document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))
        }"""
    )


def test_time_while_the_page_is_hidden_does_not_count(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "time", "captures-long")
    hide(tab)
    device.beacons.expect(track("page_engaged"), exactly=True)
    before = now(tab)
    show(tab)
    tab.evaluate("() => new Promise((done) => setTimeout(done, 20))")
    hide(tab)
    (event,) = device.beacons.expect(track("page_engaged"), exactly=True)
    assert event["properties"]["engaged_ms"] <= now(tab) - before + 1


def test_closing_the_tab_tells_the_time(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "time", "captures-long")
    tab.close()
    device.beacons.expect(engaged("/captures-long", "First"), exactly=True)


# Vitals


VITALS = {"lcp", "cls", "fcp", "ttfb", "rating"}


def test_vitals_once_for_a_page_view(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "vitals", "captures-long")
    painted(tab)
    device.beacons.refute()
    hide(tab)
    measured = track("web_vitals_measured", context={"page": {"path": "/captures-long"}})
    (event,) = device.beacons.expect(measured, exactly=True)
    properties = event["properties"]
    assert VITALS <= set(properties) <= VITALS | {"inp"}
    assert 0 <= properties["ttfb"] <= properties["fcp"] <= properties["lcp"]
    assert 0 <= properties["cls"] < 1
    assert properties["rating"] in ("good", "needs-improvement", "poor")
    show(tab)
    hide(tab)
    device.beacons.refute()


def test_vitals_are_about_the_page_that_was_loaded(own: CapturesHost, visitors: Visitors) -> None:
    device, tab = arrive(own, visitors, "vitals", "captures-long")
    painted(tab)
    tab.click("#second")
    measured = track("web_vitals_measured", context={"page": {"path": "/captures-long", "title": "First"}})
    device.beacons.expect(page("/second"), measured, exactly=True)
    tab.click("#third")
    tab.goto("about:blank")
    device.beacons.expect(page("/third"), exactly=True)


def test_vitals_after_a_return_from_the_back_forward_cache(own: CapturesHost, playwright: Playwright) -> None:
    with launched(playwright, Visitors.ARGUMENT, without=["--disable-back-forward-cache"]) as browser:
        visitors = Visitors(browser, own.wire)
        device, tab = arrive(own, visitors, "vitals", "captures-long")
        painted(tab)
        tab.goto(own.url("elsewhere", "vitals"))
        (first,) = device.beacons.expect(track("web_vitals_measured"), exactly=True)
        tab.evaluate("history.back()")
        device.beacons.expect(page("/captures-long"), exactly=True)
        assert tab.evaluate("document.documentElement.dataset.restored") == "true", "Chromium loaded the page anew"
        painted(tab)
        tab.goto(own.url("elsewhere", "vitals"))
        (again,) = device.beacons.expect(track("web_vitals_measured"), exactly=True)
        assert again["messageId"] != first["messageId"]
        assert again["properties"]["ttfb"] == 0
        visitors.close()


def test_vitals_of_a_page_that_is_hidden_before_they_are_measured(own: CapturesHost, visitors: Visitors) -> None:
    """Vitals are measured after the first page view, and the visitor may have gone on to another tab by then.

    Chromium keeps when that was, so `hide` alone would say that the page was never seen.
    """
    with own.wire.holding(own.later("vitals")) as come:
        device, tab = arrive(own, visitors, "vitals", "captures-long")
        painted(tab)
        hide(tab)
        tab.evaluate(
            """() => {
                const entries = performance.getEntriesByType.bind(performance), hidden = { name: "hidden", startTime: performance.now() }
                performance.getEntriesByType = (type) => (type === "visibility-state" ? [hidden] : entries(type))
            }"""
        )
        come()
        (event,) = device.beacons.expect(track("web_vitals_measured"), exactly=True)
    assert set(event["properties"]) >= {"fcp", "ttfb", "rating"}
    show(tab)
    hide(tab)
    device.beacons.refute()


def painted(tab: Page) -> None:
    """Wait until the browser has something to say about painting, and our script has heard it."""
    tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))")


# All of it


def test_captures_switched_off_are_not_sent(own: CapturesHost, visitors: Visitors) -> None:
    """Visit on sites that have switched on one capture each, or none."""
    said = {"links": "outbound_link_clicked", "files": "file_downloaded", "forms": "form_submitted", "marks": "added"}
    later = {"depth": "page_engaged", "time": "page_engaged", "vitals": "web_vitals_measured"}
    for site in ("plain", *said, *later):
        device, tab = arrive(own, visitors, site)
        with tab.expect_download():
            tab.click("#file")
        tab.click("#mark")
        tab.click("#wrong button")
        painted(tab)
        tab.click("#foreign")
        tab.wait_for_url("**/elsewhere?*")
        expected = [track(name) for name in [said.get(site) or later.get(site)] if name]
        device.beacons.expect(*expected, exactly=True)


def test_captures_wait_for_consent(own: CapturesHost, visitors: Visitors) -> None:
    device = visitors.new()
    before = len(device.beacons.requests)
    tab = device.open(own.url("captures", "asking"))
    tab.wait_for_function(LOADED)
    tab.evaluate("passerby.on('refused', ({ code }) => { document.title = code })")
    tab.click("#mark")
    tab.click("#wrong button")
    hide(tab)
    show(tab)
    device.beacons.refute()
    assert len(device.beacons.requests) == before
    assert device.context.cookies() == []
    assert tab.title() == "What can be captured", "nobody has called anything that could be refused"
    tab.evaluate("passerby.consent('granted')")
    tab.click("#mark")
    device.beacons.expect(page("/captures"), track("added"), exactly=True)


def test_captures_on_a_strict_page(own: CapturesHost, visitors: Visitors) -> None:
    device = visitors.new()
    device.context.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => (window.violated = e.violatedDirective))"
    )
    tab = device.open(own.url("captures-csp", "all"))
    device.beacons.expect(page("/captures-csp"), exactly=True)
    painted(tab)
    tab.click("button")
    with tab.expect_download():
        tab.click("#file")
    hide(tab)
    told = [track("pressed"), track("file_downloaded"), track("page_engaged"), track("web_vitals_measured")]
    device.beacons.expect(*told, exactly=True)
    assert tab.evaluate("window.violated") is None


def test_captures_on_a_page_that_breaks_natives(own: CapturesHost, visitors: Visitors) -> None:
    """Captures go on, and nothing of ours is thrown into the page (`close` of the visitors looks)."""
    device = visitors.new()
    tab = device.open(own.url("hostile", "all"))
    device.beacons.expect(page("/hostile"), track("survived"), exactly=True)
    tab.evaluate(
        """(to) => {
            const link = document.createElement("a")
            link.append("away")
            link.href = to
            document.body.append(link)
        }""",
        elsewhere(own),
    )
    painted(tab)
    tab.click("a")
    tab.wait_for_url("**/elsewhere")
    told = [outbound(own, "away"), track("page_engaged"), track("web_vitals_measured")]
    device.beacons.expect(*told, exactly=True)
