"""Deletion of a person: its preview first; afterwards nothing shows the person."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.storage.operations import jobs, kinds
from tests.support.app import App

from ..browser import Desk, plain

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def told(desk: Desk) -> int:
    desk.page("x")
    desk.identify("x", "ada", email="ada@example.com")
    desk.track("Bought", "x", "ada")
    desk.page("y")
    return desk.number("ada")


def test_deletion_preview_lists_what_goes(desk: Desk) -> None:
    ada = told(desk)
    text = desk.read(f"/delete?person={ada}")
    assert "Delete ada@example.com" in text and "This cannot be taken back." in text
    assert "Events 3 Streams 2 Identifiers ada, ada@example.com Anonymous ids x" in text


def test_deleted_person_is_shown_nowhere(desk: Desk) -> None:
    ada = told(desk)
    text = desk.confirm(f"/delete?person={ada}")
    assert "The person was deleted." in text and "ada@example.com" not in text
    assert desk.get(f"/people/{ada}").status_code == 404
    for path, page in desk.everything().items():
        assert "ada" not in page, path
    assert "A person was deleted with 3 events by admin, in the console." in desk.read("/activity?tab=log")
    visitor = desk.read("/visitors/x")
    assert "This anonymous id was deleted with its person at 2026-11-22" in visitor
    assert desk.get("/visitors/never").status_code == 404


def test_late_events_of_a_deleted_person_are_dropped_and_explained(desk: Desk) -> None:
    desk.confirm(f"/delete?person={told(desk)}")
    answer = desk.app.batch({"type": "page", "anonymousId": "x", "messageId": "late"})
    assert (answer.reasons, answer.json["rotate"]) == ([], ["x"]), "a browser is told no more than it says itself"
    assert "Of somebody who was deleted." in desk.read("/ingest")


def test_the_job_is_shown_until_it_is_done(desk: Desk) -> None:
    desk.confirm(f"/delete?person={told(desk)}")
    page = desk.get("/jobs").text
    assert 'hx-trigger="every 2s"' in page and "waiting 0 of 3 events" in plain(page)
    part = desk.get("/jobs", **{"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="jobs"') and "<html" not in part
    store, site = desk.app.installation.store, desk.app.site
    with store.read() as connection:
        (job,) = jobs.find_jobs(connection, site.site_id)
    list(kinds.run(store, site.site_id, job.job_id, desk.app.clock, b"key"))
    page = desk.get("/jobs").text
    assert "hx-trigger" not in page and "done 3 of 3 events" in plain(page)


def test_deletion_needs_the_key(tmp_path: Path) -> None:
    """Tombstones under a wrong key would let the person come back."""
    with App(tmp_path / "data") as app:
        desk = Desk(app, tombstone_key=None)
        with desk.client:
            ada = told(desk)
            answer = desk.get(f"/delete?person={ada}")
            assert answer.status_code == 503 and "Nothing was changed" in plain(answer.text)
            assert desk.post("/delete", {"token": desk.token("/people"), "person": str(ada)}).status_code == 503
            assert desk.get(f"/people/{ada}").status_code == 200
