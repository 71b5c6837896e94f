"""Deletion of a person: gone at once, removed by the job, and what is left: hashes."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from collector.errors import NotFound
from collector.storage import tables
from collector.storage.operations import deletion, jobs, kinds
from tests.support.app import App
from tests.unit.storage.operations.test_corrections import everything, number, tell

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def delete(app: App, name: str, preview: bool = False) -> deletion.Deletion:
    key = app.installation.tombstone_key
    return deletion.delete_person(
        app.installation.store, app.site, number(app, name), key, "t", app.clock(), preview=preview
    )  # fmt: skip


def run(app: App, job_id: int | None) -> list[jobs.JobRow]:
    assert job_id is not None
    return list(kinds.run(app.installation.store, app.site.site_id, job_id, app.clock, b"key"))


@pytest.fixture
def ada(app: App) -> App:
    """Ada on her phone, her laptop and a server; Bob on a device of his own."""
    tell(app, "page", "secret-phone")
    tell(app, "identify", "secret-phone", "secret-ada", traits={"email": "secret@x.io", "city": "secret-city"})
    tell(app, "identify", "secret-laptop", "secret-ada", context={"groupId": "acme"})
    tell(app, "identify", "secret-phone", "secret-ada", context={"actor": "support"})
    tell(app, "page", "bob-phone")
    tell(app, "identify", "bob-phone", "bob")
    return app


def test_a_preview_says_what_goes_and_leaves_it(ada: App) -> None:
    before = everything(ada)
    told = delete(ada, "user:secret-ada email:secret@x.io", preview=True)
    assert (told.events, told.streams, told.job_id) == (4, 4 + 1, None)
    assert told.identifiers == ["secret-ada", "secret@x.io"]
    assert sorted(told.anonymous_ids) == ["secret-laptop", "secret-phone"]
    assert everything(ada) == before


def test_deleted_person_is_hidden_before_the_job_has_run(ada: App) -> None:
    gone = number(ada, "user:secret-ada email:secret@x.io")
    delete(ada, "user:secret-ada email:secret@x.io")
    assert list(ada.people()) == ["user:bob"]
    assert [row["person"] for row in ada.events()] == ["user:bob", "user:bob"], "no event of hers is in a stream"
    assert "secret" not in json.dumps(ada.get("/api/activity"))
    assert ada.get("/api/people?email=secret@x.io")["people"] == []
    with pytest.raises(NotFound):
        deletion.delete_person(ada.installation.store, ada.site, gone, b"", "t", ada.clock())


def test_deletion_job_leaves_no_row(ada: App) -> None:
    bobs = [row for row in ada.events() if row["person"] == "user:bob"]
    done = run(ada, delete(ada, "user:secret-ada email:secret@x.io").job_id)
    assert (done[-1].state, done[-1].done, done[-1].total) == ("done", 4, 4)
    assert "secret" not in repr(everything(ada))
    assert [row for row in ada.events() if row["person"] == "user:bob"] == bobs
    assert [row.op for row in ada.log() if row.op == "person_deleted"] == ["person_deleted"]
    assert len(ada.rows(tables.tombstone)) == 4, "a hash for each name and each anonymous id"


def test_a_job_goes_on_where_it_was_interrupted(ada: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    job_id = delete(ada, "user:secret-ada email:secret@x.io").job_id
    assert job_id is not None
    store, site = ada.installation.store, ada.site.site_id
    for _ in zip(range(2), kinds.run(store, site, job_id, ada.clock, b"key"), strict=False):
        pass  # two pieces, then the process is gone
    assert not run(ada, job_id), "somebody seems to be at it"
    ada.clock.wait(61)
    with store.read() as connection:
        assert jobs.open_jobs(connection, ada.clock()) == [(site, job_id)]
    assert run(ada, job_id)[-1].done == 4


def test_a_failed_job_says_why_and_can_be_run_again(ada: App, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = delete(ada, "user:secret-ada email:secret@x.io").job_id
    assert job_id is not None
    store, site = ada.installation.store, ada.site.site_id
    jobs.fail(store, site, job_id, "the disk is full", ada.clock())
    with store.read() as connection:
        assert jobs.get_job(connection, site, job_id).error == "the disk is full"
        with pytest.raises(NotFound):
            jobs.get_job(connection, site, 1)
    assert run(ada, job_id)[-1].state == "done"


def test_a_device_of_two_keeps_what_is_the_others(app: App) -> None:
    tell(app, "page", "x")
    tell(app, "identify", "x", "A")
    tell(app, "identify", "x", "B")
    run(app, delete(app, "user:A").job_id)
    assert [(row["person"], row["type"]) for row in app.events()] == [("user:B", "identify")]
    tell(app, "track", "x", "B")
    tell(app, "page", "x")
    assert [row["anonymous_id"] for row in app.events()] == ["x", None], "x is given up; B's events are still B's"
    assert [row.reason for row in app.quarantine()] == ["deleted"]
    assert [bytes(row.body) for row in app.quarantine()] == [b""]


def test_other_sites_keep_their_people(ada: App) -> None:
    name = "user:secret-ada email:secret@x.io"
    here = number(ada, name)
    with ada.installation.store.write() as connection:
        connection.execute(
            tables.identifier.insert().values(
                site_id=99, kind="user", value="secret-ada", display="secret-ada", person_id=5, strength=1, created_at=1
            )
        )
    key = ada.installation.tombstone_key
    deletion.delete_person(ada.installation.store, ada.site, here, key, "t", ada.clock())
    with ada.installation.store.read() as connection:
        left = connection.execute(sa.select(tables.identifier.c.site_id).where(tables.identifier.c.value == "secret-ada"))
        assert left.scalars().all() == [99]
