"""Structured logs on standard error, one line an entry, without personal data.

Nothing here logs an address, an id, a cookie or a body; a line names sites by their number, routes by their template. Of an
error it says where and of which class, and what its message is only where that cannot hold what a visitor sent.

Who logs never waits and never fails: lines are written by a thread of their own, and counted where they cannot be.
"""

from __future__ import annotations

import atexit
import logging
import os
import sqlite3
import sys
import threading
import traceback
from collections import deque
from typing import Any, TextIO

import pysqlite3
import structlog

from .errors import PasserbyError

MOST_LINES = 2_000
"""Lines that wait to be written, at most: whoever reads standard error may have stopped reading."""
LAST_SECONDS = 2.0
"""How long the end of the process waits for lines that are not written yet."""

_sqlite: Any = pysqlite3  # a C extension without types
_SPEAKING = (PasserbyError, OSError, AttributeError, NameError, RecursionError, sqlite3.Error, _sqlite.Error)
"""Errors whose messages name files, attributes, tables or columns, and never a value."""


def described(error: BaseException) -> str:
    """Say what an error is without any value that it may carry: its class, its SQLSTATE, a message where that is safe."""
    original = getattr(error, "orig", None) or error
    name = type(original).__name__
    state = getattr(original, "sqlstate", None)
    if state:
        return f"{name} {state}"
    if isinstance(original, _SPEAKING) or hasattr(original, "pgconn"):  # libpq's own: nobody reached the server
        return f"{name}: {original}"
    return name


def put_exception(_: Any, __: str, entry: Any) -> Any:
    """Turn `exc_info` into text: the places, and for each error of the chain what `described` says."""
    info = entry.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    lines: list[str] = []
    while error is not None:
        lines = [*(line.rstrip() for line in traceback.format_tb(error.__traceback__)), described(error), *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        entry["exception"] = "\n".join(lines)
    return entry


PROCESSORS = (structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), put_exception)


class Lines:
    """Lines on their way to a stream. `lost` counts those that found no room or could not be written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.lost = 0

    def put(self, line: str) -> None:
        """Take a line; one that finds no room is counted."""
        with self._changed:
            if len(self._waiting) >= MOST_LINES:
                self.lost += 1
                return
            self._waiting.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
            self._changed.notify_all()

    def flush(self, seconds: float = LAST_SECONDS) -> None:
        """Wait until everything is written, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                line = self._waiting[0]
            try:
                self._write(line + "\n")
            except Exception:  # nobody reads, the disk is full, the stream is closed: it must not matter to the others
                self.lost += 1
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def _write(self, text: str) -> None:
        """Past the stream's buffer: what cannot be written must not wait in it for the end of the process."""
        try:
            number = self._stream.fileno()
        except OSError:  # no file: a test's, or a notebook's
            self._stream.write(text)
            self._stream.flush()
            return
        data = text.encode("utf-8", "backslashreplace")
        while data:
            data = data[os.write(number, data) :]


class _Logger:
    """Logger that structlog writes to; every level alike."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def msg(self, message: str) -> None:
        self._lines.put(message)

    debug = info = warning = error = critical = exception = log = msg


_configured: list[Lines] = []


def flush() -> None:
    """Write what waits, before a process ends that does not end as others do."""
    for lines in _configured:
        lines.flush()


def configure_logs(level: str, log_format: str) -> Lines:
    """Set up structlog for the process; `level` and `log_format` as in Settings. Returns what lines go through."""
    number = logging.getLevelNamesMapping()[level.upper()]
    last = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    lines = Lines(sys.stderr)
    _configured[:] = [lines]
    structlog.configure(
        processors=[*PROCESSORS, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Logger(lines),
        cache_logger_on_first_use=True,
    )
    return lines
