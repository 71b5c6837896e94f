"""Journey through nginx and Caddy with the text of examples/, over https, on the ports that
a browser does not show. What needs no browser is in tests/live/test_proxies.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.support.proxies import PROXIES, Nginx, Proxy

from .beacons import PATIENCE
from .browser import Device, Devices, launched
from .conftest import BANNER
from .servers import Host

MESSAGE = '[data-passerby-message="hello"]'
DAY = 24 * 3600
both = pytest.mark.parametrize("kind", PROXIES, ids=lambda kind: kind.program)


@contextmanager
def running(folder: Path, base_url: str) -> Iterator[Host]:
    """A collector with one site for all pages, and the wire that serves the pages."""
    host = Host(folder)
    host.add_site("plain", "--base-url", base_url)
    host.put_message("plain", BANNER)
    host.sites["message"] = host.sites["plain"]
    with host:
        yield host


@contextmanager
def visited(playwright: Playwright, host: Host, *proxies: Proxy) -> Iterator[Device]:
    """Visitor whose browser finds the proxies where it looks for ports 80 and 443. Its pages may complain of 502 only."""
    rules = ", ".join(proxy.resolver_rules for proxy in proxies)
    with launched(playwright, f"--host-resolver-rules={rules}") as browser:
        devices = Devices(browser, host.wire)
        device = devices.new(ignore_https_errors=True)
        device.forgive("502")
        yield device
        devices.close()
    assert device.beacons.requests == [], "the site got what was meant for the collector"


def do(tab: Page, calls: str) -> None:
    """Run what a page's own code might, and wait until nothing of it waits to be sent."""
    wait_until(tab, "!!window.passerby && !!window.passerby.v")
    tab.evaluate(f"() => {{ {calls} }}")
    wait_until(tab, "passerby.debug().waiting === 0")


def wait_until(tab: Page, what: str) -> None:
    """Poll from outside: a strict page allows no code that asks again and again."""
    deadline = time.monotonic() + PATIENCE
    while not tab.evaluate(f"() => {what}"):
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        tab.wait_for_timeout(50)


def told(events: list[dict[str, Any]]) -> list[str]:
    """Events as `path name`."""
    return [f"{event['context']['page']['path']} {event['name'] or event['type']}" for event in events]


