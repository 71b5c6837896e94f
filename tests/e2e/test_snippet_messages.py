"""Messages, in Chromium: what closes them, and where."""

from __future__ import annotations

from playwright.sync_api import expect

from .beacons import identify, page, track
from .browser import Devices
from .pages_in_chromium import do
from .servers import Host

BANNER = '[data-passerby-message="hello"]'


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
