"""The snippet in a real browser: one page of `pages/` for each behaviour, one collector behind them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from collector.storage.engine import Store, sqlite_url
from collector.storage.sites import set_settings

from .beacons import ABSENT, PATIENCE, identify, page, track
from .browser import AGENT, ARGUMENTS, Device, Devices, chromium, launched
from .servers import Host
from .wire import Wire

BANNER = '[data-passerby-message="hello"]'
LOADED = "window.passerby && window.passerby.v"


def do(tab: Page, calls: str) -> None:
    """Run what a page's own code might, and take nothing back."""
    tab.evaluate(f"() => {{ {calls} }}")


def stored(tab: Page) -> list[str]:
    """Names of everything that a page can keep in a browser."""
    names: list[str] = tab.evaluate(
        """async () => [
            ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...document.cookie.split("; ").filter(Boolean),
            ...(await indexedDB.databases()).map((one) => one.name), ...(await caches.keys()),
        ]"""
    )
    return names


# Page views


def test_a_load_counts_once(host: Host, devices: Devices) -> None:
    device = devices.new()
    device.open(host.url("load?utm_source=news&utm_campaign=spring&gclid=x1#part"))
    (view,) = device.beacons.expect(page("/load", userId=ABSENT), exactly=True)
    assert view["properties"]["title"] == "A page"
    assert view["properties"]["url"] == host.url("load?utm_source=news&utm_campaign=spring&gclid=x1")
    (stored,) = host.read().visitor(device.anonymous_id)["events"]
    assert stored["context"]["campaign"] == {"source": "news", "name": "spring", "gclid": "x1"}
    assert view["context"]["library"]["name"] == "passerby.js"
    device.context.pages[0].reload()
    device.beacons.expect(page("/load"), exactly=True)


def test_routes_of_a_single_page_app(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("routes"))
    device.beacons.expect(page("/routes"), exactly=True)
    tab.click("#push")
    pushed = {"path": "/pushed", "title": "/pushed", "referrer": host.url("routes")}
    device.beacons.expect({"type": "page", "properties": pushed}, exactly=True)
    tab.click("#replace")
    device.beacons.expect(page("/replaced"), exactly=True)
    tab.go_back()
    device.beacons.expect(page("/routes"), exactly=True)
    tab.go_forward()
    device.beacons.expect(page("/replaced"), exactly=True)


def test_replace_and_push_for_one_navigation_count_once(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("routes"))
    device.beacons.expect(page("/routes"), exactly=True)
    tab.click("#both")
    device.beacons.expect(page("/routed"), exactly=True)


def test_the_same_address_and_a_fragment_do_not_count(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("routes"))
    device.beacons.expect(page("/routes"), exactly=True)
    tab.click("#same")
    tab.click("a")
    assert tab.url.endswith("#part")
    tab.go_back()
    device.beacons.refute()


def test_a_fragment_counts_where_the_site_says_so(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("hash"))
    device.beacons.expect(page("/hash"), exactly=True)
    tab.click("a")
    device.beacons.expect({"type": "page", "properties": {"url": host.url("hash#/settings")}}, exactly=True)


def test_a_return_from_the_back_forward_cache_counts(host: Host, playwright: Playwright) -> None:
    with launched(playwright, without=["--disable-back-forward-cache"]) as browser:
        devices = Devices(browser, host.wire)
        device = devices.new()
        tab = device.open(host.url("bfcache"))
        (first,) = device.beacons.expect(page("/bfcache"), exactly=True)
        tab.goto(host.url("load"))
        device.beacons.expect(page("/load"), exactly=True)
        # Not go_back(): Playwright waits for a load that a restored page does not have.
        do(tab, "history.back()")
        again, *_ = device.beacons.expect(page("/bfcache"), exactly=True)
        assert tab.evaluate("document.documentElement.dataset.restored") == "true", "Chromium loaded the page anew"
        assert again["messageId"] != first["messageId"]
        assert again["anonymousId"] == first["anonymousId"]
        devices.close()


# Delivery


def test_an_event_survives_an_immediate_navigation(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("leave?n=0"))
    for n in range(20):
        tab.wait_for_function(LOADED)
        with tab.expect_navigation(url=f"**/leave?n={n + 1}"):
            tab.click("a")
    tab.wait_for_function(LOADED)
    left = [track("left", properties={"n": n}) for n in range(20)]
    device.beacons.expect(*[page("/leave")] * 21, *left, exactly=True)
    check_counted_once(host, device)


