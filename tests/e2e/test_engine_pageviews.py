"""Page views, in each engine: one for each real navigation, and none for the same address."""

from __future__ import annotations

import pytest

from .beacons import ABSENT, page, track
from .engines import Visitors
from .servers import Host

pytestmark = pytest.mark.each_engine


def test_a_load_counts_once(host: Host, visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("load?utm_source=news&utm_campaign=spring&gclid=x1#part")
    (view,) = visitor.beacons.expect(page("/load", userId=ABSENT), exactly=True)
    assert view["properties"]["title"] == "A page"
    assert view["properties"]["url"] == visitor.url("load?utm_source=news&utm_campaign=spring&gclid=x1")
    (stored,) = host.read().visitor(view["anonymousId"])["events"]
    assert stored["context"]["campaign"] == {"source": "news", "name": "spring", "gclid": "x1"}
    assert view["context"]["library"]["name"] == "passerby.js"
    tab.reload()
    visitor.beacons.expect(page("/load", anonymousId=view["anonymousId"]), exactly=True)


def test_routes_of_a_single_page_app(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("routes")
    visitor.beacons.expect(page("/routes"), exactly=True)
    tab.click("#push")
    pushed = {"path": "/pushed", "title": "/pushed", "referrer": visitor.url("routes")}
    visitor.beacons.expect({"type": "page", "properties": pushed}, exactly=True)
    tab.click("#replace")
    replaced = {"path": "/replaced", "title": "/replaced", "referrer": visitor.url("pushed")}
    visitor.beacons.expect({"type": "page", "properties": replaced}, exactly=True)
    tab.back()
    visitor.beacons.expect(page("/routes"), exactly=True)
    tab.forward()
    visitor.beacons.expect(page("/replaced"), exactly=True)


def test_the_title_is_that_of_the_page_at_rest(visitors: Visitors) -> None:
    """Title 0.1 s after the address, as React sets it on a slow machine; where the engine can say when a page rests."""
    visitor = visitors.new()
    tab = visitor.open("routes")
    visitor.beacons.expect(page("/routes"), exactly=True)
    tells = tab.run("return typeof requestIdleCallback")
    assert tells == ("undefined" if visitors.engine.name == "webkit" else "function")
    tab.click("#slow")
    title = "Routes" if visitors.engine.name == "webkit" else "/slow"
    visitor.beacons.expect({"type": "page", "properties": {"path": "/slow", "title": title}}, exactly=True)


def test_replace_and_push_for_one_navigation_count_once(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("routes")
    visitor.beacons.expect(page("/routes"))
    tab.click("#both")
    visitor.beacons.expect(page("/routed"), exactly=True)


def test_the_same_address_and_a_fragment_do_not_count(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("routes")
    visitor.beacons.expect(page("/routes"))
    tab.click("#same")
    tab.click("a")
    tab.wait_for("location.hash === '#part'")
    tab.back()
    visitor.beacons.refute()


def test_a_fragment_counts_where_the_site_says_so(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("hash")
    visitor.beacons.expect(page("/hash"))
    tab.click("a")
    visitor.beacons.expect({"type": "page", "properties": {"url": visitor.url("hash#/settings")}}, exactly=True)
    tab.back()
    visitor.beacons.expect({"type": "page", "properties": {"url": visitor.url("hash")}}, exactly=True)


def test_a_return_from_the_back_forward_cache_counts(visitors: Visitors) -> None:
    """Page view of its own, same visitor; and what is tracked then is sent."""
    visitor = visitors.new()
    tab = visitor.open("bfcache")
    (first,) = visitor.beacons.expect(page("/bfcache"))
    tab.do("addEventListener('pagehide', () => passerby.track('leaving'), { capture: true })")
    tab.goto(visitor.url("load"))
    visitor.beacons.expect(page("/load"), track("leaving"), exactly=True)
    tab.back()
    (again,) = visitor.beacons.expect(page("/bfcache"), exactly=True)
    assert tab.run("return document.documentElement.dataset.restored") == "true", "the page was loaded anew"
    assert again["messageId"] != first["messageId"]
    assert again["anonymousId"] == first["anonymousId"]
    tab.do("passerby.track('after')")
    visitor.beacons.expect(track("after", anonymousId=first["anonymousId"]), exactly=True)


def test_two_copies_make_one_instance(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("twice")
    visitor.beacons.expect(page("/twice"), exactly=True)
    tab.do("passerby.track('once'); history.pushState({}, '', '/elsewhere')")
    visitor.beacons.expect(track("once"), page("/elsewhere"), exactly=True)
