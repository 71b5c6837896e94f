"""Opening the store: one file by default, PostgreSQL when one machine is not enough."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3
import sqlalchemy as sa

from . import loop_guard, postgres

FIRST_SAFE_SQLITE = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can lose a commit when two connections reset the write-ahead log at once."""

BUSY_SECONDS = 5
SEQS = "seqs"
"""Where a connection of SQLite keeps the numbers of its transaction (commit_order.py)."""

DATABASE = "passerby.db"
"""The one file, in the data directory."""

_driver: Any = pysqlite3  # a C extension without types


class Store:
    """The open store. `read()` for questions, which all see the same moment; `write()` for one transaction.

    On SQLite every write transaction begins IMMEDIATE: a transaction that reads first and writes later would fail with
    SQLITE_BUSY at once, whatever the busy timeout says.

    Neither is used on the event loop, where one slow answer would hold up everybody. On PostgreSQL a transaction has limits
    (postgres.py), unless the store is a `patient` one: for migrations, checks and exports, which nobody waits for.
    """

    def __init__(self, url: str, *, patient: bool = False) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._reader = _engine(url, writes=False, patient=patient)
        self._writer = _engine(url, writes=True, patient=patient)
        self._descriptor: int | None = None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        loop_guard.check()
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction, committed at the end of the block, undone if the block raises."""
        loop_guard.check()
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def erase(self) -> Iterator[sa.Connection]:
        """A transaction as `write()` gives it, in which SQLite overwrites what it removes: for what has to be gone.

        Not for all: it costs ingest a twentieth, and what is left of rows that were changed or moved has to be overwritten
        after a deletion anyway (operations/scrubbing.py).
        """
        with self.write() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            try:
                yield connection
            finally:
                if self.is_sqlite:
                    connection.exec_driver_sql("PRAGMA secure_delete=OFF")

    @contextmanager
    def outside_transactions(self) -> Iterator[sa.Connection]:
        """For what PostgreSQL refuses in a transaction; each statement is committed alone."""
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @property
    def path(self) -> Path | None:
        """The SQLite file; None in memory, and on PostgreSQL."""
        name = self._writer.url.database if self.is_sqlite else None
        return Path(name) if name and name != ":memory:" else None

    def descriptor(self) -> int:
        """Return the SQLite file, open for reading and writing beside SQLite.

        It stays open as long as the store: with any descriptor of a file that a process closes, it loses all its locks on it.
        """
        if self._descriptor is None:
            assert self.path is not None
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        return self._descriptor

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def sqlite_url(data_dir: Path) -> str:
    return f"sqlite:///{data_dir / DATABASE}"


def _engine(url: str, *, writes: bool, patient: bool) -> sa.Engine:
    if not url.startswith("sqlite"):
        return postgres.make_engine(url, writes=writes, patient=patient)
    engine = sa.create_engine(
        url,
        module=_driver,
        poolclass=sa.pool.QueuePool,
        hide_parameters=True,  # errors are logged, and kept with a job: they must not tell whom a statement was about
        pool_size=2 if writes else 4,
        max_overflow=4,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 1_000},
    )
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _begin_immediate if writes else _begin_reading)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # pysqlite's own BEGIN would come late; SQLAlchemy's "begin" event sends it
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
        "wal_autocheckpoint=4000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def connect_alone(path: Path, busy_seconds: float) -> Any:
    """Return a connection of the driver, apart from the others: with a patience of its own, and no page in its memory."""
    connection = _driver.connect(str(path), isolation_level=None, timeout=busy_seconds)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "cache_size=-100", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _begin_immediate(connection: sa.Connection) -> None:
    connection.info.pop(SEQS, None)
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library that is really linked (pysqlite3's, not the system's)."""
    version: str = _driver.sqlite_version
    return tuple(int(part) for part in version.split("."))