def test_an_event_survives_closing_the_tab(host: Host, devices: Devices) -> None:
    """No later page is there to send what was left behind."""
    device = devices.new()
    for n in range(10):
        tab = device.open(host.url("load"))
        tab.wait_for_function(LOADED)
        do(tab, f"passerby.track('closed', {{ n: {n} }})")
        tab.close()
    closed = [track("closed", properties={"n": n}) for n in range(10)]
    device.beacons.expect(*[page("/load")] * 10, *closed, exactly=True)
    check_counted_once(host, device)


def test_an_event_survives_a_window_that_closes_itself(host: Host, playwright: Playwright) -> None:
    # A browser of its own name: what Playwright tells a context's pages to call themselves is forgotten by one that closes.
    with launched(playwright, f"--user-agent={AGENT} passerby-e2e/closing") as browser:
        device = Device(browser.new_context(), host.wire, "closing")
        opener = device.open(host.url("load"))
        for n in range(5):
            with opener.expect_popup() as opened:
                do(opener, f"window.open({json.dumps(host.url('leave'))})")
            opened.value.wait_for_function(LOADED)
            with opened.value.expect_event("close"):
                do(opened.value, f"setTimeout(() => {{ passerby.track('closed', {{ n: {n} }}); window.close() }})")
        closed = [track("closed", properties={"n": n}) for n in range(5)]
        device.beacons.expect(page("/load"), *[page("/leave")] * 5, *closed, exactly=True)
        assert device.complaints == []


def check_counted_once(host: Host, device: Device) -> None:
    """What a page sent without hearing the answer, the next may send again: stored are the different ones."""
    events = host.read().get(f"/visitors/{device.anonymous_id}", limit=500)["events"]
    assert sorted(event["message_id"] for event in events) == sorted(event["messageId"] for event in device.beacons.events)


def test_a_collector_that_was_down_gets_everything_once(host: Host, devices: Devices) -> None:
    """Answered 502 by the site's own web server; the page stays open and tries again, and another one comes."""
    device = devices.new()
    device.forgive("502")
    tab = device.open(host.url("load"))
    device.beacons.expect(page("/load"), exactly=True)
    with host.wire.down():
        do(tab, "for (const n of [1, 2, 3]) passerby.track('offline', { n })")
        wait_for_failures(host.wire, device, 1)
        other = device.open(host.url("async"))
        other.wait_for_function(LOADED)
        wait_for_failures(host.wire, device, 4)
    waiting = [track("offline", properties={"n": n}) for n in (1, 2, 3)]
    device.beacons.expect(page("/async"), *waiting, exactly=True)
    assert device.beacons.resent == 0
    check_counted_once(host, device)


def test_a_timer_that_fires_early_does_not_end_the_trying(host: Host, devices: Devices) -> None:
    """Timers and `Date.now()` are two clocks, and a moment apart: here far enough for every timer to show it."""
    device = devices.new()
    device.forgive("502")
    device.context.add_init_script(
        "const later = setTimeout; window.setTimeout = (act, ms, ...rest) => later(act, ms - 20, ...rest)"
    )
    tab = device.open(host.url("load"))
    device.beacons.expect(page("/load"), exactly=True)
    with host.wire.down():
        do(tab, "passerby.track('offline')")
        wait_for_failures(host.wire, device, 2)
    device.beacons.expect(track("offline"), exactly=True)


def wait_for_failures(wire: Wire, device: Device, count: int) -> None:
    with wire.changed:
        assert wire.changed.wait_for(lambda: [one.status for one in device.beacons.requests].count(502) >= count, PATIENCE)


def test_a_collector_on_a_subdomain(tmp_path: Path, browser: Browser) -> None:
    """No web server between: other origin, same site. Its cookie is set; while it is down, connections are refused."""
    own = Host(tmp_path / "own")
    base_url = f"http://collect.shop.localhost:{own.collector.port}"
    own.add_site("plain", "--base-url", base_url)
    with own:
        devices = Devices(browser, own.wire)
        device = devices.new()
        device.forgive("ERR_CONNECTION_REFUSED")
        tab = device.open(own.url("load"))
        events = events_when_stored(own, tab, 1)
        assert [event["name"] or event["type"] for event in events] == ["page"]
        assert device.cookies["passerby_id"]["domain"] == ".shop.localhost"
        assert device.cookies["passerby_id"]["value"] == device.anonymous_id
        own.collector.stop()
        with tab.expect_event("requestfailed"):
            do(tab, "passerby.track('offline', { n: 1 })")
        do(tab, "passerby.track('offline', { n: 2 })")
        own.collector.start()
        events = events_when_stored(own, tab, 3)
        assert [event["name"] or event["type"] for event in events] == ["page", "offline", "offline"]
        assert own.read().get("/counts")["duplicate"] == 0
        assert device.beacons.requests == [], "the page's own host got what was meant for the collector"
        devices.close()


