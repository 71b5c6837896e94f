"""Handoff: a link from one domain of a site to another one, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright

from .beacons import PATIENCE, Event, identify, page
from .browser import Device, launched
from .captures import LOADED, CapturesHost, Visitors
from .wire import Request

PARAMETER = "passerby_handoff"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CapturesHost]:
    """Sites on two domains, whose collector is reached on the first one only."""
    host = CapturesHost(tmp_path_factory.mktemp("domains") / "host")
    both = ("--domain", "magazine.localhost")
    host.add("plain", more=(*both, "--cross-domain"))
    host.add("off", more=both)
    host.add("consent", more=(*both, "--cross-domain", "--consent-required"))
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


def arrive(own: CapturesHost, visitors: Visitors, site: str = "plain") -> tuple[Device, Page, Event]:
    device = visitors.new()
    tab = device.open(own.url("handoff", site))
    (view,) = device.beacons.expect(page("/handoff"), exactly=True)
    return device, tab, view


def asked(own: CapturesHost) -> list[Request]:
    """Requests for a token."""
    return [one for one in own.wire.requests if one.path.endswith("/v1/handoff")]


def opened(own: CapturesHost) -> list[Request]:
    """Requests for pages of the other domain."""
    return [one for one in own.wire.requests if one.host == "www.magazine.localhost" and one.path.startswith("/load")]


def tokens(requests: list[Request]) -> list[str]:
    return [token for one in requests for token in parse_qs(urlsplit(one.path).query).get(PARAMETER, [])]


def ready(own: CapturesHost, tab: Page, link: str, before: int) -> None:
    """Hover over a link, as a pointer does before it clicks, and wait until a token is there."""
    tab.hover(link)
    with own.wire.changed:
        assert own.wire.changed.wait_for(lambda: [one.status for one in asked(own)[before:]] == [200], PATIENCE)
    tab.evaluate("() => new Promise((done) => setTimeout(done, 50))")


def link_of(tab: Page, link: str) -> str:
    href: str = tab.evaluate("(link) => document.querySelector(link).href", link)
    return href


def test_one_visitor_on_two_domains(own: CapturesHost, visitors: Visitors) -> None:
    """A login on the second domain claims what was done on the first one."""
    device, tab, first = arrive(own, visitors)
    tokens_before, pages_before, plain = len(asked(own)), len(opened(own)), link_of(tab, "#cross")
    ready(own, tab, "#cross", tokens_before)
    tab.click("#inside")
    tab.wait_for_url("**/load?a=1**")
    (second,) = device.beacons.expect(page("/load"), exactly=True)
    (token,) = tokens(opened(own)[pages_before:])
    assert second["anonymousId"] != first["anonymousId"]
    assert [one.path for one in opened(own)[pages_before:]] == [f"/load?a=1&{PARAMETER}={token}"]
    tab.wait_for_function(LOADED)
    tab.evaluate("passerby.identify('user-both')")
    device.beacons.expect(identify("user-both"), exactly=True)
    read = own.read()
    assert set(read.person("user-both")["anonymous_ids"]) == {first["anonymousId"], second["anonymousId"]}
    events = read.timeline("user-both")
    assert [(event["type"], event["anonymous_id"]) for event in events[:2]] == [
        ("page", first["anonymousId"]), ("page", second["anonymousId"]),
    ]  # fmt: skip
    assert token not in json.dumps(events) and PARAMETER not in json.dumps(events)
    tab.go_back()
    tab.wait_for_function(LOADED)
    assert link_of(tab, "#cross") == plain


def test_handoff_token_works_once(own: CapturesHost, visitors: Visitors) -> None:
    device, tab, first = arrive(own, visitors)
    pages_before = len(opened(own))
    ready(own, tab, "#cross", len(asked(own)))
    tab.click("#cross")
    tab.wait_for_url("**/load?a=1**")
    device.beacons.expect(page("/load"), exactly=True)
    (token,) = tokens(opened(own)[pages_before:])
    other = visitors.new()
    copied = other.open(f"http://www.magazine.localhost:{own.wire.port}/load?{PARAMETER}={token}")
    (view,) = other.beacons.expect(page("/load"), exactly=True)
    copied.evaluate("passerby.identify('user-copied')")
    other.beacons.expect(identify("user-copied"), exactly=True)
    assert first["anonymousId"] not in own.read().person("user-copied")["anonymous_ids"]
    assert view["anonymousId"] != first["anonymousId"]


@pytest.mark.parametrize("how", ["keyboard", "new tab", "middle button"])
def test_ways_to_follow_a_link(own: CapturesHost, visitors: Visitors, how: str) -> None:
    device, tab, _ = arrive(own, visitors)
    pages_before, plain = len(opened(own)), link_of(tab, "#blank")
    before = len(asked(own))
    with device.context.expect_page() as other:
        if how == "keyboard":
            tab.focus("#blank")
            with own.wire.changed:
                assert own.wire.changed.wait_for(lambda: [one.status for one in asked(own)[before:]] == [200], PATIENCE)
            tab.evaluate("() => new Promise((done) => setTimeout(done, 50))")
            tab.keyboard.press("Enter")
        else:
            ready(own, tab, "#blank", before)
            tab.click("#blank", button="middle" if how == "middle button" else "left")
    other.value.wait_for_function(LOADED)
    device.beacons.expect(page("/load"), exactly=True)
    assert len(tokens(opened(own)[pages_before:])) == 1
    assert link_of(tab, "#blank") == plain, "the token was left in the page"


def test_handoff_token_is_new_for_each_click(own: CapturesHost, visitors: Visitors) -> None:
    device, tab, _ = arrive(own, visitors)
    pages_before = len(opened(own))
    for _ in range(2):
        ready(own, tab, "#blank", len(asked(own)))
        with device.context.expect_page() as other:
            tab.click("#blank")
        other.value.wait_for_function(LOADED)
        other.value.close()
        tab.hover("#same")
    first, second = tokens(opened(own)[pages_before:])
    assert first != second
    device.beacons.expect(page("/load"), page("/load"), exactly=True)


def test_click_does_not_wait_for_a_handoff(own: CapturesHost, visitors: Visitors) -> None:
    """Token late: the link leads where it leads, and nothing else changes."""
    device, tab, _ = arrive(own, visitors)
    pages_before = len(opened(own))
    with own.wire.holding("/v1/handoff"):
        tab.click("#cross")
        tab.wait_for_url("**/load?a=1#part")
        device.beacons.expect(page("/load"), exactly=True)
    assert [one.path for one in opened(own)[pages_before:]] == ["/load?a=1"]


def test_handoff_token_of_an_earlier_visitor_is_not_used(own: CapturesHost, visitors: Visitors) -> None:
    device, tab, _ = arrive(own, visitors)
    pages_before = len(opened(own))
    ready(own, tab, "#cross", len(asked(own)))
    tab.evaluate("passerby.reset()")
    with own.wire.holding("/v1/handoff"):
        tab.click("#cross")
        tab.wait_for_url("**/load?a=1#part")
    assert tokens(opened(own)[pages_before:]) == []
    device.beacons.expect(page("/load"), exactly=True)


def test_handoff_of_a_logged_in_user_is_not_made(own: CapturesHost, visitors: Visitors) -> None:
    device, tab, _ = arrive(own, visitors)
    tab.evaluate("passerby.identify('user-here')")
    device.beacons.expect(identify("user-here"), exactly=True)
    follows_plainly(own, device, tab)


def test_links_of_other_kinds(own: CapturesHost, visitors: Visitors) -> None:
    device, tab, _ = arrive(own, visitors)
    before = len(asked(own))
    tab.click("#same")
    tab.wait_for_url("http://app.shop.localhost:*/load")
    device.beacons.expect(page("/load"), exactly=True)
    tab.go_back()
    device.beacons.expect(page("/handoff"), exactly=True)
    tab.click("#foreign")
    tab.wait_for_url("http://www.elsewhere.localhost:*/elsewhere")
    assert len(asked(own)) == before


def test_handoff_needs_the_setting(own: CapturesHost, visitors: Visitors) -> None:
    device, tab, _ = arrive(own, visitors, "off")
    follows_plainly(own, device, tab)


def test_handoff_needs_consent(own: CapturesHost, visitors: Visitors) -> None:
    device = visitors.new()
    tab = device.open(own.url("handoff", "consent"))
    tab.wait_for_function(LOADED)
    follows_plainly(own, device, tab)


def test_handoff_respects_global_privacy_control(own: CapturesHost, visitors: Visitors) -> None:
    device = visitors.new()
    device.context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })")
    tab = device.open(own.url("handoff"))
    device.beacons.expect(page("/handoff"), exactly=True)
    follows_plainly(own, device, tab)


def follows_plainly(own: CapturesHost, device: Device, tab: Page) -> None:
    """Hover, wait, follow: no token was asked for, none is in the address."""
    tokens_before, pages_before = len(asked(own)), len(opened(own))
    tab.hover("#cross")
    device.beacons.refute()
    tab.click("#cross")
    tab.wait_for_url("**/load?a=1#part")
    device.beacons.expect(page("/load"), exactly=True)
    assert len(asked(own)) == tokens_before
    assert tokens(opened(own)[pages_before:]) == []
