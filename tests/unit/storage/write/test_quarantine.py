"""Quarantine: an exact cap without a scan, an end, and nothing of deleted people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collector.domain.events import Quarantined, Reason
from collector.ports import Submission
from collector.storage import tables
from collector.storage.doctor import examine
from collector.storage.operations import retention
from collector.storage.operations.housekeeping import Housekeeping
from collector.storage.write import commit, quarantine
from collector.storage.write.commit import commit_group
from tests.support.app import NOW, App
from tests.unit.scenarios.story import Story
from tests.unit.storage.operations.test_erasing import counted

pytestmark = pytest.mark.stores("sqlite", "postgresql")
DAY = 86_400


def put(app: App, *bodies: bytes, detail: str = "", message_id: str | None = None, at: int = NOW) -> None:
    bad = [Quarantined(index, Reason.UNKNOWN_TYPE, detail, body, message_id) for index, body in enumerate(bodies)]
    with app.installation.store.write() as connection:
        commit_group(connection, [Submission(app.site, len(bad), at, [], bad)], {}, at)


def size(app: App) -> tuple[int, int]:
    with app.installation.store.write() as connection:
        found = quarantine.lock(connection, app.site.site_id)
    return found.events, found.bytes


def is_right(app: App) -> bool:
    with app.installation.store.read() as connection:
        return quarantine.miscounted(connection) == []


def test_the_cap_is_exact_in_events(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of any size count."""
    monkeypatch.setattr(commit, "QUARANTINE_ROWS", 10)
    for number in (7, 7, 1, 20):
        put(app, *[b"x"] * number)
    assert size(app) == (10, 10)
    assert len(app.quarantine()) == 10
    assert app.counts()["quarantined"] == 35
    assert is_right(app)