def events_when_stored(own: Host, tab: Page, count: int) -> list[dict[str, Any]]:
    """Wait until a browser has nothing left to send, and return what is stored of it, oldest first."""
    tab.wait_for_function(LOADED)
    tab.wait_for_function("passerby.debug().waiting === 0")
    anonymous_id = tab.evaluate("passerby.id()")
    events: list[dict[str, Any]] = own.read().visitor(anonymous_id)["events"][::-1]
    assert len(events) == count, events
    return events


# Who it is


def test_reset_makes_somebody_else(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("load"))
    (view,) = device.beacons.expect(page("/load"), exactly=True)
    do(tab, "passerby.identify('user-1', { plan: 'free' }); passerby.track('hers')")
    device.beacons.expect(identify("user-1", traits={"plan": "free"}), track("hers", userId="user-1"), exactly=True)
    do(tab, "passerby.track('queued'); passerby.reset(); passerby.track('after')")
    queued, after = device.beacons.expect(track("queued"), track("after"), exactly=True)
    assert (queued["userId"], queued["anonymousId"]) == ("user-1", view["anonymousId"])
    assert "userId" not in after
    assert after["anonymousId"] not in (view["anonymousId"], "")
    assert device.anonymous_id == after["anonymousId"]
    assert "user-1" not in str(device.context.storage_state())
    tab.reload()
    device.beacons.expect(page("/load", anonymousId=after["anonymousId"], userId=ABSENT), exactly=True)


def test_a_second_user_gets_an_id_of_their_own_first(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("load"))
    (view,) = device.beacons.expect(page("/load"), exactly=True)
    do(tab, "passerby.identify('user-a'); passerby.identify('user-b'); passerby.track('hers')")
    one, two, event = device.beacons.expect(identify("user-a"), identify("user-b"), track("hers"), exactly=True)
    assert one["anonymousId"] == view["anonymousId"]
    assert two["anonymousId"] == event["anonymousId"] == device.anonymous_id != one["anonymousId"]
    assert two["context"]["anonymousIds"] == [two["anonymousId"]]
    assert event["userId"] == "user-b"
    read = host.read()
    assert read.person("user-a")["anonymous_ids"] == [one["anonymousId"]]
    assert read.person("user-b")["anonymous_ids"] in ([], [two["anonymousId"]])


def test_a_token_goes_out_with_identify_only(tmp_path: Path, browser: Browser) -> None:
    """Believed by the collector, kept nowhere: not in cookies, storage, the address, the trace, nor by a later page."""
    own = Host(tmp_path / "own")
    own.add_site("plain")
    store = Store(sqlite_url(own.collector.data_dir))
    site = set_settings(store, "plain", verify="required")
    store.close()
    said = {"site": site.uuid, "sub": "user-token", "exp": int(time.time()) + 600}
    token = jwt.encode(said, own.sites["plain"]["secret_key"], algorithm="HS256")
    signature = token.split(".")[2]
    with own:
        devices = Devices(browser, own.wire)
        device = devices.new()
        device.forgive("502")
        tab = device.open(own.url("load"))
        device.beacons.expect(page("/load"), exactly=True)
        do(tab, f"passerby.track('before'); passerby.identify('user-token', {{ plan: 'pro' }}, {{ token: '{token}' }})")
        do(tab, "passerby.track('after')")
        assert signature not in everything_kept(tab, device), "while it waits to be sent"
        none = {"context": {"token": ABSENT}}
        proof = identify("user-token", traits={"plan": "pro"}, context={"token": token})
        device.beacons.expect(track("before", **none), proof, track("after", userId="user-token", **none), exactly=True)
        with own.wire.down():
            do(tab, f"passerby.identify('user-token', {{ plan: 'free' }}, {{ token: '{token}' }})")
            wait_for_failures(own.wire, device, 1)
            kept = everything_kept(tab, device)
            assert "free" in kept and signature not in kept, "while the collector is down"
            tab.goto(own.url("async"))
        again = identify("user-token", traits={"plan": "free"}, **none)
        device.beacons.expect(page("/async", **none), again, exactly=True)
        assert all(signature not in request.path for request in own.wire.requests)
        person = own.read().person("user-token")
        assert person["anonymous_ids"] == [device.anonymous_id]
        assert person["fields"] == {"plan": "pro"}, "the second identify arrived without proof"
        devices.close()


