"""Lost races: what another transaction was faster with is done again, from its reading on (optimistic concurrency)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..errors import Unavailable
from .faults import is_of_the_store, is_retried

R = TypeVar("R")

TRIES = 5


def retry(work: Callable[[], R], pause_seconds: float = 0.0, tries: int = TRIES) -> R:
    """Return what the transaction returns; do it again where it lost a race. Raises what the last try raises."""
    for left in reversed(range(tries)):
        try:
            return work()
        except Exception as error:
            if not left or not is_retried(error):
                raise
            time.sleep(pause_seconds)
    raise AssertionError("unreachable")


def carry_out(
    work: Callable[[], R], undone: str, pause_seconds: float = 0.0, tries: int = TRIES, of: str = "the same people"
) -> R:
    """The same for what somebody waits for. Raises Unavailable with a sentence where it could not be done now; `undone` is the
    part that says so, `of` what others were faster with."""
    try:
        return retry(work, pause_seconds, tries)
    except Exception as error:
        if is_retried(error):
            raise Unavailable(f"Others are changing {of}; {undone}, try again.") from error
        if is_of_the_store(error):
            raise Unavailable(f"The store is busy; {undone}, try again.") from error
        raise
