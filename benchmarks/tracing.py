"""What Chromium's own trace says about one page: how long its main thread was busy, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

CATEGORIES = ["-*", "blink.user_timing", "devtools.timeline", "disabled-by-default-devtools.timeline"]
MARK = "tag"
"""The page sets this mark right before the client's part of its head."""
TASK = "RunTask"
SCRIPT = {
    "EvaluateScript", "v8.compile", "v8.compileModule", "v8.evaluateModule", "FunctionCall", "TimerFire", "FireIdleCallback",
    "FireAnimationFrame", "RunMicrotasks", "EventDispatch",
}  # fmt: skip
Event = dict[str, Any]


class Busy(NamedTuple):
    """Milliseconds of the main thread between the mark and the end."""

    tasks: float
    """All tasks, by the clock."""
    cpu: float
    """What the thread had of the processor: other programs do not count."""
    script: float
    """The part of the tasks in which JavaScript was compiled or run, by the clock."""


def busy(events: list[Event], is_end: Callable[[Event], bool]) -> Busy:
    """Of the thread that set the mark, from there to the first event on it that `is_end` accepts.

    Raises LookupError when there is no mark or no end.
    """
    mark = next((event for event in events if event["name"] == MARK), None)
    if mark is None:
        raise LookupError(f"no mark {MARK!r} in {len(events)} events")
    own = [event for event in events if (event["pid"], event["tid"]) == (mark["pid"], mark["tid"])]
    ends = [event for event in own if event["ts"] > mark["ts"] and is_end(event)]
    if not ends:
        raise LookupError("nothing in the trace is the end")
    end = min(ends, key=lambda event: float(event["ts"]))
    tasks = _overlap((event for event in own if event["name"] == TASK), mark["ts"], end["ts"])
    script = _overlap((event for event in own if event["name"] in SCRIPT), mark["ts"], end["ts"])
    return Busy(tasks / 1000, (end["tts"] - mark["tts"]) / 1000, script / 1000)


def is_load(event: Event) -> bool:
    return bool(event["name"] == "MarkLoad")


def is_request_to(matches: Callable[[str], bool]) -> Callable[[Event], bool]:
    """Accepts the moment when a request to such an address is sent."""
    return lambda event: event["name"] == "ResourceSendRequest" and matches(event["args"]["data"]["url"])


def _overlap(events: Iterable[Event], begin: float, end: float) -> float:
    """Microseconds within begin..end that are covered by at least one of these events."""
    total, reached = 0.0, begin
    for event in sorted((event for event in events if event.get("ph") == "X"), key=lambda event: float(event["ts"])):
        first, last = max(event["ts"], reached), min(event["ts"] + event.get("dur", 0), end)
        if last > first:
            total += last - first
            reached = last
    return total