def everything_kept(tab: Page, device: Device) -> str:
    """What is in the browser and can be seen of the snippet, as text."""
    stored = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, passerby.debug()])"
    seen: str = tab.evaluate(stored)
    return seen + str(device.context.storage_state())


def test_somebody_acts_for_a_user(host: Host, devices: Devices) -> None:
    """Nothing of it is the user's: not on the page that said so, nor on one that has not said so yet."""
    own = devices.new("own")
    tab = own.open(host.url("load"))
    do(tab, "passerby.identify('user-acted')")
    own.beacons.expect(page("/load"), identify("user-acted"), exactly=True)
    before = [event["message_id"] for event in host.read().timeline("user-acted")]

    staff = devices.new("staff")
    tab = staff.open(host.url("load"))
    do(tab, "passerby.track('first'); passerby.identify('user-acted', {}, { actor: 'staff-7' }); passerby.track('for her')")
    acting, nobody = {"context": {"actor": "staff-7"}}, {"context": {"actor": ABSENT}}
    told = [identify("user-acted", **acting), track("for her", userId="user-acted", **acting)]
    staff.beacons.expect(page("/load", **nobody), track("first", **nobody), *told, exactly=True)
    assert "staff-7" not in everything_kept(tab, staff).partition('"trace"')[0]
    tab.goto(host.url("async"))
    tab.wait_for_function(LOADED)
    do(tab, "passerby.track('still for her')")
    staff.beacons.expect(page("/async", userId="user-acted", **nobody), track("still for her", **nobody), exactly=True)
    read = host.read()
    assert [event["message_id"] for event in read.timeline("user-acted")] == before
    assert read.person("user-acted")["anonymous_ids"] == [own.anonymous_id]

    do(tab, "passerby.identify('user-acted', {}, { actor: 'staff-7' }); passerby.reset(); passerby.track('own')")
    event = track("own", userId=ABSENT, **nobody)
    staff.beacons.expect(identify("user-acted", **acting), event, exactly=True)
    assert [event["message_id"] for event in host.read().timeline("user-acted")] == before


@pytest.mark.parametrize(
    "nobody", ["'null'", "'undefined'", "'[object Object]'", "'guest'", "'0'", "null", "undefined", "{}", "''"]
)
def test_a_placeholder_identifies_nobody(host: Host, devices: Devices, nobody: str) -> None:
    device = devices.new()
    tab = device.open(host.url("load"))
    device.beacons.expect(page("/load"))
    do(tab, f"passerby.identify({nobody}); passerby.track('after')")
    device.beacons.expect(track("after", userId=ABSENT))
    device.beacons.refute({"userId": nobody.strip("'")})


def test_another_tab_hears_of_login_and_logout(host: Host, devices: Devices) -> None:
    device = devices.new()
    one, two = device.open(host.url("load")), device.open(host.url("load"))
    first, second = device.beacons.expect(page("/load"), page("/load"), exactly=True)
    assert first["anonymousId"] == second["anonymousId"]
    do(one, "passerby.identify('user-tabs')")
    device.beacons.expect(identify("user-tabs"), exactly=True)
    do(two, "passerby.track('known')")
    device.beacons.expect(track("known", userId="user-tabs", anonymousId=first["anonymousId"]), exactly=True)
    do(one, "passerby.reset()")
    do(two, "passerby.track('unknown')")
    (event,) = device.beacons.expect(track("unknown", userId=ABSENT), exactly=True)
    assert event["anonymousId"] == device.anonymous_id != first["anonymousId"]


def test_subdomains_share_one_id(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("load"))
    (view,) = device.beacons.expect(page("/load", host="www.shop.localhost"), exactly=True)
    tab.goto(host.url("load", "app"))
    # The script's address is on www, so the batch goes there: another origin of the same site.
    device.beacons.expect(page("/load", anonymousId=view["anonymousId"]), exactly=True)
    assert device.cookies["passerby"]["domain"] == device.cookies["passerby_id"]["domain"] == ".shop.localhost"


# Installing


