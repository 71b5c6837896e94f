"""Trimming inactive people: some go, some are protected; each goes as if deleted by hand."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from collector.domain.events import SECOND
from collector.domain.sites import Site
from collector.errors import NotFound
from collector.storage import tables
from collector.storage.operations import jobs, kinds, trimming
from collector.storage.operations.removal import Doomed, find_doomed
from collector.storage.operations.trimming import Trim
from collector.storage.reports import PersonRow, count_people, people_after, seen_before
from collector.storage.sites import find_site
from tests.support.app import App
from tests.unit.scenarios.story import Story
from tests.unit.web.api.conftest import everything

pytestmark = pytest.mark.stores("sqlite", "postgresql")

DAY = 86_400


@pytest.fixture
def story(app: App) -> Story:
    """People: A, of acme; B, tagged and unsubscribed; C with an open order; a lead; and a hundred days later D, and B again."""
    told = Story(app)
    told.page("x")
    told.identify("x", "A", email="secret@x.io", account="acme")
    told.identify("y", "B", traits={"plan": "pro"})
    told.identify("z", "C", traits={"open_orders": 2, "notes": "", "returns": 0})
    told.identify("w", email="lead@x.io")
    told.wait(100 * DAY)
    told.identify("v", "D")
    return told


def site_of(story: Story) -> Site:
    return find_site(story.app.installation.store, None)


def trim_of(story: Story, days: int = 90, unsubscribed: bool = False) -> Trim:
    return trimming.trim_of(site_of(story), seen_before(story.app.clock.now, days), unsubscribed)


def going(story: Story, **how: Any) -> set[str]:
    """People to go."""
    found = trimming.preview(story.app.installation.store, site_of(story), trim_of(story, **how))
    return {person.user_ids[0] if person.user_ids else person.label for person, goes in found if goes}


def start(story: Story, **how: Any) -> int:
    return trimming.start(story.app.installation.store, site_of(story), trim_of(story, **how), story.app.clock.now)


def run(story: Story, job_id: int) -> list[jobs.JobRow]:
    app = story.app
    return list(kinds.run(app.installation.store, app.site.site_id, job_id, app.clock, app.installation.tombstone_key))


def test_inactive_people_go(story: Story) -> None:
    assert going(story) == {"A", "B", "C", "lead@x.io"}
    assert going(story, days=101) == set()
    story.track("y", "B")
    assert going(story) == {"A", "C", "lead@x.io"}, "B came back"


def test_a_preview_changes_nothing(story: Story) -> None:
    before = everything(story.app)
    assert going(story)
    assert everything(story.app) == before


def test_trimmed_people_are_deleted_as_by_hand(story: Story) -> None:
    rows = run(story, start(story))
    assert (rows[-1].state, rows[-1].done, rows[-1].total) == ("done", 4, 4)
    assert story.people() == {"D"}
    assert "secret" not in json.dumps([repr(row) for row in everything(story.app).values()])
    assert {row.detail["by"] for row in story.app.log() if row.op == "person_deleted"} == {"trim"}
    assert story.app.rows(tables.tombstone), "keyed hashes stay"
    story.send(story.event("identify", "x", "A", at=5))
    assert story.ends == {"deleted": 1}, "what happened before stays away, however late it comes"


def test_received_is_still_accounted_for(story: Story) -> None:
    before = story.get("/api/counts")
    run(story, start(story))
    after = story.get("/api/counts")
    assert all(before[name] == after[name] for name in ("received", "stored", "duplicate", "quarantined", "refused"))


@pytest.mark.parametrize(
    ("protected", "stay"),
    [
        (("account",), {"A"}), (("account:acme",), {"A"}), (("account:other",), set()),
        (("tag:customer",), {"B"}), (("tag:lost",), set()), (("field:plan",), {"B"}),
        (("field:open_orders",), {"C"}), (("field:notes",), set()), (("field:returns",), set()), (("field:nothing",), set()),
        (("account:acme", "tag:customer", "field:open_orders"), {"A", "B", "C"}),
    ],
)  # fmt: skip
def test_open_business_protects(story: Story, protected: tuple[str, ...], stay: set[str]) -> None:
    story.site(protected=protected)
    tag(story, "B", "customer")
    everybody = {"A", "B", "C", "lead@x.io"}
    assert going(story) == everybody - stay
    run(story, start(story))
    assert story.people() - {"D"} == stay


def tag(story: Story, name: str, tag: str) -> None:
    """Give somebody a tag without an event, which would be a sign of life."""
    person = tables.person.c
    state = {tag: {"on": True, "at": 1}, "lost": {"on": False, "at": 1}}
    with story.app.installation.store.write() as connection:
        connection.execute(tables.person.update().where(person.person_id == int(story.id_of(name))).values(tags=state))


def test_trim_only_the_unsubscribed(story: Story) -> None:
    person = tables.person.c
    with story.app.installation.store.write() as connection:
        gone = {"unsubscribed_at": 5 * SECOND, "subscription_at": 5 * SECOND}
        connection.execute(tables.person.update().where(person.person_id == int(story.id_of("B"))).values(gone))
    assert going(story, unsubscribed=True) == {"B"}


def test_a_lead_that_joined_is_seen_with_its_account(story: Story) -> None:
    """Merged people: what one did lately keeps both."""
    story.identify("u", "D", email="lead@x.io")
    assert going(story) == {"A", "B", "C"}
    run(story, start(story))
    assert story.person("D")["emails"] == ["lead@x.io"]


def test_returning_person_is_not_trimmed(story: Story) -> None:
    """Deletion only of who is still inactive under the lock."""
    trim = trim_of(story)
    with story.app.installation.store.read() as connection:
        row: PersonRow = people_after(connection, story.app.site.site_id, 0, 1, trim.before)[0]
    assert trim.takes(row)
    job_id = start(story)
    story.track("x", "A")
    assert run(story, job_id)[-1].done == 3
    assert story.people() == {"A", "D"}


def test_activity_is_looked_at_again_under_the_lock(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Race: A came back, and B was deleted by another, just before their turn."""
    first, other = int(story.id_of("A")), int(story.id_of("B"))

    def found(connection: sa.Connection, site_id: int, person_id: int) -> Doomed:
        if person_id == other:
            raise NotFound("There is no person with this id.")
        doomed = find_doomed(connection, site_id, person_id)
        if person_id == first:
            doomed.shown = msgspec.structs.replace(doomed.shown, last_seen_at=story.app.clock.now)
        return doomed

    monkeypatch.setattr(trimming, "find_doomed", found)
    assert run(story, start(story))[-1].state == "done"
    assert story.people() == {"A", "B", "D"}


