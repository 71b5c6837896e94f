"""Checkpoints beside the writer: what is left to write back stays short, and the log does not grow without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from collector.storage.engine import Store, connect_alone, sqlite_url
from collector.storage.write.checkpoints import Checkpoints, left
from tests.support.app import App

PAGE = 4_096


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(sqlite_url(tmp_path))
    with made.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x BLOB)")
    yield made
    made.close()


@pytest.fixture
def connection(store: Store) -> Iterator[Any]:
    assert store.path
    with closing(connect_alone(store.path, 0)) as made:
        yield made


def write(store: Store, pages: int) -> None:
    with store.write() as writing:
        writing.exec_driver_sql("INSERT INTO t VALUES (zeroblob(?))", (pages * PAGE,))


def log_size(store: Store) -> int:
    assert store.path
    return store.path.with_name(store.path.name + "-wal").stat().st_size


def test_a_short_log_is_left_alone(store: Store, connection: Any) -> None:
    write(store, 20)
    before = left(connection)
    Checkpoints(store, pages=100).look(connection)
    assert left(connection) == before >= 20


def test_a_long_one_is_written_back_while_somebody_writes(store: Store, connection: Any) -> None:
    write(store, 120)
    with store.write() as writing:
        writing.exec_driver_sql("INSERT INTO t VALUES (1)")
        Checkpoints(store, pages=100).look(connection)
        assert left(connection) == 0


def test_the_log_begins_again_though_somebody_always_writes(store: Store, connection: Any) -> None:
    """Between our look and the next commit something is always written, so that only a commit comes to the log's end."""
    checkpoints = Checkpoints(store, pages=100)
    for _ in range(60):
        write(store, 150)
        checkpoints.look(connection)
        write(store, 50)
    assert left(connection) < 200
    assert log_size(store) < 6_000 * PAGE, "12,000 pages were written"


def test_trouble_is_said_once_and_not_raised(store: Store) -> None:
    checkpoints = Checkpoints(store, pages=1)
    assert store.path
    gone = connect_alone(store.path, 0)
    gone.close()
    with capture_logs() as logs:
        for _ in range(3):
            checkpoints.look(gone)
    assert [line["event"] for line in logs] == ["the write-ahead log could not be written back"]


def test_a_thread_that_cannot_open_the_file_ends_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    store = Store(sqlite_url(folder))
    checkpoints = Checkpoints(store)
    folder.rename(tmp_path / "elsewhere")
    checkpoints.start()
    while not checkpoints.thread.failures:
        time.sleep(0.01)
    checkpoints.stop()
    assert not checkpoints.thread.is_alive
    store.close()


@pytest.mark.stores("sqlite", "postgresql")
def test_the_thread_ends_with_the_collector(app: App) -> None:
    """On PostgreSQL it never begins, and is not missed."""
    installation = app.installation
    installation.checkpoints.start()
    assert installation.checkpoints.thread.is_alive == installation.store.is_sqlite
    installation.checkpoints.stop()
    assert "checkpoints" not in {thread.name for thread in threading.enumerate()}
    assert not installation.checkpoints.thread.has_ended
