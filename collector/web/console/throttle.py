"""Slowing down whoever guesses passwords: per account, and over all accounts together. In memory; no address is kept."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE_TRIES = 5
FREE_TRIES_OF_ALL = 30
"""Wrong tries for any names whatever, before everybody has to wait: guessing one password for many names."""
FORGET_SECONDS = 15 * 60
LONGEST_WAIT = 15 * 60
MOST_NAMES = 1000


class Throttle:
    """After FREE_TRIES wrong tries each further one costs a wait, doubling from 2 seconds to 15 minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._names: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._all: tuple[int, float] = (0, 0.0)

    def wait(self, name: str) -> int:
        """Return how many whole seconds must pass before this name may be tried again; 0 for at once."""
        now = self._clock()
        with self._lock:
            of_name = _remaining(self._names.get(name, (0, 0.0)), FREE_TRIES, now)
            return max(of_name, _remaining(self._all, FREE_TRIES_OF_ALL, now))

    def failed(self, name: str) -> None:
        now = self._clock()
        with self._lock:
            self._names[name] = _one_more(self._names.pop(name, (0, 0.0)), now)
            self._all = _one_more(self._all, now)
            if len(self._names) > MOST_NAMES:
                self._names.popitem(last=False)

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._names.pop(name, None)


def _one_more(tries: tuple[int, float], now: float) -> tuple[int, float]:
    count, last = tries
    return (1 if now - last > FORGET_SECONDS else count + 1, now)


def _remaining(tries: tuple[int, float], free: int, now: float) -> int:
    count, last = tries
    if count < free:
        return 0
    wait = min(2.0 ** (count - free + 1), LONGEST_WAIT)
    return max(0, -int(-(last + wait - now) // 1))