@pytest.mark.parametrize(("seen", "takes"), [(9, True), (10, False), (11, False), (None, True)])
def test_last_seen(story: Story, seen: int | None, takes: bool) -> None:
    """People only made, by a link, were never seen."""
    with story.app.installation.store.read() as connection:
        row = people_after(connection, story.app.site.site_id, 0, 1)[0]
    assert Trim(10, False, ()).takes(msgspec.structs.replace(row, last_seen_at=seen)) is takes


def test_a_preview_reads_in_parts(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "LOOKED_AT", 3)
    found = list(trimming.preview(story.app.installation.store, site_of(story), trim_of(story)))
    assert [(person.label, goes) for person, goes in found] == [
        ("secret@x.io", True), ("B", True), ("C", True), ("lead@x.io", True)
    ]  # fmt: skip


def test_interrupted_trim_goes_on(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "AT_ONCE", 1)
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    job_id, app = start(story), story.app
    key = app.installation.tombstone_key
    for _ in zip(range(2), kinds.run(app.installation.store, app.site.site_id, job_id, app.clock, key), strict=False):
        pass  # two pieces, then the process is gone: one person is cut off, an event of theirs removed
    assert len(story.people()) == 4
    app.clock.wait(61)
    assert run(story, job_id)[-1].state == "done"
    assert story.people() == {"D"}
    assert {row["person"] for row in app.events()} == {"user:D"}


def test_people_are_counted(story: Story) -> None:
    now, site_id = story.app.clock.now, story.app.site.site_id
    with story.app.installation.store.read() as connection:
        count = count_people(connection, site_id, seen_before(now, 90))
    assert (count.identified, count.active, count.inactive) == (5, 1, 4)