def as_it_happened(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events by the browser's own clock: what a page that is left sends may overtake what is still on its way, and the
    corrected time of an event has its request's way to the collector in it."""
    return sorted(events, key=lambda event: str(event["original_timestamp"]))


def check_cookies(device: Device, anonymous_id: str) -> None:
    """Cookies of both hosts, https only, the collector's for 400 days."""
    for cookie in (device.cookies["passerby"], device.cookies["passerby_id"]):
        assert cookie["value"].partition(".")[0] == anonymous_id
        assert (cookie["domain"], cookie["path"], cookie["sameSite"]) == (".shop.localhost", "/", "Lax")
        assert cookie["secure"]
    assert 399.5 * DAY < device.cookies["passerby_id"]["expires"] - time.time() < 400.5 * DAY


@both
def test_journey_through_a_proxy(tmp_path: Path, playwright: Playwright, kind: type[Proxy]) -> None:
    """Anonymous on one subdomain, a message on a strict page, an outage, a sign-in on the other subdomain."""
    with running(tmp_path / "host", "https://www.shop.localhost") as host:
        proxy = kind(tmp_path / "proxy", host.sites["plain"]["prefix"], host.collector.port, host.wire.port)
        with proxy, visited(playwright, host, proxy) as device:
            ada = browse_as_nobody(device)
            see_the_message(device)
            outlast_an_outage(host, device)
            sign_in(device, ada)
        check_what_is_stored(host, ada)


def browse_as_nobody(device: Device) -> str:
    """Open by http first: the proxy sends the browser on."""
    tab = device.open("http://www.shop.localhost/load?utm_source=news")
    assert tab.url == "https://www.shop.localhost/load?utm_source=news"
    do(tab, "passerby.track('viewed', { n: 1 })")
    anonymous_id: str = tab.evaluate("passerby.id()")
    check_cookies(device, anonymous_id)
    return anonymous_id


def see_the_message(device: Device) -> None:
    """CSP `default-src 'none'; script-src 'self'; connect-src 'self'` is enough: the script is on-site."""
    tab = device.context.pages[0]
    tab.goto("https://www.shop.localhost/message-csp")
    tab.locator(f"{MESSAGE} .title").wait_for()
    tab.get_by_role("button", name="Close").click()
    expect(tab.locator(MESSAGE)).to_have_count(0)
    do(tab, "")


def outlast_an_outage(host: Host, device: Device) -> None:
    """Proxy answers 502 while the collector is away; afterwards everything arrives, once."""
    tab = device.context.pages[0]
    tab.goto("https://www.shop.localhost/load")
    do(tab, "")
    host.collector.stop()
    with tab.expect_response(lambda answer: answer.status == 502):
        tab.evaluate("() => passerby.track('offline', { n: 1 })")
    tab.evaluate("() => passerby.track('offline', { n: 2 })")
    host.collector.start()
    tab.evaluate("() => dispatchEvent(new Event('online'))")  # it would try again by itself, after pauses that grow
    do(tab, "")


def sign_in(device: Device, ada: str) -> None:
    """Sign in on the other subdomain, as the same visitor."""
    tab = device.context.pages[0]
    tab.goto("https://app.shop.localhost/other")
    do(tab, "passerby.identify('user-ada', { email: 'ada@shop.localhost' })")
    assert tab.evaluate("passerby.id()") == ada
    check_cookies(device, ada)
    tab.goto("https://www.shop.localhost/message")
    do(tab, "")
    assert tab.locator(MESSAGE).count() == 0


def check_what_is_stored(host: Host, ada: str) -> None:
    person = host.read().person("user-ada")
    timeline = as_it_happened(host.read().timeline("user-ada"))
    assert person["anonymous_ids"] == [ada]
    assert person["emails"] == ["ada@shop.localhost"]
    anonymous = [event for event in timeline if event["was_anonymous"]]
    assert told(anonymous) == [
        "/load page", "/load viewed", "/message-csp page", "/message-csp message_shown", "/message-csp message_dismissed",
        "/load page", "/load offline", "/load offline", "/other page",
    ]  # fmt: skip
    assert told(timeline[len(anonymous) :]) == ["/other identify", "/message page"]
    (merge,) = host.read().merges(ada)
    assert merge["events"] == len(anonymous)
    counts = host.read().get("/counts")
    ends = {name: counts[name] for name in ("received", "stored", "duplicate", "quarantined", "refused")}
    assert ends == {"received": 11, "stored": 11, "duplicate": 0, "quarantined": 0, "refused": 0}


@both
def test_a_subdomain_of_the_collectors_own(tmp_path: Path, playwright: Playwright, kind: type[Proxy]) -> None:
    """Other origin, same site: the script comes, CORS lets it send, and the cookie is the whole site's."""
    with running(tmp_path / "host", "https://collect.shop.localhost") as host:
        prefix, port = host.sites["plain"]["prefix"], host.collector.port
        collector = kind(tmp_path / "collector", prefix, port, subdomain=True)
        site = Nginx(tmp_path / "site", "elsewhere", port, host.wire.port)
        with collector, site, visited(playwright, host, collector, site) as device:
            tab = device.open("https://www.shop.localhost/load")
            do(tab, "passerby.track('viewed')")
            anonymous_id = tab.evaluate("passerby.id()")
            check_cookies(device, anonymous_id)
            tab.goto("https://app.shop.localhost/load")
            do(tab, "")
            assert tab.evaluate("passerby.id()") == anonymous_id
            events = as_it_happened(host.read().visitor(anonymous_id)["events"][::-1])
            assert told(events) == ["/load page", "/load viewed", "/load page"]
            assert [event["context"]["page"]["url"] for event in events][::2] == [
                "https://www.shop.localhost/load", "https://app.shop.localhost/load",
            ]  # fmt: skip
