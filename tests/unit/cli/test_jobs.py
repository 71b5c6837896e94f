"""`passerby link`, `passerby retention` and `passerby jobs`."""

from __future__ import annotations

import threading
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from collector.storage import tables
from collector.storage.operations import deletion, jobs, kinds
from tests.support.app import App
from tests.unit.cli.test_people import Desk
from tests.unit.scenarios.course import DAY
from tests.unit.scenarios.story import Story
from tests.unit.web.api.conftest import everything

pytestmark = pytest.mark.stores("sqlite", "postgresql")


@pytest.fixture
def desk(app: App, app_url: str | None, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("COLUMNS", "200")
    return Desk(Story(app), app_url)


# -- links ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["user:A", "a@x.io", "number"])
def test_a_link_that_the_collector_follows(desk: Desk, name: str) -> None:
    """Signed with the same key as the collector's own."""
    desk.story.identify("a", "A", email="a@x.io")
    named = desk.story.id_of("A") if name == "number" else name
    done = desk.run("link", named, "--url", "https://shop.test/offer?x=1")
    assert done.stderr.strip().endswith("Good until 2026-12-22T04:00:01.000Z.")
    url = done.stdout.strip()
    assert list(parse_qs(urlsplit(url).query)) == ["x", "passerby_link"]
    opened = desk.story.open("y", url)
    assert desk.story.whose(opened) == "A"


def test_a_link_without_an_address(desk: Desk) -> None:
    made = desk.json("link", "new@x.io", "--json")
    assert (made["parameter"], made["url"]) == ("passerby_link", None)
    assert desk.says("link", "new@x.io").startswith("passerby_link=")
    assert desk.story.people() == set(), "nobody is made before it is opened"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody",), "number, user:ID"), (("user:null",), "names nobody"), (("user:",), "names nobody"), (("1",), "Nobody is called"),
        (("@",), "names nobody"), (("user:A", "--url", "shop.test"), "must be an address"),
        (("user:A", "--url", "javascript:x"), "must be an address"),
    ],
)  # fmt: skip
def test_link_that_is_none(desk: Desk, arguments: tuple[str, ...], says: str) -> None:
    assert says in desk.refused("link", *arguments)


# -- retention -----------------------------------------------------------------------------------------------------------


def test_retention_runs_at_once(desk: Desk) -> None:
    old = desk.story.page("x", at=0)
    desk.story.identify("y", "A", at=0)
    desk.story.wait_for(91 * DAY)
    new = desk.story.page("z")
    said = desk.says("retention")
    assert "90 days" in said
    assert {row.message_id for row in desk.story.app.rows(tables.event)} == {"m2", new}
    assert old not in str(desk.story.shown())
    (job,) = desk.json("jobs", "--json")["jobs"]
    assert (job["kind"], job["state"]) == ("retention", "done")
    assert desk.json("retention", "--json")["state"] == "done"


def test_retention_of_a_site_that_keeps_everything(desk: Desk) -> None:
    desk.says("site", "set", "My site", "--retention-days", "0")
    before = everything(desk.story.app)
    assert "keeps everything" in desk.says("retention")
    assert desk.run("retention", "--json").stdout == "null\n"
    assert everything(desk.story.app) == before


# -- jobs ----------------------------------------------------------------------------------------------------------------


def begun(desk: Desk, events: int = 3) -> int:
    """Deletion begun and not carried out yet."""
    desk.story.identify("x", "A")
    for _ in range(events - 1):
        desk.story.page("x")
    app = desk.story.app
    key, number = app.installation.tombstone_key, int(desk.story.id_of("A"))
    job_id = deletion.delete_person(app.installation.store, app.site, number, key, "test", app.clock()).job_id
    assert job_id is not None
    return job_id


def test_jobs_that_wait_are_carried_out(desk: Desk) -> None:
    job_id = begun(desk)
    listed = desk.says("jobs")
    assert all(word in listed for word in (str(job_id), "deletion", "waiting", "--run"))
    assert desk.json("jobs", "--json")["jobs"][0]["done"] == 0
    done = desk.json("jobs", "--run", "--json")["jobs"]
    assert [(job["job_id"], job["state"], job["done"]) for job in done] == [(str(job_id), "done", 3)]
    assert desk.story.app.rows(tables.event) == []
    assert "--run" not in desk.says("jobs")


def test_jobs_that_failed_are_shown_and_carried_out(desk: Desk) -> None:
    job_id = begun(desk)
    app = desk.story.app
    with mock.patch.object(jobs, "_advance", side_effect=OSError("no space left")):
        assert "no space left: passerby jobs --run goes on" in desk.refused("jobs", "--run")
    assert app.rows(tables.event), "still there"
    listed = desk.says("jobs")
    assert "failed" in listed
    assert "OSError" in listed
    assert "space left" in listed, "in a narrow column, over several lines"
    assert desk.json("jobs", "--run", "--json")["jobs"][0]["state"] == "done"
    assert app.rows(tables.event) == []
    assert job_id


def test_a_job_that_is_interrupted_is_left_to_others(desk: Desk) -> None:
    begun(desk)
    with mock.patch.object(jobs, "_advance", side_effect=KeyboardInterrupt):
        assert desk.run("jobs", "--run").exit_code != 0
    assert desk.json("jobs", "--json")["jobs"][0]["state"] == "waiting"


def test_job_taken_up_by_a_collector(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Job taken up by a collector first: the command watches until it is done."""
    job_id = begun(desk, events=5)
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    app = desk.story.app
    store, site_id = app.installation.store, app.site.site_id
    running: Any = kinds.run(store, site_id, job_id, app.clock, b"key")
    assert next(running).state == "running"
    rest = threading.Timer(0.5, lambda: list(running))
    rest.start()
    answer = desk.json("jobs", "--run", "--json")["jobs"][0]
    rest.join()
    assert (answer["state"], answer["done"]) == ("done", 5)