def test_calls_before_the_script_keep_their_page(host: Host, devices: Devices) -> None:
    device = devices.new()
    with host.wire.holding(".js") as release:
        tab = device.context.new_page()
        tab.goto(host.url("early?from=mail"), wait_until="domcontentloaded")
        assert tab.url == host.url("moved-on")
        device.beacons.refute()
        release()
        events = device.beacons.expect(
            page("/moved-on"), track("early"), identify("user-early", traits={"plan": "free"}), track("late"), exactly=True
        )
    view, early, known, late = events
    then = {"url": host.url("early?from=mail"), "title": "Before the script"}
    for event in (early, known, late):
        assert {name: event["context"]["page"][name] for name in then} == then
        assert event["timestamp"] < view["timestamp"]
    assert ("userId" in early, late["userId"]) == (False, "user-early")


def test_two_copies_make_one_instance(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("twice"))
    device.beacons.expect(page("/twice"), exactly=True)
    do(tab, "passerby.track('once'); history.pushState({}, '', '/elsewhere')")
    device.beacons.expect(track("once"), page("/elsewhere"), exactly=True)


def test_a_plain_script_tag_is_enough(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("async"))
    device.beacons.expect(page("/async"), exactly=True)
    do(tab, "passerby.track('plain', { n: 1 })")
    device.beacons.expect(track("plain", properties={"n": 1}), exactly=True)


@pytest.mark.parametrize(("name", "events"), [("csp", []), ("message-csp", [track("message_shown")])])
def test_a_strict_page_reports_no_violation(host: Host, devices: Devices, name: str, events: list[dict[str, Any]]) -> None:
    device = devices.new()
    device.context.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => (window.violated = e.violatedDirective))"
    )
    tab = device.open(host.url(name))
    device.beacons.expect(page(f"/{name}"), *events, exactly=True)
    if events:
        banner = tab.locator(f"{BANNER} section")
        assert banner.evaluate("(section) => getComputedStyle(section).position") == "fixed", "the message is not styled"
        tab.get_by_role("button", name="Close").click()
        device.beacons.expect(track("message_dismissed"), exactly=True)
    assert tab.evaluate("window.violated") is None
    # And the policy is one: it does refuse.
    device.forgive("Content Security Policy")
    do(tab, "document.body.setAttribute('style', 'color:red')")
    tab.wait_for_function("window.violated")


def test_a_page_that_breaks_everything(host: Host, devices: Devices) -> None:
    """Nothing of ours is thrown into it, and what it does is still counted, under the one id of its cookie."""
    device = devices.new()
    tab = device.open(host.url("hostile"))
    (view, event) = device.beacons.expect(page("/hostile"), track("survived"))
    assert event["anonymousId"] == view["anonymousId"]
    assert event["properties"]["deep"]["list"] == [1, "two", None]
    assert view["properties"]["title"] == "A page that has broken everything"
    tab.close()
    device.beacons.refute()


# What may be kept and sent


def test_with_cookies_blocked_one_page_is_one_visitor(host: Host, playwright: Playwright, tmp_path: Path) -> None:
    """As Chromium's own setting blocks them: then storage throws as well."""
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    block = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(block))
    context = playwright.chromium.launch_persistent_context(
        str(profile.parent), executable_path=chromium(playwright), args=ARGUMENTS, user_agent="passerby-e2e/blocked"
    )
    try:
        device = Device(context, host.wire, "blocked")
        tab = device.open(host.url("load"))
        assert tab.evaluate("try { localStorage.length } catch (e) { e.name }") == "SecurityError"
        do(tab, "passerby.track('one'); passerby.track('two')")
        events = device.beacons.expect(page("/load"), track("one"), track("two"), exactly=True)
        assert len({event["anonymousId"] for event in events}) == 1
        assert {event["context"]["storage"] for event in events} == {"memory"}
        tab.reload()
        (view,) = device.beacons.expect(page("/load"), exactly=True)
        assert view["anonymousId"] != events[0]["anonymousId"]
        assert context.cookies() == []
        assert device.complaints == []
    finally:
        context.close()


def test_global_privacy_control_keeps_nothing(host: Host, devices: Devices) -> None:
    """The default: page views are counted, under an id that no page finds again."""
    device = privacy_control(devices)
    tab = device.open(host.url("load"))
    do(tab, "passerby.track('one')")
    view, event = device.beacons.expect(page("/load"), track("one"), exactly=True)
    assert view["anonymousId"] == event["anonymousId"]
    assert stored(tab) == []
    assert device.context.cookies() == []
    tab.goto(host.url("load"))
    device.beacons.expect(page("/load"), exactly=True)
    assert device.context.cookies() == []
    assert all("cookie" not in {name.lower() for name in request.headers} for request in device.beacons.requests)


