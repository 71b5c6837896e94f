"""An event is tracked, and at once its page is gone: by navigation, with its tab, or by `window.close()`."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from tests.e2e.engines import Browser, Tab

from .stand import Stand

READY_SECONDS = 3.0
PATIENCE = 1.0
"""Seconds after its page for an event to arrive; then the next page may deliver it, and it is late."""
LATER_SECONDS = 12.0
FIRST = {"navigation": 0, "tab": 10_000, "window": 20_000}


class Left(NamedTuple):
    """How many events of how many arrived by themselves, and how many with those that a later page sent."""

    tracked: int
    arrived: int
    later: int


def leave(stand: Stand, browser: Browser, way: str, times: int) -> set[int]:
    """Track and leave so often; return the numbers that arrived before another page of the site was opened."""
    act = {"navigation": _navigate, "tab": _close_tab, "window": _close_window}[way]
    tab = browser.tab()
    tab.goto(f"{stand.origin}/gone")
    on_time: set[int] = set()
    for number in range(FIRST[way], FIRST[way] + times):
        act(stand, browser, tab, number)
        if stand.wait_until(lambda: number in stand.numbers(), PATIENCE):  # noqa: B023  (called at once)
            on_time.add(number)
    tab.close()
    return on_time


def visit_again(stand: Stand, browser: Browser) -> None:
    """Another page of the site, for as long as it has something to send."""
    tab = open_page(stand, browser)
    stand.wait_until(lambda: stand.is_quiet(3.0), LATER_SECONDS)
    tab.close()


def open_page(stand: Stand, browser: Browser) -> Tab:
    tab = browser.tab()
    load(stand, tab)
    return tab


def load(stand: Stand, tab: Tab) -> None:
    """Open the page in this tab, and wait until the client has sent what it sends by itself."""
    before = stand.answered()
    try:
        tab.goto(f"{stand.origin}/page")
    except tab.momentary:
        # Firefox's driver may tell of the last navigation so late that it takes it for one that interrupts this.
        tab.goto(f"{stand.origin}/page")
    stand.wait_until(lambda: stand.answered() > before and stand.is_quiet(0.05), READY_SECONDS)


def _navigate(stand: Stand, browser: Browser, tab: Tab, number: int) -> None:
    load(stand, tab)
    with suppress(*tab.momentary):
        tab.do(f"{stand.client.track(number)}; location.href = '/gone?{number}'")
    with suppress(*tab.momentary):
        tab.wait_for("location.pathname === '/gone'")


def _close_tab(stand: Stand, browser: Browser, tab: Tab, number: int) -> None:
    own = open_page(stand, browser)
    own.do(stand.client.track(number))
    own.close()


def _close_window(stand: Stand, browser: Browser, tab: Tab, number: int) -> None:
    before = stand.answered()
    window = tab.popup("#open")
    window.wait_for("location.pathname === '/page' && document.readyState === 'complete'")
    stand.wait_until(lambda: stand.answered() > before and stand.is_quiet(0.05), READY_SECONDS)
    with suppress(*window.momentary):
        window.do(f"{stand.client.track(number)}; window.close()")
    window.wait_until_closed()
