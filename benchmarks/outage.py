"""The client's server is away while a page tracks events."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import NamedTuple

from tests.e2e.engines import Browser, Tab

from .leaving import open_page, visit_again
from .stand import Outage, Stand

EVENTS = 10
PATIENCE = 65.0
"""Seconds that the open page has after the outage; a client that waits longer between two tries is given a reload."""


class Case(NamedTuple):
    outage: Outage
    reopened: bool
    """The page is closed during the outage, and opened again after it."""
    stand: Stand
    browser: Browser

    @property
    def title(self) -> str:
        return f"{'503' if self.outage == 'busy' else 'refusing'}, page {'reopened' if self.reopened else 'open'}"


def go_through(cases: list[Case], seconds: float) -> list[set[int]]:
    """Take all cases through an outage of so many seconds at once; return the numbers that arrived for each: on the page
    that stayed open without a reload, with the first page afterwards otherwise. What a reload brings is in the stand."""
    tabs = [open_page(case.stand, case.browser) for case in cases]
    with ExitStack() as outages:
        for case in cases:
            outages.enter_context(case.stand.down(case.outage))
        _track(cases, tabs, seconds)
        for case, tab in zip(cases, tabs, strict=True):
            if case.reopened:
                tab.close()
    reopened = [case for case in cases if case.reopened]
    for case in reopened:
        visit_again(case.stand, case.browser)
    wanted = set(range(EVENTS))
    cases[0].stand.wait_until(lambda: all(wanted <= case.stand.numbers() for case in cases if not case.reopened), PATIENCE)
    on_time = [case.stand.numbers() for case in cases]
    for case, tab in zip(cases, tabs, strict=True):
        if not case.reopened:
            tab.close()
        visit_again(case.stand, case.browser)
    return on_time


def _track(cases: list[Case], tabs: list[Tab], seconds: float) -> None:
    begun = time.monotonic()
    for number in range(EVENTS):
        for case, tab in zip(cases, tabs, strict=True):
            tab.do(case.stand.client.track(number))
        time.sleep(max(0.0, begun + (number + 1) * seconds / EVENTS - time.monotonic()))
