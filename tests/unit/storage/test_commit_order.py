"""Commit order: numbers that grow with the commits, and a reader behind them that misses nothing, whoever commits when."""

from __future__ import annotations

import random
import threading
import time

import pytest
import sqlalchemy as sa

from collector.domain.keys import new_id
from collector.storage import commit_order, tables
from collector.storage.commit_order import horizon, next_seq, raise_base
from collector.storage.engine import Store
from collector.storage.reports.changes import changes
from tests.support.app import App

pytestmark = pytest.mark.stores("sqlite", "postgresql")
SITE = 1


def entry(connection: sa.Connection, cause: str) -> int:
    """Write an entry of the log, as corrections do; return its number."""
    seq = next_seq(connection, SITE)
    row = {"log_id": new_id(), "at": 1, "op": "logged_out", "device_id": 0, "stream_id": 0, "cause": cause, "detail": {}}
    connection.execute(tables.identity_log.insert().values(site_id=SITE, seq=seq, **row))
    return seq


def read(store: Store, after: int, limit: int = 100) -> tuple[list[int], int]:
    with store.read() as connection:
        found = changes(connection, SITE, after, limit)
    return [row.log.log_id for _, row in found.rows if row.log is not None], found.after


def test_numbers_grow_with_the_commits(store: Store) -> None:
    seqs = []
    for number in range(5):
        with store.write() as connection:
            seqs.append(entry(connection, str(number)))
    assert seqs == sorted(set(seqs))
    assert len(read(store, 0)[0]) == 5
    assert len(read(store, seqs[2])[0]) == 2


def test_rolled_back_transaction_leaves_no_row(store: Store) -> None:
    with pytest.raises(ValueError, match="ours"), store.write() as connection:
        entry(connection, "undone")
        raise ValueError("ours")
    with store.write() as connection:
        entry(connection, "kept")
    assert len(read(store, 0)[0]) == 1


@pytest.mark.stores("postgresql")
def test_a_slow_transaction_is_waited_for(store: Store) -> None:
    """Two collectors: the one that began first commits last. A reader that took what is committed, in the order of a
    sequence or of these numbers, would never see it."""
    with store.write() as slow:
        first = entry(slow, "slow")
        with store.write() as quick:
            second = entry(quick, "quick")
        assert first < second
        with store.read() as connection:
            committed = set(connection.execute(sa.select(tables.identity_log.c.seq)).scalars())
        assert committed == {second}, "control: who goes on from here has missed the slow one"
        assert read(store, 0) == ([], 0)
    assert len(read(store, 0)[0]) == 2


def test_a_reader_beside_many_writers_misses_nothing(store: Store) -> None:
    """Entries, each once, in pieces of a few, while three threads commit at their pace."""
    written: list[int] = []

    def write(name: int) -> None:
        pace = random.Random(name)
        for number in range(60):
            with store.write() as connection:
                entry(connection, f"{name} {number}")
                time.sleep(pace.random() / 200 if not store.is_sqlite else 0)
            written.append(number)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    after = 0
    while True:
        was_over = not any(thread.is_alive() for thread in threads)
        ids, after = read(store, after, limit=7)
        seen += ids
        if was_over and not ids:
            break
    assert len(written) == 180
    assert len(seen) == len(set(seen)) == 180


@pytest.mark.stores("postgresql")
def test_a_restored_cluster_counts_on(store: Store) -> None:
    """Transaction numbers begin anew there: what is added to them is raised at the start."""
    with store.write() as connection:
        before = entry(connection, "before")
        connection.execute(sa.update(tables.identity_log).values(seq=before + 10**12))
        row = {
            "site_id": SITE,
            "uuid": "u",
            "name": "n",
            "prefix": "p",
            "write_key": "w",
            "publishable_key": "pk",
            "created_at": 1,
        }
        known = {column.name: "" for column in tables.site.columns if not column.nullable}
        connection.execute(tables.site.insert().values({**known, **row, "settings": {}}))
    raise_base(store)
    with store.write() as connection:
        assert entry(connection, "after") > before + 10**12
    assert len(read(store, 0)[0]) == 2
    raise_base(store)
    with store.read() as connection:
        base = connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == commit_order.BASE)).scalar_one()
        assert horizon(connection) > before + 10**12
    assert 0 < int(base) < before + 10**12 + 100, "once"


def test_commit_numbers_on_everything_written(app: App) -> None:
    """Events, what ingest decides about identity, and what is done by hand."""
    app.batch({"type": "page", "anonymousId": "x"}, {"type": "identify", "anonymousId": "x", "userId": "A"})
    secret = {"authorization": f"Bearer {app.secret_key}", "content-type": "application/json"}
    app.request("POST", "/api/visitors/x/logout", b"{}", secret)
    (person,) = app.get("/api/people?user_id=A")["people"]
    app.request("DELETE", f"/api/people/{person['person_id']}", b"", secret)
    for table in (tables.event, tables.identity_log):
        assert all(row.seq > 0 for row in app.rows(table))
    assert [row.op for row in app.rows(tables.identity_log, "seq")][-1] == "person_deleted"