def test_the_cap_is_exact_in_bytes(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of bodies, details and message ids, not characters; what still fits is kept."""
    monkeypatch.setattr(commit, "QUARANTINE_BYTES", 100)
    put(app, b"\xff" * 40, detail="ü" * 5, message_id="ö" * 5)
    assert size(app) == (1, 60)
    put(app, b"y" * 41, b"z" * 40, b"")
    assert size(app) == (3, 100)
    assert [len(row.body) for row in app.rows(tables.quarantine, "quarantine_id")] == [40, 40, 0]
    assert is_right(app)


def test_quarantine_has_room_when_something_goes(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "QUARANTINE_ROWS", 2)
    put(app, b"a", b"b", b"c")
    ids = [row.quarantine_id for row in app.quarantine()]
    with app.installation.store.write() as connection:
        quarantine.remove(connection, app.site.site_id, [ids[0], ids[0], 5])
    put(app, b"d", b"e")
    assert (size(app)[0], len(app.quarantine())) == (2, 2)
    assert is_right(app)


@pytest.mark.parametrize("full", [False, True])
def test_a_bad_event_costs_as_many_statements_in_a_full_quarantine(
    app: App, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(app, *[b"x"] * 300)
    monkeypatch.setattr(commit, "QUARANTINE_ROWS", 300 if full else 1_000)
    with counted(app.installation.store) as count:
        put(app, b"x")
    assert count.transactions == [3 if full else 5]
    plan = str(app.installation.store.is_sqlite and _scans(app))
    assert "SCAN quarantine" not in plan


def _scans(app: App) -> list[Any]:
    with app.installation.store.read() as connection:
        said = "EXPLAIN QUERY PLAN SELECT quarantine_id FROM quarantine WHERE site_id = 1 AND message_id IN ('x')"
        return [tuple(row) for row in connection.exec_driver_sql(said)]


def test_the_doctor_compares_counters_with_rows(app: App, tmp_path: Path) -> None:
    put(app, b"x", b"y")
    assert not _wrong(app, tmp_path)
    with app.installation.store.write() as connection:
        connection.execute(sa.update(tables.quarantine_size).values(bytes=1))
    assert _wrong(app, tmp_path)


def _wrong(app: App, folder: Path) -> list[str]:
    findings = examine(app.installation.store, folder, has_secret_file=False)
    return [finding.what for finding in findings if finding.mend and "quarantine" in finding.what]


# -- expiry --------------------------------------------------------------------------------------------------------------


def test_quarantine_is_kept_for_fourteen_days(app: App) -> None:
    keeping = Housekeeping(app.installation.store, lambda: [app.site], app.clock, b"key")
    put(app, b"old")
    app.clock.wait(1 * DAY)
    put(app, b"young", at=app.clock())
    app.clock.wait(13 * DAY)
    keeping.look()
    assert len(app.quarantine()) == 2, "as old as it may be"
    app.clock.wait(3_600)
    keeping.look()
    assert [bytes(row.body) for row in app.quarantine()] == [b"young"]
    assert is_right(app)
    assert app.counts()["quarantined"] == 2, "counted for ever"


@pytest.mark.parametrize(("days", "left"), [(0, 1), (1, 0), (400, 1)])
def test_quarantine_days_of_a_site(app: App, days: int, left: int) -> None:
    story = Story(app)
    story.site(quarantine_days=days, retention_days=0)
    put(app, b"x")
    app.clock.wait(365 * DAY)
    story.retention()
    assert len(app.quarantine()) == left


def test_quarantine_is_emptied_in_pieces(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "AT_ONCE", 10)
    put(app, *[b"x"] * 35)
    app.clock.wait(20 * DAY)
    assert retention.start(app.installation.store, app.site, app.clock()) is not None
    with counted(app.installation.store) as count:
        Story(app).settle()
    assert size(app) == (0, 0)
    assert len(count.transactions) >= 4


# -- people named --------------------------------------------------------------------------------------------------------

USER, EMAIL, PHONE, MESSAGE = "user-of-zoe", "Zoe@Word.io", "phone-of-zoe", "message-of-zoe"
INNER = json.dumps({"userId": USER})
NAMING: dict[str, bytes] = {
    "a user id": b'{"type":1,"userId":"user-of-zoe"}',
    "an address": b'{"type":1,"traits":{"email":"zoe@word.io"}}',
    "an anonymous id": b'{"type":1,"anonymousId":"phone-of-zoe"}',
    "an anonymous id before": b'{"type":1,"anonymousIds":["x","phone-of-zoe"]}',
    "an alias": b'{"type":"alias","previousId":"phone-of-zoe"}',
    "escaped JSON": json.dumps({"properties": INNER}).encode(),
    "twice escaped JSON": json.dumps({"properties": json.dumps({"a": INNER})}).encode(),
    "cut off": b'{"type":"track","properties":{},"userId":"user-of-zo',
    "an address in a query": b'{"context":{"page":{"url":"https://x.io/?e=zoe%40word.io"}}}',
    "not JSON": b"userId=user-of-zoe",
    "another person's neighbour": b'{"anonymousId":"other","properties":{"friend":"user-of-zoe"}}',
}  # fmt: skip
OTHERS: dict[str, bytes] = {
    "somebody else": b'{"type":1,"userId":"user-of-joe"}',
    "a longer id": b'{"type":1,"userId":"user-of-zoeb"}',
    "nobody": b"{",
    "nothing": b"",
}


def zoe(app: App) -> Story:
    story = Story(app)
    story.identify(PHONE, USER, email=EMAIL, messageId=MESSAGE)
    story.identify("phone-of-joe", "user-of-joe", messageId="message-of-joe")
    return story


@pytest.mark.parametrize("shape", NAMING)
def test_quarantine_of_deleted_people_is_found_in_every_shape(app: App, shape: str) -> None:
    story = zoe(app)
    put(app, *OTHERS.values(), NAMING[shape])
    story.delete(USER)
    assert sorted(bytes(row.body) for row in app.quarantine()) == sorted(OTHERS.values())
    assert NAMING[shape].decode() not in json.dumps(story.get("/api/quarantine"))
    assert is_right(app)


def test_a_message_id_is_found_where_nothing_else_names_the_person(app: App) -> None:
    story = zoe(app)
    put(app, b'{"properties":{"note":"of zoe"}}', message_id=MESSAGE)
    put(app, b'{"properties":{"note":"of joe"}}', message_id="message-of-joe")
    put(app, b'{"type":17,"messageId":"message-of-zoe"}')
    put(app, b'{"type":17,"messageId":"message-of-joe"}')
    story.delete(USER)
    assert {row.message_id for row in app.quarantine()} == {"message-of-joe"}
    assert sorted(bytes(row.body) for row in app.quarantine()) == [
        b'{"properties":{"note":"of joe"}}', b'{"type":17,"messageId":"message-of-joe"}',
    ]  # fmt: skip


def test_quarantine_of_trimmed_people_is_found(app: App) -> None:
    story = zoe(app)
    put(app, *NAMING.values(), *OTHERS.values())
    app.clock.wait(100 * DAY)
    story.track("phone-of-joe", "user-of-joe")
    from collector.storage.operations import trimming
    from collector.storage.reports import seen_before

    trimming.start(
        app.installation.store, app.site, trimming.trim_of(app.site, seen_before(app.clock(), 90), False), app.clock()
    )
    story.settle()
    assert sorted(bytes(row.body) for row in app.quarantine()) == sorted(OTHERS.values())
    assert is_right(app)
