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
    sent: float
    """When the first request that was looked for began, by the clock."""


def busy(events: list[Event], seconds: float, is_wanted: Callable[[str], bool] | None) -> Busy:
    """Of the thread that set the mark, for so long from there. `is_wanted` tells the address of the request that is looked for.

    Raises LookupError when there is no mark, or no such request in that time.
    """
    mark = next((event for event in events if event["name"] == MARK), None)
    if mark is None:
        raise LookupError(f"no mark {MARK!r} in {len(events)} events")
    begin = float(mark["ts"])
    end = begin + seconds * 1e6
    place = (mark["pid"], mark["tid"])
    own = [event for event in events if (event["pid"], event["tid"]) == place and begin <= event["ts"] < end]
    sent = [event["ts"] for event in own if is_wanted and _is_request_to(event, is_wanted)]
    if is_wanted and not sent:
        raise LookupError(f"no such request within {seconds} s")
    last = max(own, key=lambda event: float(event.get("tts", 0)) + float(event.get("tdur", 0)))
    cpu = last["tts"] + last.get("tdur", 0) - mark["tts"]
    tasks, script = (_overlap((one for one in own if one["name"] in names), begin, end) for names in ({TASK}, SCRIPT))
    return Busy(tasks / 1000, cpu / 1000, script / 1000, (min(sent, default=begin) - begin) / 1000)


def _is_request_to(event: Event, is_wanted: Callable[[str], bool]) -> bool:
    return event["name"] == "ResourceSendRequest" and is_wanted(event["args"]["data"]["url"])


def _overlap(events: Iterable[Event], begin: float, end: float) -> float:
    """Microseconds within begin..end that are covered by at least one of these events."""
    total, reached = 0.0, begin
    for event in sorted((event for event in events if event.get("ph") == "X"), key=lambda event: float(event["ts"])):
        first, last = max(event["ts"], reached), min(event["ts"] + event.get("dur", 0), end)
        if last > first:
            total += last - first
            reached = last
    return total
