"""Pages that have broken what the snippet stands on: each set-up of `pages/hostile.html`, one by one.

Of each: the page sees no error of ours, has what it had (one global and `history` apart), and a page view, a `track` and an
`identify` arrive once, under one id. Where a set-up makes that impossible, `HELD` and `SILENT` say why and what happens instead.
Only what the page itself can see is asked, and asked through attributes, so that any engine can answer.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from .beacons import identify, page, track
from .browser import Device, Devices
from .servers import PAGES, Host

HELD = {
    "fetch-never-answers": "whether the collector has it is not known, so it is kept; the next page delivers it",
}
SILENT = {
    "json-broken-before": "what is broken before the snippet is there cannot be had back: no event can be written down",
}
SETUPS = re.findall(r'^      "([\w-]+)": \{', (PAGES / "hostile.html").read_text(), re.MULTILINE)
LIST = [1, "two", None]


def opened(device: Device, host: Host, setup: str) -> Page:
    """A page in that set-up, once it has made its calls and looked around."""
    tab = device.open(host.url(f"hostile?setup={setup}"))
    html = tab.locator("html[data-finished]")
    html.wait_for()
    assert html.get_attribute("data-trouble") == "", "the page saw an error"
    assert html.get_attribute("data-changed") == "", "the page has something else than it had"
    return tab


def delivered(setup: str) -> list[dict[str, object]]:
    return [
        page("/hostile"),
        track("survived", properties={"deep": {"list": LIST}}),
        identify(f"user-{setup}", traits={"list": ["a"]}),
    ]


def test_there_are_enough_of_them() -> None:
    assert len(SETUPS) == len(set(SETUPS)) >= 25
    assert {*HELD, *SILENT} <= set(SETUPS)


@pytest.mark.parametrize("setup", [name for name in SETUPS if name not in HELD and name not in SILENT])
def test_it_works_all_the_same(host: Host, devices: Devices, setup: str) -> None:
    device = devices.new()
    tab = opened(device, host, setup)
    events = device.beacons.expect(*delivered(setup), exactly=True)
    assert len({event["anonymousId"] for event in events}) == 1
    assert len({event["messageId"] for event in events}) == 3
    assert device.beacons.resent == 0
    view, _, known = events
    assert known["context"]["anonymousIds"] == [view["anonymousId"]]
    tab.close()
    device.beacons.refute()


@pytest.mark.parametrize("setup", HELD)
def test_what_cannot_be_sent_is_kept(host: Host, devices: Devices, setup: str) -> None:
    device = devices.new()
    tab = opened(device, host, setup)
    device.beacons.refute()
    tab.goto(host.url("load"))
    device.beacons.expect(*delivered(setup), page("/load"), exactly=True)
    assert device.beacons.resent == 0


@pytest.mark.parametrize("setup", SILENT)
def test_what_cannot_be_done_does_no_harm(host: Host, devices: Devices, setup: str) -> None:
    device = devices.new()
    tab = opened(device, host, setup)
    device.beacons.refute()
    tab.goto(host.url("load"))
    device.beacons.expect(page("/load"), exactly=True)


def test_a_foreign_global_keeps_what_it_had(host: Host, devices: Devices) -> None:
    """Our calls are added to it; an element that only shares the name is left alone."""
    device = devices.new()
    tab = opened(device, host, "foreign-passerby")
    device.beacons.expect(*delivered("foreign-passerby"), exactly=True)
    assert tab.evaluate("passerby.mine") == "of the page"
    tab = opened(device, host, "element-named-passerby")
    assert tab.evaluate("document.querySelector('#passerby').track === undefined && typeof passerby.track") == "function"
