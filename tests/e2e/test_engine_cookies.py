"""Cookie of the anonymous id, in each engine: where it is, how long it lives, and what it wins over."""

from __future__ import annotations

import re
import time

import pytest

from .beacons import page
from .engines import Tab, Visitor, Visitors, anonymous_id, handed_on, jar

pytestmark = pytest.mark.each_engine

DAY = 86_400
UUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}")
NEVER = "ffffffff-ffff-7fff-8fff-ffffffffffff"
"""Id younger than any minted here."""
FIRST = "01000000-0000-7000-8000-000000000001"
"""Older."""


def test_subdomains_share_one_id(visitors: Visitors) -> None:
    """Script on www, so batches of app go there: another origin of the same site."""
    visitor = visitors.new()
    www = visitor.open("load")
    (view,) = visitor.beacons.expect(page("/load", host=f"www-{visitor.client}.shop.localhost"), exactly=True)
    app = visitor.open("load", "app")
    visitor.beacons.expect(page("/load", anonymousId=view["anonymousId"]), exactly=True)
    assert anonymous_id(www) == anonymous_id(app) == view["anonymousId"]
    app.do("passerby.reset()")
    handed_on(app, [www])
    www.do("passerby.track('later')")
    (event,) = visitor.beacons.expect({"event": "later"}, exactly=True)
    assert event["anonymousId"] == anonymous_id(app) != view["anonymousId"]


def test_both_cookies_live_400_days_on_the_whole_domain(visitors: Visitors) -> None:
    """Cookies of the snippet and of the collector's answer."""
    visitor = visitors.new()
    tab = visitor.open("load")
    (view,) = visitor.beacons.expect(page("/load"), exactly=True)
    cookies = jar(tab)
    assert set(cookies) == {"passerby", "passerby_id"}
    for cookie in cookies.values():
        assert cookie.value == view["anonymousId"]
        assert (cookie.domain, cookie.path, cookie.same_site, cookie.secure) == (".shop.localhost", "/", "Lax", False)
        assert 399 < (cookie.expires - time.time()) / DAY < 400.1


def test_a_secure_cookie_over_plain_http(visitors: Visitors) -> None:
    """`Secure` cannot be shown by these tests: WebKitGTK refuses it on localhost too, though a secure context."""
    visitor = visitors.new()
    tab = visitor.browser.tab()
    tab.goto(visitor.url("bare"))
    tab.do("document.cookie = 'safe=1; Secure'")
    assert tab.run("return isSecureContext")
    assert tab.run("return document.cookie") == ("" if visitors.engine.name == "webkit" else "safe=1")


def test_a_host_only_twin_is_removed(visitors: Visitors) -> None:
    """Cookie on the site's domain counts, the older or not, so that all pages of the visitor decide alike."""
    visitor = visitors.new()
    tab, view_id = counted(visitor)
    # Looked at in the same task: the page removes it with its next look, such as at a late answer.
    held = tab.run(f"document.cookie = 'passerby={NEVER}; Path=/'; return document.cookie")
    assert held.count("passerby=") == 2
    tab.reload()
    visitor.beacons.expect(page("/load", anonymousId=view_id), exactly=True)
    assert (jar(tab)["passerby"].value, jar(tab)["passerby"].domain) == (view_id, ".shop.localhost")

    tab.do(f"document.cookie = 'passerby={FIRST}; Path=/'")
    tab.reload()
    visitor.beacons.expect(page("/load", anonymousId=view_id), exactly=True)
    assert (jar(tab)["passerby"].value, jar(tab)["passerby"].domain) == (view_id, ".shop.localhost")


def test_malformed_and_empty_values_are_replaced(visitors: Visitors) -> None:
    for value in ("undefined", "", "GA1.2.12345", f"{FIRST}0"):
        visitor = visitors.new()
        tab = visitor.browser.tab()
        tab.goto(visitor.url("bare"))
        tab.do(f"document.cookie = 'passerby={value}; Path=/; Domain=shop.localhost'")
        tab.goto(visitor.url("load"))
        (view,) = visitor.beacons.expect(page("/load"))
        assert UUID.fullmatch(view["anonymousId"])
        assert anonymous_id(tab) == view["anonymousId"] not in (value, FIRST)


def test_the_cookie_beats_local_storage(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab, view_id = counted(visitor)
    tab.do(f"localStorage.setItem('passerby', '{FIRST}')")
    tab.reload()
    visitor.beacons.expect(page("/load", anonymousId=view_id), exactly=True)
    assert anonymous_id(tab) == tab.run("return localStorage.getItem('passerby')") == view_id


def test_anonymous_id_is_restored_from_what_is_left(visitors: Visitors) -> None:
    """Collector's cookie first, then localStorage."""
    visitor = visitors.new()
    tab, view_id = counted(visitor)
    remove = "document.cookie = '{}=; Path=/; Max-Age=0; Domain=shop.localhost'"
    tab.goto(visitor.url("bare"))
    tab.do(f"localStorage.setItem('passerby', '{FIRST}'); {remove.format('passerby')}")
    tab.goto(visitor.url("load"))
    visitor.beacons.expect(page("/load", anonymousId=view_id), exactly=True)
    assert anonymous_id(tab) == view_id
    tab.goto(visitor.url("bare"))
    tab.do(f"{remove.format('passerby')}; {remove.format('passerby_id')}")
    assert tab.cookies() == []
    tab.goto(visitor.url("load"))
    visitor.beacons.expect(page("/load", anonymousId=view_id), exactly=True)
    assert set(jar(tab)) == {"passerby", "passerby_id"}


def counted(visitor: Visitor) -> tuple[Tab, str]:
    """Tab whose page view has arrived and been answered; and the anonymous id."""
    tab = visitor.open("load")
    (view,) = visitor.beacons.expect(page("/load"))
    tab.wait_for("document.cookie.includes('passerby_id=')")
    found: str = view["anonymousId"]
    return tab, found
