"""Background of a running collector: waiting jobs, and retention once an hour."""

from __future__ import annotations

import time
from typing import Any

import pytest

from collector.storage import tables
from collector.storage.operations import deletion, housekeeping, jobs, retention
from collector.storage.operations.housekeeping import Housekeeping
from tests.support.app import App
from tests.unit.storage.operations.test_corrections import tell

pytestmark = pytest.mark.stores("sqlite", "postgresql")
DAY = 86_400


@pytest.fixture
def keeping(app: App) -> Housekeeping:
    return Housekeeping(app.installation.store, lambda: [app.site], app.clock, b"key")


def kinds(app: App) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in app.rows(tables.job, "job_id")]


def test_retention_removes_what_nobody_claimed_and_keeps_the_rest(app: App, keeping: Housekeeping) -> None:
    for name in ("quiet", "claimed", "active"):
        tell(app, "page", name)
    tell(app, "identify", "claimed", "A")
    app.clock.wait(60 * DAY)
    tell(app, "page", "active")
    app.clock.wait(31 * DAY)
    keeping.look()
    assert {row["anonymous_id"] for row in app.events()} == {"claimed", "active"}
    assert {row.owner for row in app.rows(tables.device)} == {"claimed", "active"}
    assert len(app.rows(tables.event)) == 4
    assert kinds(app) == [("retention", "done")]


def test_a_job_that_waits_is_carried_out(app: App, keeping: Housekeeping) -> None:
    with app.installation.store.write() as connection:
        jobs.add(connection, app.site.site_id, "deletion", {"streams": [1, 2]}, 0, app.clock())
    keeping.look()
    assert kinds(app) == [("deletion", "done")]


def test_retention_begins_once_an_hour_and_only_when_something_is_old(app: App, keeping: Housekeeping) -> None:
    keeping.look()
    assert kinds(app) == []
    tell(app, "page", "x")
    app.clock.wait(91 * DAY)
    for _ in range(3):
        keeping.look()
        app.clock.wait(600)
    assert kinds(app) == [("retention", "done")]


def test_a_site_that_keeps_everything(app: App) -> None:
    import msgspec

    site = msgspec.structs.replace(app.site, retention_days=0)
    assert retention.start(app.installation.store, site, app.clock()) is None
    assert retention.start_if_due(app.installation.store, site, app.clock()) is None


def test_a_broken_job_does_not_stop_the_others(app: App) -> None:
    def broken(*_: Any) -> tuple[int, int]:
        raise ValueError("our own fault")

    installation = app.installation
    keeping = Housekeeping(
        installation.store, lambda: [app.site], app.clock, b"key", {"bad": jobs.Kind(broken), **deletion.KINDS}
    )
    with app.installation.store.write() as connection:
        jobs.add(connection, app.site.site_id, "bad", {"streams": [1]}, None, app.clock())
        jobs.add(connection, app.site.site_id, "deletion", {"streams": [1]}, None, app.clock() + 1)
    keeping.look()
    assert kinds(app) == [("bad", "failed"), ("deletion", "done")]


def test_housekeeping_stops_in_the_middle_and_leaves_the_rest(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(housekeeping, "PAUSE_SECONDS", 5.0)
    with app.installation.store.write() as connection:
        jobs.add(connection, app.site.site_id, "deletion", {"streams": [1, 2, 3]}, None, app.clock())
    keeping = Housekeeping(app.installation.store, lambda: [app.site], app.clock, b"key")
    keeping.start()
    deadline = time.monotonic() + 10
    while kinds(app) != [("deletion", "running")] and time.monotonic() < deadline:
        time.sleep(0.01)
    keeping.stop()
    assert kinds(app) == [("deletion", "waiting")]
