"""Visits to the set-ups of `pages/hostile.html` in one engine: ten at a time, because most of a visit is waiting.

A driver's words to a page stand on the very things that are broken there, so nothing is asked of a page: it tells what it has
seen over the wire, with what it has kept for itself. So any engine can answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from . import tables
from .beacons import PATIENCE, Event, identify, is_quiet, page, track
from .engines import Engine, Tab, Visitor
from .servers import OUTCOME, PAGES, Host

HELD = {
    "fetch-never-answers": "whether the collector has it is not known, so it is kept; the next page delivers it",
}
SETUPS: list[str] = re.findall(r'^      "([\w-]+)": \{', (PAGES / "hostile.html").read_text(), re.MULTILINE)
LIST = [1, "two", None]
AT_ONCE = 10


def made(setup: str) -> list[Event]:
    """Events that calls become."""
    return [
        page("/hostile"),
        track("survived", properties={"deep": {"list": LIST}}),
        identify(f"user-{setup}", traits={"list": ["a"]}),
    ]


def delivered(setup: str) -> list[Event]:
    """Events the page delivers."""
    return [] if setup in HELD else made(setup)


def left(setup: str) -> list[Event]:
    """Events left for the next page."""
    return made(setup) if setup in HELD else []


@dataclass
class Visit:
    """Visit to one such page, and then to a page with nothing wrong."""

    setup: str
    visitor: Visitor
    tab: Tab
    there: Sequence[Event] = ()
    """Events delivered until nothing moved, while the visitor was there."""
    later: Sequence[Event] = ()
    """Events after that."""

    @property
    def outcome(self) -> list[str] | None:
        """Report of the page: what is not as it was, and what went wrong. None as long as there is none."""
        told = self.visitor.told(OUTCOME)
        return told[0].split("\n", 1) if told else None

    def has(self, count: int) -> bool:
        """True once the page has reported, and so many events were delivered."""
        return self.outcome is not None and len(self.visitor.beacons.events) >= count


class Visits:
    """Visits in one engine, made when the first of ten is asked for."""

    def __init__(self, engine: Engine, host: Host) -> None:
        self._engine = engine
        self._host = host
        self._made: dict[str, Visit] = {}

    def __getitem__(self, setup: str) -> Visit:
        if setup not in self._made:
            wanted = [one for one in SETUPS if one == setup or tables.is_wanted(self._engine.name, one)]
            first = wanted.index(setup) // AT_ONCE * AT_ONCE
            with ExitStack() as browsers:
                some = [self._arrive(one, browsers) for one in wanted[first : first + AT_ONCE]]
                self._look(some)
                self._go_on(some)
            self._made |= {visit.setup: visit for visit in some}
        return self._made[setup]

    def _arrive(self, setup: str, browsers: ExitStack) -> Visit:
        visitor = Visitor(browsers.enter_context(self._engine.browser()), self._host)
        tab = visitor.browser.tab()
        tab.goto(visitor.url(f"hostile?setup={setup}"))
        return Visit(setup, visitor, tab)

    def _look(self, some: list[Visit]) -> None:
        self._wait(some, lambda visit: visit.has(len(delivered(visit.setup))))
        for visit in some:
            visit.there = visit.visitor.beacons.events

    def _go_on(self, some: list[Visit]) -> None:
        for visit in some:
            visit.tab.goto(visit.visitor.url("load"))
        # Plus the page view of that page.
        self._wait(some, lambda visit: visit.has(len(visit.there) + len(left(visit.setup)) + 1))
        for visit in some:
            visit.later = visit.visitor.beacons.events[len(visit.there) :]

    def _wait(self, some: list[Visit], is_done: Callable[[Visit], bool]) -> None:
        """Wait until all are done and still. Tests say what is missing after PATIENCE."""
        wire = self._host.wire
        with wire.changed:
            wire.changed.wait_for(lambda: all(map(is_done, some)), PATIENCE)
        is_quiet(wire, *(visit.visitor.client for visit in some))
