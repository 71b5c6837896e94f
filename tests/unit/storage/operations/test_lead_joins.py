"""Leads whose address an account named before leads joined accounts by themselves: they join late, as one resumable job."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
import sqlalchemy as sa

from collector.domain.events import Proof
from collector.domain.keys import device_key, new_id
from collector.domain.lead_joins import Joined
from collector.storage import tables
from collector.storage.operations import jobs, kinds, lead_joins
from collector.storage.sites import find_site
from tests.support.app import App
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")

HOUR, DAY = 3_600, 86_400


@pytest.fixture
def story(app: App) -> Story:
    return Story(app)


def refused(
    story: Story, account: str, lead: str, reason: str = "email_taken", x: str | None = None, cause: str = "", **detail: Any
) -> None:
    """Write the entry that the version before this one wrote when an account named a lead's address, in the browser x."""
    app = story.app
    account_id, lead_id, now = int(story.id_of(account)), int(story.id_of(lead)), app.clock.now
    row = {
        "site_id": app.site.site_id, "log_id": new_id(now), "at": now, "op": "merge_refused", "stream_id": 0,
        "device_id": device_key(app.site.site_id, x) if x else 0, "anonymous_id": x,
        "person_id": account_id, "other_id": lead_id, "cause": cause or f"{reason}:{account_id}:{now}", "detail": {"reason": reason, **detail},
    }  # fmt: skip
    with app.installation.store.write() as connection:
        connection.execute(tables.identity_log.insert().values(row))


def joins(story: Story) -> list[tuple[str, str | None]]:
    """Joins to be made: address, reason."""
    app = story.app
    found: list[Joined] = lead_joins.preview(app.installation.store, find_site(app.installation.store, None), app.clock.now)
    return [(one.address, one.refusal) for one in found]


def run(story: Story) -> list[jobs.JobRow]:
    app = story.app
    store = app.installation.store
    job_id = lead_joins.start(store, find_site(store, None), app.clock.now)
    return list(kinds.run(store, app.site.site_id, job_id, app.clock, app.installation.tombstone_key))


def test_a_lead_joins_the_account_that_named_its_address(story: Story) -> None:
    typed = story.identify("x", email="lead@x.io")
    login = story.identify("y", "A")
    refused(story, "A", "lead@x.io")
    story.wait(DAY)
    assert joins(story) == [("lead@x.io", None)]
    assert story.people() == {"A", "lead@x.io"}, "a preview changes nothing"

    assert [(row.state, row.done) for row in run(story)] == [("done", 1)]
    assert story.shown() == {"A": [typed, login]}
    assert story.person("A")["emails"] == ["lead@x.io"]
    assert [row.by for row in story.app.rows(tables.person_merge)] == ["lead"]
    assert joins(story) == []


def test_a_lead_is_the_accounts_that_named_it_first(story: Story) -> None:
    story.identify("x", email="lead@x.io")
    story.identify("y", "A")
    story.identify("z", "B")
    refused(story, "B", "lead@x.io")
    story.wait(HOUR)
    refused(story, "A", "lead@x.io")
    assert joins(story) == [("lead@x.io", None)], "told once"
    run(story)
    assert story.person("B")["emails"] == ["lead@x.io"]
    assert story.person("A")["emails"] == []


def test_other_leads_named_in_the_hour_of_an_entry(story: Story) -> None:
    """Log of the version before: one refusal for a device, an account and an hour; the events tell the others."""
    for name in ("p", "q", "r"):
        story.identify(f"by {name}", email=f"{name}@x.io")
    for address in ("p@x.io", "q@x.io", "r@x.io"):
        say_as_before(story, "y", "A", address)
    hour = story.app.clock.now // (HOUR * 1_000_000)
    refused(story, "A", "p@x.io", cause=f"email_taken:{story.id_of('A')}:{hour}", x="y")
    assert sorted(joins(story)) == [("p@x.io", None), ("q@x.io", None), ("r@x.io", None)]
    run(story)
    assert story.people() == {"A"}


