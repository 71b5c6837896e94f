"""Delivery, in Chromium: what test_engine_delivery.py and test_engine_leaving.py leave out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from .beacons import page, track
from .browser import Device, Devices
from .pages_in_chromium import LOADED, do, wait_for_failures
from .servers import Host


def test_a_collector_that_was_down_gets_everything_once(host: Host, devices: Devices) -> None:
    """502 by the site's own web server; the page stays open and tries again, and another one comes."""
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


def check_counted_once(host: Host, device: Device) -> None:
    """Unconfirmed events of a page may be sent again by the next: stored are the different ones."""
    events = host.read().get(f"/visitors/{device.anonymous_id}", limit=500)["events"]
    assert sorted(event["message_id"] for event in events) == sorted(event["messageId"] for event in device.beacons.events)


def test_a_timer_that_fires_early_does_not_end_the_trying(host: Host, devices: Devices) -> None:
    """Timers and `Date.now()`, two clocks a moment apart: here far enough for every timer to show it."""
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


def test_a_collector_on_a_subdomain(tmp_path: Path, browser: Browser) -> None:
    """Other origin, same site, no web server between. Its cookie is set; while it is down, connections are refused."""
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
        assert device.cookies["passerby_id"]["value"].partition(".")[0] == device.anonymous_id
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
