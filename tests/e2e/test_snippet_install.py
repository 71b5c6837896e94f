"""Installing the snippet on a page, in Chromium; hostile pages."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Playwright

from .beacons import identify, page, track
from .browser import ARGUMENTS, Device, Devices, chromium
from .pages_in_chromium import do
from .servers import Host


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


def test_a_plain_script_tag_is_enough(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("async"))
    device.beacons.expect(page("/async"), exactly=True)
    do(tab, "passerby.track('plain', { n: 1 })")
    device.beacons.expect(track("plain", properties={"n": 1}), exactly=True)


def test_page_views_on_a_page_that_breaks_natives(host: Host, devices: Devices) -> None:
    """Page views still count, under the one id of its cookie, and nothing of ours is thrown into it."""
    device = devices.new()
    tab = device.open(host.url("hostile"))
    (view, event) = device.beacons.expect(page("/hostile"), track("survived"))
    assert event["anonymousId"] == view["anonymousId"]
    assert event["properties"]["deep"]["list"] == [1, "two", None]
    assert view["properties"]["title"] == "A page that has broken everything"
    tab.close()
    device.beacons.refute()


def test_with_cookies_blocked_one_page_is_one_visitor(host: Host, playwright: Playwright, tmp_path: Path) -> None:
    """Blocked by Chromium's own setting: then storage throws as well."""
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