def test_global_privacy_control_sends_nothing_where_the_site_says_so(host: Host, devices: Devices) -> None:
    device = privacy_control(devices)
    tab = device.open(host.url("off"))
    tab.wait_for_function(LOADED)
    do(tab, "passerby.track('one'); passerby.identify('user-off'); history.pushState({}, '', '/elsewhere')")
    device.beacons.refute()
    assert device.beacons.requests == []
    assert stored(tab) == []
    assert device.context.cookies() == []


def privacy_control(devices: Devices) -> Device:
    device = devices.new(extra_http_headers={"Sec-GPC": "1"})
    device.context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })")
    return device


def test_nothing_before_consent(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("consent"))
    tab.wait_for_function(LOADED)
    do(tab, "passerby.track('before'); passerby.identify('user-consent')")
    device.beacons.refute()
    assert device.beacons.requests == []
    assert stored(tab) == []
    assert device.context.cookies() == []

    do(tab, "passerby.consent('granted')")
    device.beacons.expect(page("/consent"), identify("user-consent"), exactly=True)
    assert device.cookies["passerby"]["value"].startswith(device.anonymous_id)
    tab.reload()
    device.beacons.expect(page("/consent", userId="user-consent"), exactly=True)

    other = device.open(host.url("consent"))
    device.beacons.expect(page("/consent"), exactly=True)
    do(tab, "passerby.consent('denied')")
    do(other, "passerby.track('denied elsewhere')")
    do(tab, "passerby.track('denied here')")
    device.beacons.refute()
    assert set(device.cookies) == {"passerby_consent"}
    tab.reload()
    tab.wait_for_function(LOADED)
    device.beacons.refute()


# Messages


def test_identify_closes_a_message(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("message"))
    tab.locator(f"{BANNER} .title").wait_for()
    device.beacons.expect(page("/message"), track("message_shown"), exactly=True)
    do(tab, "passerby.identify('user-message')")
    expect(tab.locator(BANNER)).to_have_count(0)
    closed = track("message_closed", properties={"message": "hello", "by": "identified"})
    device.beacons.expect(identify("user-message"), closed, exactly=True)
    tab.reload()
    device.beacons.expect(page("/message", userId="user-message"), exactly=True)
    assert tab.locator(BANNER).count() == 0


def test_a_message_follows_the_route(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("other"))
    device.beacons.expect(page("/other"), exactly=True)
    assert tab.locator(BANNER).count() == 0
    do(tab, "history.pushState({}, '', '/message')")
    tab.locator(f"{BANNER} .title").wait_for()
    device.beacons.expect(page("/message"), track("message_shown"), exactly=True)
    do(tab, "history.pushState({}, '', '/other')")
    expect(tab.locator(BANNER)).to_have_count(0)
    device.beacons.expect(page("/other"), track("message_closed", properties={"by": "route"}), exactly=True)


def test_dismissing_in_one_tab_closes_it_in_the_other(host: Host, devices: Devices) -> None:
    device = devices.new()
    one = device.open(host.url("message"))
    one.locator(f"{BANNER} .title").wait_for()
    two = device.open(host.url("message"))
    two.locator(f"{BANNER} .title").wait_for()
    two.get_by_role("button", name="Close").click()
    one.bring_to_front()
    expect(one.locator(BANNER)).to_have_count(0)
    device.beacons.expect(track("message_dismissed"))
    device.beacons.refute(track("message_dismissed"))


def test_only_a_site_with_a_live_message_gets_the_runtime(host: Host, devices: Devices) -> None:
    device = devices.new()
    sizes = {}
    for name, site in (("load", "plain"), ("message", "message")):
        tab = device.context.new_page()
        with tab.expect_response(f"**{host.script(site)}") as answer:
            tab.goto(host.url(name))
        text = answer.value.text()
        sizes[site] = len(text)
        assert ("data-passerby-message" in text) == (site == "message")
        assert host.sites[site]["write_key"] in text
    assert sizes["message"] > 1.5 * sizes["plain"]
    scripts = [one.path for one in host.wire.requests if one.client == device.client and one.path.endswith(".js")]
    assert sorted(scripts) == sorted([host.script("plain"), host.script("message")])
