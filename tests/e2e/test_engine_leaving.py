"""Leaving, in each engine: an event, and then the page is gone.

Ten times each; `docs/performance.md` names the long comparison with other clients.
"""

from __future__ import annotations

import pytest

from .beacons import page, track
from .engines import LOADED, Visitors, anonymous_id

pytestmark = pytest.mark.each_engine

TIMES = 10


def test_an_event_survives_an_immediate_navigation(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("leave?n=0")
    for n in range(TIMES):
        tab.wait_for(f"location.search === '?n={n}' && {LOADED}")
        tab.click("a")
    tab.wait_for(f"location.search === '?n={TIMES}' && {LOADED}")
    left = [track("left", properties={"n": n}) for n in range(TIMES)]
    visitor.beacons.expect(*[page("/leave")] * (TIMES + 1), *left, exactly=True)
    visitor.check_stored_once(anonymous_id(tab))


def test_event_survives_closing_the_tab(visitors: Visitors) -> None:
    """Last page: no later one sends what it leaves behind."""
    visitor = visitors.new()
    known = set()
    for n in range(TIMES):
        tab = visitor.open("load")
        known.add(anonymous_id(tab))
        tab.do(f"passerby.track('closed', {{ n: {n} }})")
        tab.close()
    closed = [track("closed", properties={"n": n}) for n in range(TIMES)]
    visitor.beacons.expect(*[page("/load")] * TIMES, *closed, exactly=True)
    (one,) = known
    visitor.check_stored_once(one)


def test_an_event_survives_a_window_that_closes_itself(visitors: Visitors) -> None:
    visitor = visitors.new()
    opener = visitor.open("window")
    for n in range(TIMES):
        opened = opener.popup("#open")
        opened.wait_for(LOADED)
        opened.do(f"setTimeout(() => {{ passerby.track('closed', {{ n: {n} }}); window.close() }})")
        opened.wait_until_closed()
    closed = [track("closed", properties={"n": n}) for n in range(TIMES)]
    visitor.beacons.expect(page("/window"), *[page("/leave")] * TIMES, *closed, exactly=True)
    visitor.check_stored_once(anonymous_id(opener))
