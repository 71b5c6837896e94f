"""Erasing by a job: pieces of bounded size, whatever the size of the person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collector.domain.keys import device_key
from collector.storage import tables
from collector.storage.doctor import examine
from collector.storage.engine import Store
from collector.storage.operations import deletion, doomed, erasing, jobs, kinds, removal
from collector.storage.setup import ensure_first_site
from collector.storage.sites import find_site
from tests.support.app import App

pytestmark = pytest.mark.stores("sqlite", "postgresql")
NOW = 1_795_320_000_000_000
KEY = b"key"
BOUND = 40
"""Statements in one transaction, at most."""
PARAMETERS = 400
"""Parameters of one statement, at most: PostgreSQL takes 65,535, and SQLite as few as 32,766."""


class Counted:
    """Statements by transaction that writes, and the rest."""

    def __init__(self) -> None:
        self.transactions: list[int] = []
        self.reading = 0
        self.parameters = 0

    @property
    def total(self) -> int:
        return sum(self.transactions) + self.reading


@contextmanager
def counted(store: Store) -> Iterator[Counted]:
    """Count what goes to the database; many rows for one statement count once."""
    count, current = Counted(), [0]

    def begun(_: Any) -> None:
        current[0] = 0

    def executed(_: Any, cursor: Any, statement: str, parameters: Any, context: Any, is_many: bool) -> None:
        current[0] += 1
        sized(parameters, is_many)

    def ended(_: Any) -> None:
        if current[0]:
            count.transactions.append(current[0])
        current[0] = 0

    def read(_: Any, cursor: Any, statement: str, parameters: Any, context: Any, is_many: bool) -> None:
        count.reading += 1
        sized(parameters, is_many)

    def sized(parameters: Any, is_many: bool) -> None:
        if not is_many:
            count.parameters = max(count.parameters, len(parameters))

    listened: list[tuple[Any, str, Any]] = [
        (store._writer, "begin", begun), (store._writer, "after_cursor_execute", executed), (store._writer, "commit", ended),
        (store._reader, "after_cursor_execute", read),
    ]  # fmt: skip
    for listening in listened:
        sa.event.listen(*listening)
    try:
        yield count
    finally:
        for listening in listened:
            sa.event.remove(*listening)


def crowd(store: Store, site_id: int, streams: int, events: int = 1) -> None:
    """Person 1 with a stream on each of so many devices, as a script that signs in anew with every request makes them."""

    def rows(table: sa.Table, made: Iterator[dict[str, Any]]) -> None:
        with store.write() as connection:
            connection.execute(table.insert(), list(made))

    keys = {number: device_key(site_id, f"x-{number}") for number in range(streams)}
    rows(tables.person, iter([{
        "person_id": 1, "site_id": site_id, "canonical_id": 1, "created_at": NOW, "first_seen_at": NOW, "last_seen_at": NOW,
        "fields": {}, "tags": {},
    }]))  # fmt: skip
    rows(tables.identifier, iter([{
        "site_id": site_id, "kind": "user", "value": "crowd", "display": "crowd", "person_id": 1, "strength": 30, "created_at": NOW,
    }]))  # fmt: skip
    rows(tables.device, ({
        "site_id": site_id, "device_id": key, "owner": f"x-{number}", "virtual": False, "created_at": NOW,
    } for number, key in keys.items()))  # fmt: skip
    rows(tables.stream, ({
        "site_id": site_id, "device_id": key, "stream_id": 1_000 + number, "kind": 0, "epoch": 0, "user_person": 0,
        "claimable": True, "person_id": 1, "strength": 30, "claimed_at": NOW, "attributed_from": 0, "fields": {},
    } for number, key in keys.items()))  # fmt: skip
    rows(tables.event, ({
        "site_id": site_id, "device_id": key, "message_id": f"m-{number}-{event}", "stream_id": 1_000 + number, "ts": NOW,
        "received_at": NOW, "type": "page", "properties": {}, "context": {}, "flags": 0, "fingerprint": b"",
    } for number, key in keys.items() for event in range(events)))  # fmt: skip
    rows(tables.hour_count, iter([{
        "site_id": site_id, "hour": NOW, "received": streams * events, "stored": streams * events, "duplicate": 0,
        "quarantined": 0, "refused": 0,
    }]))  # fmt: skip


def erased(store: Store, streams: int, events: int = 1) -> Counted:
    """Delete a person with so many streams; return what it took."""
    ensure_first_site(store, b"m" * 32, NOW)
    site = find_site(store, None)
    crowd(store, site.site_id, streams, events)
    with counted(store) as looking:
        told = deletion.delete_person(store, site, 1, KEY, "t", NOW, preview=True)
    assert (told.events, told.streams, len(told.anonymous_ids)) == (streams * events, streams, streams)
    assert looking.transactions == [], "a preview never waits for the writer, and nobody for it"
    assert looking.total < 20, "a preview does not ask for each stream"
    with counted(store) as count:
        done = deletion.delete_person(store, site, 1, KEY, "t", NOW)
        with store.read() as connection:
            assert connection.execute(sa.select(tables.person)).first() is None
            assert connection.execute(sa.select(tables.stream)).first() is None
        assert done.job_id is not None
        rows = list(kinds.run(store, site.site_id, done.job_id, lambda: NOW, KEY))
    assert (rows[-1].state, rows[-1].done) == ("done", streams * events)
    with store.read() as connection:
        for table in (tables.event, tables.device, tables.doomed):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.tombstone)).scalar_one() == streams + 1
    return count


@pytest.mark.parametrize("streams", [500, 2_000])
def test_statements_are_bounded_and_follow_the_pieces(store: Store, streams: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions: one per piece, and none with a statement for each stream. benchmarks/erasing.py prints what
    20,000 streams take."""
    monkeypatch.setattr(removal, "STREAMS_AT_ONCE", 100)
    monkeypatch.setattr(erasing, "STREAMS_AT_ONCE", 100)
    count = erased(store, streams)
    assert max(count.transactions) <= BOUND
    pieces = 2 * streams // 100 + streams // jobs.AT_ONCE + 12
    assert len(count.transactions) <= pieces
    assert count.total <= BOUND * pieces
    assert count.parameters <= PARAMETERS


def test_the_doctor_has_no_parameter_for_each_stream(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        doomed.add_numbers(connection, 7, doomed.STREAM, range(300))
    with counted(store) as count:
        examine(store, tmp_path, has_secret_file=False)
    assert count.parameters < 20


def test_a_plan_of_an_earlier_version_is_carried_out(app: App) -> None:
    """Streams that stand in the plan, and are gone from their table."""
    store, site_id = app.installation.store, app.site.site_id
    crowd(store, site_id, 3, events=2)
    with store.write() as connection:
        connection.execute(sa.delete(tables.stream))
        trim = {"after": 1, "streams": [1_002], "before": 0, "unsubscribed": False, "protected": []}
        plans: dict[str, dict[str, Any]] = {
            "deletion": {"streams": [1_000]}, "retention": {"before": 0, "after": 9, "streams": [1_001]}, "trimming": trim,
        }  # fmt: skip
        numbers = [jobs.add(connection, site_id, kind, plan, None, NOW) for kind, plan in plans.items()]
    for number in numbers:
        assert list(kinds.run(store, site_id, number, app.clock, KEY))[-1].state == "done"
    assert app.rows(tables.event) == []
    assert app.rows(tables.doomed) == []
