"""Work that is done once in a thread, whoever asks for it meanwhile, and whose newest results are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")


class Once:
    """Results by key; beyond `size` the one that was asked for least recently goes. Of one event loop."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return what `make` returned for this key, or raise what it raised: then the next who asks tries again."""
        task: asyncio.Task[Result] | None = self._tasks.pop(key, None)
        if task is None or _has_failed(task):
            task = asyncio.create_task(asyncio.to_thread(make))
        self._tasks[key] = task
        while len(self._tasks) > self._size:
            del self._tasks[next(iter(self._tasks))]
        return await asyncio.shield(task)  # who goes away must not take it from the others


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
