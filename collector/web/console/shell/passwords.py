"""Checking passwords in threads of their own: a check takes 64 MiB and as long as a few hundred requests.

Never on the event loop, nor in the threads that the pages and the API share. One check at a time for known browsers and one
for all others, so the memory is that of two, and strangers stand in nobody's way; those that wait are few, and what does not
fit is sent away at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

MOST_WAITING = 8
"""Checks of each kind that are under way or wait: together a second or two on an idle machine."""
RETRY_SECONDS = 2
_NICENESS = 10
"""Of a thread and the four that argon2 starts: requests go first."""


class Busy(Exception):
    """The queue is full; nothing was checked."""


class PasswordChecks:
    """Two threads, each started when it is first needed."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._queues = {name: _Queue(name, most_waiting) for name in ("stranger", "known")}

    async def run(self, check: Callable[[], T], *, is_known: bool = False) -> T:
        """Return what the check returns. Raises Busy at once when as many others of its kind wait."""
        return await self._queues["known" if is_known else "stranger"].run(check)


class _Queue:
    def __init__(self, name: str, most_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(1, f"password-{name}", initializer=_step_back)
        self.places = threading.BoundedSemaphore(most_waiting)

    async def run(self, check: Callable[[], T]) -> T:
        if not self.places.acquire(blocking=False):
            raise Busy
        future = self._pool.submit(check)
        future.add_done_callback(lambda _: self.places.release())  # also when the client has gone and it is cancelled
        return await asyncio.wrap_future(future)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere the priority is the whole process's
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
