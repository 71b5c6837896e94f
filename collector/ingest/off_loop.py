"""Thread beside the event loop, for work that takes longer than the loop may wait.

The loop goes on meanwhile, and waits a millisecond at a time for the thread (turns.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from ..turns import short_turns

P = ParamSpec("P")
R = TypeVar("R")

SMALL = 16 * 1024
"""Bytes of a body that are worked on at once: some 200 events of the least size, 8 ms; a thread's turn costs a tenth of one."""


class OffLoop:
    """One thread, started when it is first needed."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "ingest")

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns, or raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _in_short_turns, lambda: function(*args, **kwargs))

    async def call_for(self, size: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The same, but at once where `size` bytes are worked on and those are few."""
        return function(*args, **kwargs) if size <= SMALL else await self.call(function, *args, **kwargs)


def _in_short_turns(function: Callable[[], R]) -> R:
    with short_turns():
        return function()
