"""Deadlines of many things that wait on an event loop, with one timer for all: a timer for each request costs too much."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """For things that all have `seconds`. `call_late` is told of each whose time is up, and may return a later time (of the
    loop's clock) at which to look again."""

    def __init__(self, seconds: float, call_late: Callable[[T], float | None]) -> None:
        self._seconds = seconds
        self._call_late = call_late
        self._due: dict[T, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, one: T) -> None:
        """Call it late after so many seconds, unless `unwatch` comes first."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the one before is closed, and its timer with it
            self._loop, self._timer, self._due = loop, None, {}
        due = self._due[one] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(due, self._look, loop)

    def unwatch(self, one: T) -> None:
        self._due.pop(one, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the order in which they came, the first to come is the first to be late; who gets more time goes to the end."""
        self._timer = None
        for one, due in [*self._due.items()]:
            if due > loop.time():
                self._timer = loop.call_at(due, self._look, loop)
                return
            del self._due[one]
            again = self._call_late(one)
            if again is not None:
                self._due[one] = again
        if self._due:
            self._timer = loop.call_at(min(self._due.values()), self._look, loop)
