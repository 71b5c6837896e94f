"""The store is not for the event loop: a database that answers late, or never, would hold up every request with it.

Found by whoever runs the tests, where it raises; in production, where an answer that is late is better than none, it is
logged, once for each place.
"""

from __future__ import annotations

import asyncio
import sys
from types import FrameType

import structlog

log = structlog.get_logger()

is_strict = False
"""Set by the tests."""

_OURS = frozenset({__name__, "contextlib", "collector.storage.engine"})
_told: set[tuple[str, int]] = set()


class StoreOnEventLoop(RuntimeError):
    """The store was used on the thread of a running event loop."""


def check() -> None:
    """Complain when this thread runs an event loop."""
    if asyncio._get_running_loop() is None:
        return
    where = _caller(sys._getframe())
    if is_strict:
        raise StoreOnEventLoop(f"the store is used on the event loop, by {where[0]}:{where[1]}")
    if where not in _told:
        _told.add(where)
        log.error("the store is used on the event loop", file=where[0], line=where[1])


def _caller(frame: FrameType | None) -> tuple[str, int]:
    while frame is not None and frame.f_globals.get("__name__") in _OURS:
        frame = frame.f_back
    return ("?", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
