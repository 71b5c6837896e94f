"""Page actions of the tests that run in Chromium alone."""

from __future__ import annotations

from playwright.sync_api import Page

from .beacons import PATIENCE
from .browser import Device
from .wire import Wire

LOADED = "window.passerby && window.passerby.v"


def do(tab: Page, calls: str) -> None:
    """Run what a page's own code might, and take nothing back."""
    tab.evaluate(f"() => {{ {calls} }}")


def failures(device: Device) -> int:
    """Number of requests that found nobody."""
    return [one.status for one in device.beacons.requests].count(502)


def wait_for_failures(wire: Wire, device: Device, count: int) -> None:
    with wire.changed:
        assert wire.changed.wait_for(lambda: failures(device) >= count, PATIENCE)
