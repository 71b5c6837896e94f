"""Turns of the threads: Python lets one that computes go on for 5 ms while others wait, and the event loop waits each time.

One millisecond for all, always, costs a fifth of everything (`passerby bench ingest`: 283 microseconds of processor a request
instead of 228), so turns are short only while something long is worked on beside the loop.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SHORT_SECONDS = 0.001
_lock = threading.Lock()
_long_works: list[float] = []


@contextmanager
def short_turns() -> Iterator[None]:
    """Let the other threads go on after a millisecond each, until the block ends."""
    with _lock:
        _long_works.append(sys.getswitchinterval())
        sys.setswitchinterval(SHORT_SECONDS)
    try:
        yield
    finally:
        with _lock:
            usual = _long_works.pop()
            if not _long_works:
                sys.setswitchinterval(usual)
