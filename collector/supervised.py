"""Long-lived threads, which never end in silence: what one raises is logged, and it begins again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
"""Before a thread begins again: whatever made it fail should not make it spin."""


class Supervised:
    """A thread that runs `work` until that returns. `failures` counts how often it has raised instead."""

    def __init__(self, name: str, work: Callable[[], None], pause_seconds: float = PAUSE_SECONDS) -> None:
        self.name = name
        self.failures = 0
        self._work = work
        self._pause = pause_seconds
        self._is_expected_to_end = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most so long, now that it has been asked to; at once when it never began."""
        self._is_expected_to_end = True
        if self._thread.is_alive():
            self._thread.join(seconds)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def has_ended(self) -> bool:
        """Whether it does not run any longer though nobody has waited for its end."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._is_expected_to_end

    def _run(self) -> None:
        while True:
            try:
                return self._work()
            except BaseException:  # SystemExit and MemoryError too: nobody else would hear of them
                self.failures += 1
                log.exception("a thread failed; it begins again", thread=self.name)
                threading.Event().wait(self._pause)
