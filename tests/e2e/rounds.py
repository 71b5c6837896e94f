"""Rounds of visits in one engine: a table of cases, each a page of its own, visited several at a time, because most of a visit is waiting.

A page does by itself what its case says, and tells over the wire when it has done it and what it has seen (`tell` in
`pages/case.js`). So nothing is asked of it by a driver, whose words stand on what a page may have broken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from threading import Timer
from typing import Any

from . import tables
from .beacons import PATIENCE, Event, check_all, is_quiet
from .engines import Engine, Tab, Visitor
from .servers import OUTCOME, Host

AT_ONCE = 10


@dataclass(frozen=True, eq=False)
class Ending:
    """Expectation: any text with this end. A visitor's host has a name that no table knows."""

    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.endswith(self.text)

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True)
class Case:
    """Case: a page that does something, the events that must be sent for it, and no others."""

    page: str
    """Address below the host: `routers?push`."""
    sent: Sequence[Event]
    seen: Mapping[str, Any] = field(default_factory=dict)
    """Facts that it must have seen, beside others."""
    leaves: bool = False
    """Page left before it has heard that its events are stored: the next one may send them again."""
    forgiven: str = ""
    """Complaints that the case is about, by their text."""
    credentials: str = ""
    """A user name and a password, `user:secret`, in the address by which the page is opened."""
    script_after: float = 0
    """Seconds that the answer with the snippet's script is kept back."""


@dataclass
class Visit:
    case: Case
    visitor: Visitor
    tab: Tab
    events: Sequence[Event] = ()
    """Events delivered until nothing moved; one that was delivered twice is here once."""
    errors: Sequence[str] = ()

    @property
    def told(self) -> dict[str, Any] | None:
        """Report of the page; None as long as it has not finished."""
        told = self.visitor.told(OUTCOME)
        return json.loads(told[-1]) if told else None

    @property
    def is_done(self) -> bool:
        return self.told is not None and len(self.visitor.beacons.events) >= len(self.case.sent)

    def check(self) -> None:
        """Fail unless exactly what the case names was sent, once each, and the page has seen no error of ours."""
        told = self.told
        assert told is not None, f"the page has not finished; it sent {self.events}, and reported {self.visitor.complaints}"
        assert {**told, **self.case.seen} == told, (
            f"the page must have seen {self.case.seen}, and has {told}; it sent {self.events}"
        )
        check_all(self.events, *self.case.sent)
        assert self.case.leaves or self.visitor.beacons.resent == 0, "an event was delivered twice"
        trouble = [line for line in [*self.visitor.complaints, *self.errors] if not self._is_forgiven(line)]
        assert trouble == [], f"the page complained: {trouble}"

    def _is_forgiven(self, line: str) -> bool:
        return self.case.forgiven != "" and self.case.forgiven in line


class Rounds:
    """The cases in one engine, visited when the first of a round is asked for. `before` opens a page of the site first."""

    def __init__(self, engine: Engine, host: Host, cases: Mapping[str, Case], at_once: int = AT_ONCE) -> None:
        self._engine = engine
        self._host = host
        self._cases = cases
        self._at_once = at_once
        self._made: dict[str, Visit] = {}

    def __getitem__(self, name: str) -> Visit:
        if name not in self._made:
            names = [one for one in self._cases if one == name or tables.is_wanted(self._engine.name, one)]
            first = names.index(name) // self._at_once * self._at_once
            with ExitStack() as browsers:
                some = {one: self._arrive(self._cases[one], browsers) for one in names[first : first + self._at_once]}
                self._wait(list(some.values()))
            self._made |= some
        return self._made[name]

    def _arrive(self, case: Case, browsers: ExitStack) -> Visit:
        visitor = Visitor(browsers.enter_context(self._engine.browser()), self._host)
        tab = visitor.browser.tab()
        with self._host.wire.holding(self._host.script()) if case.script_after else nullcontext(None) as release:
            if release:
                Timer(case.script_after, release).start()
            tab.goto(visitor.url(case.page).replace("//", f"//{case.credentials}@" if case.credentials else "//"))
        return Visit(case, visitor, tab)

    def _wait(self, some: Sequence[Visit]) -> None:
        """Wait until all are done and still. Tests say what is missing after PATIENCE."""
        wire = self._host.wire
        with wire.changed:
            wire.changed.wait_for(lambda: all(visit.is_done for visit in some), PATIENCE)
        is_quiet(wire, *(visit.visitor.client for visit in some))
        for visit in some:
            visit.events = visit.visitor.beacons.events
            visit.errors = list(visit.visitor.browser.errors)
