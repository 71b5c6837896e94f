"""Course of a story: its time, and what was reported when.

A moment is in seconds after the story's start. What happens before the clock arrives late; the clock never goes back.
"""

from __future__ import annotations

import itertools

from collector.domain.events import SECOND
from collector.domain.times import parse_time
from collector.storage import tables
from tests.support.app import NOW, Answer, App

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


def moment(at: float) -> int:
    """Moment of the story as the collector's microseconds."""
    return NOW + round(at * SECOND)


def seconds(time: str | None) -> float | None:
    """Time of the read API as the story's seconds."""
    if time is None:
        return None
    parsed = parse_time(time)
    assert parsed is not None
    return (parsed - NOW) / SECOND


class Course:
    """Clock of a story, and the message ids of what happens in it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.happens: dict[str, float] = {}
        self.answer: Answer | None = None
        self.ends: dict[str, int] = {}
        self._messages = itertools.count(1)
        self._last = 0.0

    @property
    def now(self) -> float:
        return (self.app.clock.now - NOW) / SECOND

    def wait_for(self, at: float) -> None:
        """Set the clock to `at`, or leave it if that is earlier."""
        self.app.clock.now = max(self.app.clock.now, moment(at))
        self._last = max(self._last, at)

    def wait(self, seconds: float) -> None:
        self.wait_for(self.now + seconds)

    def totals(self) -> dict[str, int]:
        """Counts of events stored, duplicate, and set aside for each reason, until now."""
        counts = self.app.counts()
        ends = {"stored": counts["stored"], "duplicate": counts["duplicate"]}
        for row in self.app.rows(tables.reason_count):
            ends[row.reason] = ends.get(row.reason, 0) + row.count
        return ends

    def next_moment(self) -> float:
        self._last = max(self._last, self.now) + 1
        return self._last

    def next_message(self) -> str:
        return f"m{next(self._messages)}"
