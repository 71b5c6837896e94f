"""Open store: durable, one write transaction at a time, readers undisturbed."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.storage.engine import FIRST_SAFE_SQLITE, Store, sqlite_url, sqlite_version
from tests.support.sqlite import pysqlite3


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(sqlite_url(tmp_path))
    with made.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    return made


def test_every_connection_is_durable(store: Store) -> None:
    for opened in (store.read, store.write):
        with opened() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert sqlite_version() >= FIRST_SAFE_SQLITE
    store.close()


def test_a_block_that_fails_is_undone(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        raise ZeroDivisionError
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    store.close()


def test_readers_see_the_last_commit_while_somebody_writes(store: Store) -> None:
    with store.write() as writing:
        writing.exec_driver_sql("INSERT INTO t VALUES (1)")
        with store.read() as reading:
            assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    with store.read() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1
    store.close()


def test_a_write_begins_at_once(store: Store, tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: a second writer waits at its begin, and never fails halfway through with SQLITE_BUSY."""
    other = pysqlite3.connect(str(tmp_path / "passerby.db"), isolation_level=None, timeout=0)
    with store.write(), pytest.raises(pysqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()
    store.close()
