"""Delivery to a collector that fails, in each engine: everything is stored in the end, and once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from .beacons import page, track
from .engines import LOADED, Visitors, anonymous_id
from .servers import Host
from .wire import Fate

pytestmark = pytest.mark.each_engine

PAGES = 12


def one_in_five(seed: int) -> tuple[Callable[[], Fate], list[Fate]]:
    """Fate of each batch, and the list of the fates so far."""
    chance = random.Random(seed)
    fates: list[Fate] = []

    def next_fate() -> Fate:
        bad: tuple[Fate, ...] = ("refused", "unheard", "unanswered")
        fates.append(chance.choice(bad) if chance.random() < 0.2 else "answered")
        return fates[-1]

    return next_fate, fates


def test_a_fifth_of_the_batches_fail(host: Host, visitors: Visitors) -> None:
    visitor = visitors.new()
    # Seed with every kind of failure among the first twelve; each page sends at least one batch.
    next_fate, fates = one_in_five(seed=8)
    with host.wire.fated(next_fate):
        tab = visitor.open("leave?n=0")
        for n in range(PAGES):
            tab.wait_for(f"location.search === '?n={n}' && {LOADED}")
            tab.do(f"passerby.track('here', {{ n: {n} }})")
            tab.click("a")
        tab.wait_for(f"location.search === '?n={PAGES}' && {LOADED}")
        each = [track(name, properties={"n": n}) for n in range(PAGES) for name in ("here", "left")]
        visitor.beacons.expect(*[page("/leave")] * (PAGES + 1), *each, exactly=True)
    assert set(fates) == {"answered", "refused", "unheard", "unanswered"}
    visitor.check_stored_once(anonymous_id(tab))


def test_the_collector_is_down_while_the_page_is_open(host: Host, visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("load")
    visitor.beacons.expect(page("/load"))
    with host.wire.down():
        for n in range(5):
            tab.do(f"passerby.track('waiting', {{ n: {n} }})")
        visitor.wait_for_failures(2)
    visitor.beacons.expect(*[track("waiting", properties={"n": n}) for n in range(5)], exactly=True)
    assert visitor.beacons.resent == 0
    visitor.check_stored_once(anonymous_id(tab))


def test_the_collector_is_down_and_the_page_is_closed(host: Host, visitors: Visitors) -> None:
    """Events left behind are delivered by the visitor's next page."""
    visitor = visitors.new()
    tab = visitor.open("load")
    visitor.beacons.expect(page("/load"))
    with host.wire.down():
        for n in range(5):
            tab.do(f"passerby.track('waiting', {{ n: {n} }})")
        visitor.wait_for_failures(1)
        tab.close()
        visitor.beacons.refute()
    tab = visitor.open("async")
    visitor.beacons.expect(page("/async"), *[track("waiting", properties={"n": n}) for n in range(5)], exactly=True)
    assert visitor.beacons.resent == 0
    visitor.check_stored_once(anonymous_id(tab))
