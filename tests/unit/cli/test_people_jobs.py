"""`passerby people join-leads` and `people trim`."""

from __future__ import annotations

from typing import Any

import pytest

from collector.storage.operations import trimming
from tests.unit.cli.test_people import Desk, desk
from tests.unit.storage.operations.test_lead_joins import refused
from tests.unit.web.api.conftest import everything

__all__ = ["desk"]
pytestmark = pytest.mark.stores("sqlite", "postgresql")

DAY = 86_400


def test_join_leads(desk: Desk) -> None:
    desk.story.identify("w", email="lead@x.io")
    refused(desk.story, "B", "lead@x.io")
    before = everything(desk.story.app)
    shown = desk.says("people", "join-leads", "--preview")
    assert "lead@x.io" in shown
    assert desk.json("people", "join-leads", "--preview", "--json")["leads"] == [
        {"lead_id": desk.story.id_of("lead@x.io"), "account_id": desk.story.id_of("B"), "address": "lead@x.io", "refusal": None}
    ]
    assert desk.run("people", "join-leads", text="n\n").exit_code == 1
    assert everything(desk.story.app) == before
    done = desk.run("people", "join-leads", text="y\n")
    assert done.exit_code == 0
    assert "Joined: 1 leads." in done.output
    assert "people unmerge" in done.output
    assert desk.story.person("B")["emails"] == ["lead@x.io"]
    assert "No account named the address of a lead." in desk.run("people", "join-leads").output


def test_join_leads_as_json(desk: Desk) -> None:
    desk.story.identify("w", email="lead@x.io")
    refused(desk.story, "B", "lead@x.io")
    answer = desk.json("people", "join-leads", "--yes", "--json")
    (job,) = desk.json("jobs", "--json")["jobs"]
    assert (job["job_id"], job["kind"], job["state"]) == (answer["job_id"], "lead_joins", "done")


def test_trim(desk: Desk) -> None:
    desk.story.wait(30 * DAY)
    desk.story.track("y", "B")
    before = everything(desk.story.app)
    assert "A@x.io" in desk.says("people", "trim", "--inactive-days", "30", "--preview")
    told = desk.json("people", "trim", "--inactive-days", "30", "--preview", "--json")
    assert (told["inactive"], told["trimmed"], told["person_ids"]) == (1, 1, [desk.story.id_of("A")])
    assert desk.run("people", "trim", "--inactive-days", "30", text="n\n").exit_code == 1
    assert everything(desk.story.app) == before
    done = desk.run("people", "trim", "--inactive-days", "30", text="y\n")
    assert done.exit_code == 0
    assert "Deleted: 1 people." in done.output
    assert desk.story.people() == {"B"}


def test_trim_tells_who_was_deleted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Race: one came back between question and answer."""
    desk.story.wait(30 * DAY)
    begin = trimming.start

    def late(*arguments: Any) -> int:
        desk.story.track("x", "A")
        return begin(*arguments)

    monkeypatch.setattr(trimming, "start", late)
    answer = desk.json("people", "trim", "--inactive-days", "30", "--yes", "--json")
    assert (answer["inactive"], answer["trimmed"], len(answer["person_ids"])) == (2, 1, 1)
    assert desk.story.people() == {"A"}


def test_trim_keeps_whom_the_site_protects(desk: Desk) -> None:
    desk.says("site", "set", desk.story.app.site.name, "--protect", "account:acme", "--protect", "field:city")
    desk.story.wait(30 * DAY)
    shown = desk.run("people", "trim", "--inactive-days", "30", "--yes")
    assert "2 people are inactive for 30 days; 0 would be deleted, 2 stay." in shown.output
    assert desk.story.people() == {"A", "B"}
    assert desk.json("jobs", "--json")["jobs"] == []


@pytest.mark.parametrize("what", ["", "customers", "tag:", "field", "tag"])
def test_protect_refuses_what_protects_nobody(desk: Desk, what: str) -> None:
    done = desk.run("site", "set", desk.story.app.site.name, "--protect", what)
    if what:
        assert done.exit_code == 1
        assert "protects nobody; write account, account:ID, tag:NAME or field:NAME." in done.output
    else:
        assert desk.json("site", "show", "--json")


def test_trim_has_to_be_told_how_long(desk: Desk) -> None:
    assert "--inactive-days" in desk.run("people", "trim").output
    assert desk.run("people", "trim", "--inactive-days", "0").exit_code == 2