def say_as_before(story: Story, x: str, user: str, address: str) -> None:
    """Identify as it was stored when its address joined nobody."""
    story.identify(x, user, traits={"note": address})
    with story.app.installation.store.write() as connection:
        event = tables.event.c
        said = [row for row in connection.execute(sa.select(tables.event)) if row.properties.get("note") == address]
        connection.execute(
            tables.event.update().where(event.message_id == said[0].message_id).values(properties={"email": address})
        )


def test_undone_join_stays_undone(story: Story) -> None:
    story.identify("x", email="lead@x.io")
    story.identify("y", "A")
    refused(story, "A", "lead@x.io")
    run(story)
    story.unmerge(story.last_merge())
    assert joins(story) == [("lead@x.io", "undone")]
    run(story)
    assert story.people() == {"A", "lead@x.io"}


def test_a_second_run_changes_nothing(story: Story) -> None:
    story.identify("x", email="lead@x.io")
    story.identify("y", "A")
    refused(story, "A", "lead@x.io")
    story.wait(1)
    refused(story, "A", "lead@x.io")
    run(story)
    before = (story.app.rows(tables.person_merge), story.app.rows(tables.identity_log))
    run(story)
    assert (story.app.rows(tables.person_merge), story.app.rows(tables.identity_log)) == before


def test_a_user_id_that_is_an_address_names_it(story: Story) -> None:
    """Account of the version before, which had the user id and not the address."""
    story.identify("y", "grace@x.io")
    with story.app.installation.store.write() as connection:
        connection.execute(tables.identifier.delete().where(tables.identifier.c.kind == "email"))
    story.identify("x", email="Grace@X.io")
    assert joins(story) == [("Grace@X.io", None)]
    run(story)
    assert [sorted(person["user_ids"] + person["emails"]) for person in story.get("/api/people")["people"]] == [
        ["Grace@X.io", "grace@x.io"]
    ]


@pytest.mark.parametrize(("by", "proof"), [("link", Proof.ASSERTED), ("browser", Proof.ASSERTED), ("server", Proof.VERIFIED)])
def test_the_address_is_as_well_proven_as_the_user_id_that_it_is(story: Story, by: str, proof: int) -> None:
    """Said at least. Joined once both were there."""
    if by == "link":
        story.open("y", story.do("POST", "/api/links", {"user_id": "e@x.io", "url": "https://shop.test/"})["url"])
    else:
        (story.server if by == "server" else story).identify(None if by == "server" else "y", "e@x.io")
    with story.app.installation.store.write() as connection:
        connection.execute(tables.identifier.delete().where(tables.identifier.c.kind == "email"))
    story.wait(DAY)
    story.identify("x", email="e@x.io")
    then = story.app.clock.now
    story.wait(DAY)
    run(story)
    assert [(row.kind, row.strength) for row in story.app.rows(tables.identifier) if row.kind == "email"] == [("email", proof)]
    assert [row.at for row in story.app.rows(tables.person_merge)] == [then]


def test_an_entry_that_tells_the_address_and_the_browser(story: Story) -> None:
    """Leads, two made one by hand: only the entry knows which address it was."""
    for address in ("lead@x.io", "other@x.io"):
        story.identify(f"by {address}", email=address)
    story.merge("lead@x.io", "other@x.io")
    story.identify("y", "A")
    refused(story, "A", "lead@x.io", x="y", address="Lead@x.io")
    assert joins(story) == [("lead@x.io", None)]
    run(story)
    assert [entry["anonymous_id"] for entry in story.entries("people_merged")][-1] == "y"


def test_each_naming_is_looked_at_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Namings, not accounts that only signed in, nor user ids of nobody's address."""
    monkeypatch.setattr(lead_joins, "AT_ONCE", 2)
    story.identify("x", email="lead@x.io")
    for number, user in enumerate(("a@x.io", "b@x.io", "C", "D")):
        story.identify(f"y{number}", user)
    refused(story, "a@x.io", "lead@x.io")
    refused(story, "C", "lead@x.io")
    app = story.app
    store = app.installation.store
    job_id = lead_joins.start(store, app.site, app.clock.now)
    rows = list(islice(kinds.run(store, app.site.site_id, job_id, app.clock, b"key"), 9))
    assert [(row.state, row.done, row.total) for row in rows] == [("running", 2, 2), ("done", 2, 2)]


