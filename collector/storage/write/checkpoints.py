"""Checkpoints of SQLite's write-ahead log, beside the writer.

SQLite writes the log back into the database file in the commit that finds it long: megabytes and two more flushes, for which
that commit's whole group waits, and everybody behind it. Here a thread with a connection of its own does most of it before,
PASSIVE, for which no writer and no reader waits. What is left for that commit (engine.py: wal_autocheckpoint) is the tail that
was written meanwhile; it has to stay there, because only a log that is written back to its end begins again from the start.
"""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import pysqlite3 as _pysqlite3  # a C extension without types
import structlog

from ...supervised import Supervised
from ..engine import Store, connect_alone

log = structlog.get_logger()
pysqlite3: Any = _pysqlite3

LOOK_SECONDS = 0.25
PAGES = 500
"""Pages in the log that are worth the flush of the database file: 2 MB."""
BUSY_SECONDS = 0.0
"""Patience with another connection's checkpoint: none, as it does what ours would."""


class Checkpoints:
    """Thread that keeps short what is left to be written back. On PostgreSQL, which has a process for it, it never begins."""

    def __init__(self, store: Store, pages: int = PAGES) -> None:
        self._store = store
        self._pages = pages
        self._stop = threading.Event()
        self._is_failing = False
        self.thread = Supervised("checkpoints", self._run)

    def start(self) -> None:
        if self._store.path:
            self.thread.start()

    def stop(self) -> None:
        """Return when the checkpoint under way is done, with its connection closed."""
        self._stop.set()
        self.thread.join()

    def _run(self) -> None:
        assert self._store.path is not None
        if self._stop.wait(LOOK_SECONDS):  # before anything that may fail: a thread that fails begins again
            return
        with closing(connect_alone(self._store.path, BUSY_SECONDS)) as connection:
            self.look(connection)
            while not self._stop.wait(LOOK_SECONDS):
                self.look(connection)

    def look(self, connection: Any) -> None:
        """Write back what there is; a disk that is full or away is for the writer to speak of, and here said once."""
        try:
            if left(connection) >= self._pages:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._is_failing = False
        except pysqlite3.Error as error:
            if not self._is_failing:
                log.warning("the write-ahead log could not be written back", error=str(error))
            self._is_failing = True


def left(connection: Any) -> int:
    """Return how many pages of the log the database file does not have yet."""
    (_, written, back) = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    return int(written) - int(back)
