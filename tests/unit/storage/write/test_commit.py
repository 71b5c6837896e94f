"""Transaction: events, identity effects, the bad side and the counters, together or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.events import HOUR, Quarantined, Reason
from collector.ports import Submission
from collector.storage import tables
from collector.storage.write import commit
from collector.storage.write.commit import commit_group
from tests.support.app import NOW, App
from tests.unit.storage.write.test_journal import made

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def group(app: App, *submissions: Submission, refused: int = 0, now: int = NOW) -> Any:
    with app.installation.store.write() as connection:
        return commit_group(connection, list(submissions), {app.site.site_id: refused} if refused else {}, now)


def one(app: App, *messages: str, bad: int = 0, at: int = NOW, **more: Any) -> Submission:
    events = [made(app, message, **more) for message in messages]
    kept = [Quarantined(9, Reason.UNKNOWN_TYPE, "\ud800 \x00 ü", b"\xff") for _ in range(bad)]
    return Submission(app.site, len(events) + bad, at, events, kept)


def test_receipts_in_order(app: App) -> None:
    receipts = group(app, one(app, "a", "b"), one(app, "b"), one(app, "c", bad=2))
    assert [(found.stored, found.duplicate, len(found.quarantined)) for found in receipts] == [(2, 0, 0), (0, 1, 0), (1, 0, 2)]
    assert app.assert_conserved() == {"received": 6, "stored": 3, "duplicate": 1, "quarantined": 2, "refused": 0}


def test_counts_go_to_the_hour_of_receipt(app: App) -> None:
    group(app, one(app, "a", at=NOW), one(app, "b", at=NOW + HOUR), refused=4)
    group(app, one(app, "c", at=NOW + HOUR))
    hours = {row.hour: (row.received, row.stored, row.refused) for row in app.rows(tables.hour_count)}
    assert hours == {NOW: (5, 1, 4), NOW + HOUR: (2, 2, 0)}


def test_commit_is_all_or_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(commit, "_count", failing)
        with pytest.raises(RuntimeError):
            group(app, one(app, "a", user_id="A", bad=1))
    for table in (
        tables.event,
        tables.device,
        tables.stream,
        tables.person,
        tables.identifier,
        tables.quarantine,
        tables.hour_count,
    ):
        assert app.rows(table) == [], table.name


def test_the_quarantine_has_a_limit_and_the_counters_none(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "QUARANTINE_ROWS", 3)
    for _ in range(5):
        group(app, one(app, bad=1))
    assert len(app.quarantine()) == 3
    assert app.counts()["quarantined"] == 5
    assert [(row.reason, row.count) for row in app.rows(tables.reason_count)] == [("unknown_type", 5)]


def test_the_quarantine_keeps_what_no_text_column_takes(app: App) -> None:
    group(app, one(app, bad=1))
    (kept,) = app.quarantine()
    assert (kept.body, kept.detail) == (b"\xff", "? \ufffd ü")


def test_a_colliding_device_key_is_no_merge(app: App) -> None:
    """Key of 63 bits with two owners (made up here): each keeps a device of its own."""
    first = made(app, "a", anonymous="x")
    second = made(app, "b", anonymous="y", device_id=first.device_id)
    group(app, Submission(app.site, 1, NOW, [first], []))
    group(app, Submission(app.site, 1, NOW, [second], []))
    again = made(app, "c", anonymous="y", device_id=first.device_id)
    group(app, Submission(app.site, 1, NOW, [again], []))
    assert sorted(row.owner for row in app.rows(tables.device)) == ["x", "y"]
    streams = {row["message_id"]: row["stream_id"] for row in app.events()}
    assert streams["b"] == streams["c"] != streams["a"]