def test_no_more_than_three_leads_of_one_day(story: Story) -> None:
    """Agent who typed customers' addresses while signed in."""
    story.identify("agent", "A")
    for number in range(4):
        story.identify(f"x{number}", email=f"lead{number}@x.io")
        refused(story, "A", f"lead{number}@x.io")
        story.wait(HOUR)
    assert [refusal for _, refusal in joins(story)] == [None, None, None, "fan_in"]
    run(story)
    assert joins(story) == [("lead3@x.io", "fan_in")], "also the next time"
    assert len(story.person("A")["emails"]) == 3


def test_no_more_than_five_addresses_that_were_only_said(story: Story) -> None:
    story.identify("agent", "A")
    for number in range(6):
        story.identify(f"x{number}", email=f"lead{number}@x.io")
        refused(story, "A", f"lead{number}@x.io")
        story.wait(DAY)
    assert [refusal for _, refusal in joins(story)] == [None] * 5 + ["fan_in"]


def test_where_proofs_are_asked_for_a_proven_address_stays(story: Story) -> None:
    story.server.identify(None, email="lead@x.io")
    story.identify("y", "A")
    refused(story, "A", "lead@x.io")
    story.site(verify="optional")
    assert joins(story) == [("lead@x.io", "email_verified")]
    run(story)
    assert story.people() == {"A", "lead@x.io"}
    story.site(verify="off")
    assert joins(story) == [("lead@x.io", None)]


def test_two_accounts_are_never_joined(story: Story) -> None:
    story.identify("x", "B", email="b@x.io")
    story.identify("y", "A", email="b@x.io")
    assert story.log() == ["merge_refused y A email_taken"]
    assert joins(story) == []
    run(story)
    assert story.people() == {"A", "B"}


def test_a_lead_that_became_an_account_meanwhile_is_none(story: Story) -> None:
    story.identify("x", email="b@x.io")
    story.identify("y", "A")
    refused(story, "A", "b@x.io")
    story.identify("x", "B", email="b@x.io")
    assert joins(story) == []


def test_an_account_that_was_merged_into_another_takes_nobody_in(story: Story) -> None:
    story.identify("x", email="lead@x.io")
    story.identify("y", "A")
    story.identify("z", "B")
    refused(story, "A", "lead@x.io")
    story.merge("A", "B")
    assert joins(story) == [("lead@x.io", "merged_away")]


def test_deleted_people_are_passed_over(story: Story) -> None:
    story.identify("x", email="lead@x.io")
    story.identify("y", "A")
    refused(story, "A", "lead@x.io")
    entry = [row for row in story.app.rows(tables.identity_log) if row.op == "merge_refused"]
    story.delete("lead@x.io")
    with story.app.installation.store.write() as connection:
        connection.execute(tables.identity_log.insert().values(entry[0]._asdict()))
    assert joins(story) == []
    assert run(story)[-1].state == "done"


def test_other_refusals_join_nobody(story: Story) -> None:
    story.identify("x", email="lead@x.io")
    story.identify("y", "A")
    refused(story, "A", "lead@x.io", "two_people")
    assert joins(story) == []


def test_interrupted_join_goes_on(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lead_joins, "AT_ONCE", 1)
    for number in range(3):
        story.identify(f"x{number}", email=f"lead{number}@x.io")
        story.identify(f"y{number}", f"A{number}")
        refused(story, f"A{number}", f"lead{number}@x.io")
    app = story.app
    store = app.installation.store
    job_id = lead_joins.start(store, app.site, app.clock.now)
    first = next(kinds.run(store, app.site.site_id, job_id, app.clock, b"key"))
    assert (first.state, first.done, first.total) == ("running", 1, 3)
    assert len(story.people()) == 5
    app.clock.wait(61)
    assert list(kinds.run(store, app.site.site_id, job_id, app.clock, b"key"))[-1].done == 3
    assert story.people() == {"A0", "A1", "A2"}
