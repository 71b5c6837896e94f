"""Privacy: what is kept or sent, by engine."""

from __future__ import annotations

import pytest

from .beacons import identify, page, track
from .engines import LOADED, Visitors, anonymous_id, everything_stored, handed_on, jar
from .servers import Host

pytestmark = pytest.mark.each_engine


def test_consent_comes_before_anything_is_kept_or_sent(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("consent")
    user = f"user-consent-{visitors.engine.name}"
    tab.do(f"passerby.track('before'); passerby.identify('{user}')")
    visitor.beacons.refute()
    assert visitor.beacons.requests == []
    assert everything_stored(tab) == []
    assert tab.cookies() == []
    tab.do("passerby.consent('granted')")
    visitor.beacons.expect(page("/consent"), identify(user), exactly=True)
    assert set(jar(tab)) == {"passerby", "passerby_id", "passerby_consent"}
    tab.reload()
    visitor.beacons.expect(page("/consent", userId=user), exactly=True)


def test_a_withdrawal_acts_at_once_in_all_tabs(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("consent")
    tab.do("passerby.consent('granted')")
    visitor.beacons.expect(page("/consent"))
    others = [visitor.open("consent"), visitor.open("consent", "app")]
    visitor.beacons.expect(page("/consent"), page("/consent"), exactly=True)
    tab.do("passerby.consent('denied')")
    handed_on(tab, others)
    for other in others:
        other.do("passerby.track('denied elsewhere'); history.pushState({}, '', '/consent?elsewhere')")
    tab.do("passerby.track('denied here')")
    visitor.beacons.refute()
    for one in [tab, *others]:
        assert set(jar(one)) == {"passerby_consent"}
        assert one.run("return passerby.id() ?? ''") == ""
    # Another subdomain's localStorage is out of reach for who has answered: it is emptied when a page there is looked at.
    for one in [tab, *others]:
        one.reload()
        one.wait_for(LOADED)
        assert one.run("return Object.keys(localStorage)") == [], one.url
    visitor.beacons.refute()
    # A change of mind reaches the other tab of this host as well.
    others[1].close()
    tab.do("passerby.consent('granted')")
    elsewhere = {"type": "page", "properties": {"path": "/consent", "url": visitor.url("consent?elsewhere")}}
    visitor.beacons.expect(elsewhere, page("/consent"), exactly=True)


def test_global_privacy_control_keeps_nothing(visitors: Visitors) -> None:
    """Default of a site: page views are counted, under an id that no page finds again.

    Only Firefox has a switch. The others are shown not to speak of it, so that a version that does fails here.
    """
    switch = visitors.engine.has_privacy_control
    visitor = visitors.new(privacy_control=switch)
    tab = visitor.open("load")
    tab.do("passerby.track('one')")
    view, event = visitor.beacons.expect(page("/load"), track("one"), exactly=True)
    assert view["anonymousId"] == event["anonymousId"]
    if not switch:
        assert tab.run("return 'globalPrivacyControl' in navigator") is False
        assert anonymous_id(tab) == view["anonymousId"]
        return
    assert tab.run("return navigator.globalPrivacyControl") is True
    assert everything_stored(tab) == []
    assert tab.cookies() == []
    tab.goto(visitor.url("load"))
    (again,) = visitor.beacons.expect(page("/load"), exactly=True)
    assert again["anonymousId"] != view["anonymousId"]
    assert tab.cookies() == []
    assert all("cookie" not in {name.lower() for name in request.headers} for request in visitor.beacons.requests)


def test_global_privacy_control_sends_nothing_where_the_site_says_so(visitors: Visitors) -> None:
    switch = visitors.engine.has_privacy_control
    visitor = visitors.new(privacy_control=switch)
    tab = visitor.open("off")
    tab.do("passerby.track('one')")
    if not switch:
        visitor.beacons.expect(page("/off"), track("one"), exactly=True)
        return
    tab.do("passerby.identify('user-off'); history.pushState({}, '', '/elsewhere')")
    visitor.beacons.refute()
    assert visitor.beacons.requests == []
    assert everything_stored(tab) == []
    assert tab.cookies() == []


@pytest.mark.parametrize("name", ["throws", "sandboxed"])
def test_where_storage_is_blocked_one_page_is_one_visitor(host: Host, visitors: Visitors, name: str) -> None:
    """Storage blocked by the page, and by the browser: a sandboxed page has no origin to keep it for."""
    visitor = visitors.new()
    tab = visitor.open(name)
    for touch in ("localStorage.length", "document.cookie", "document.cookie = 'a=1'"):
        assert tab.run(f"try {{ return String({touch}) }} catch (e) {{ return e.name }}") == "SecurityError"
    tab.do("passerby.track('one'); passerby.track('two')")
    events = visitor.beacons.expect(page(f"/{name}"), track("one"), track("two"), exactly=True)
    assert len({event["anonymousId"] for event in events}) == 1
    assert {event["context"]["storage"] for event in events} == {"memory"}
    tab.wait_for("passerby.debug().waiting === 0")
    tab.reload()
    (view,) = visitor.beacons.expect(page(f"/{name}"), exactly=True)
    assert view["anonymousId"] != events[0]["anonymousId"]
    assert visitor.beacons.resent == 0
