"""Activity log over HTTP: every kind of entry, and what carries a refused merge out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.log import Refusal
from collector.schemas.activity import by_hand
from collector.storage.reports import LogRow, Name
from tests.support.app import App
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def refused(story: Story) -> Any:
    return story.entries("merge_refused")[-1]


def carry_out(story: Story, entry: Any) -> None:
    """Do what the entry says; a preview first, which has to be possible too."""
    asked = entry["by_hand"]
    assert story.api(asked["method"], asked["path"], {**asked["body"], "preview": True}).status == 200
    story.do(asked["method"], asked["path"], asked["body"])


@pytest.mark.parametrize("x", ["x", "a/b", "..", "with space"])
def test_claimed_by_another(story: Story, x: str) -> None:
    page = story.page(x)
    story.identify(x, "A")
    story.identify(x, "B")
    entry = refused(story)
    assert (entry["reason"], entry["name"]) == ("claimed_by_another", "Merge refused")
    assert entry["by_hand"]["body"]["person_id"] == story.id_of("B")
    assert entry["by_hand"]["path"] == ("/api/visitors/x/attach" if x == "x" else "/api/visitors/attach")
    carry_out(story, entry)
    assert story.whose(page) == "B"
    assert refused(story)["by_hand"] is None, "it is done"


def test_contested_and_detached(story: Story) -> None:
    page = story.page("x")
    story.identify("x", "A")
    story.detach("x")
    story.identify("x", "A")
    assert refused(story)["reason"] == "detached"
    carry_out(story, refused(story))
    assert story.whose(page) == "A"
    story.identify("y", "A")
    story.identify("y", "B")
    story.identify("y", "C")
    assert refused(story)["reason"] in ("claimed_by_another", "contested")
    assert refused(story)["by_hand"]["path"] == "/api/visitors/y/attach"


def test_two_people_and_undone(story: Story) -> None:
    story.identify("x", "A")
    story.identify("y", "B")
    a, b = story.id_of("A"), story.id_of("B")
    story.alias("A", "B", x="x")
    assert refused(story)["by_hand"] == {"method": "POST", "path": f"/api/people/{b}/merge", "body": {"into": a}}
    carry_out(story, refused(story))
    assert story.people() == {"A+B"}
    assert refused(story)["by_hand"] is None, "they are one"
    story.unmerge(story.last_merge())
    story.server.alias("A", "B")
    assert refused(story)["reason"] == "undone"
    carry_out(story, refused(story))
    assert story.people() == {"A+B"}


def test_email_taken(story: Story) -> None:
    story.identify("x", "B", email="a@x.io")
    older = story.id_of("B")
    story.identify("y", "A", email="a@x.io")
    assert refused(story)["reason"] == "email_taken"
    carry_out(story, refused(story))
    assert story.id_of("A") == story.id_of("a@x.io") == older, "the older one's number stays"


def test_a_lead_too_many(story: Story) -> None:
    for number in range(4):
        story.identify(f"x{number}", email=f"{number}@x.io")
        story.identify("y", "A", email=f"{number}@x.io")
    account = story.id_of("A")
    assert refused(story)["reason"] == "fan_in"
    carry_out(story, refused(story))
    assert story.people() == {"A"}
    assert story.id_of("3@x.io") == account, "a lead becomes the account, and not the other way round"
    assert refused(story)["by_hand"] is None


def test_a_refusal_of_somebody_deleted_has_nothing_to_carry_out() -> None:
    ada, bob = Name(1, "a"), Name(2, "b")
    for reason in set(Refusal) - {Refusal.EMAIL_VERIFIED}:
        for person, other in ((None, bob), (None, None)):
            assert by_hand(LogRow("merge_refused", 0, "x", person, other, {"reason": reason})) is None
        made = by_hand(LogRow("merge_refused", 0, "x", ada, bob, {"reason": reason}))
        assert (made is None) == (reason == "too_many_people")
        assert by_hand(LogRow("anonymous_merge", 0, "x", ada, bob, {"reason": reason})) is None
    assert by_hand(LogRow("merge_refused", 0, None, ada, bob, {"reason": "fan_in"})) is None
    for detail in ({"reason": "email_verified"}, {"reason": "email_verified", "address": "a@x.io"}):
        assert by_hand(LogRow("merge_refused", 0, "x", None, None, detail)) is None


def test_an_account_that_names_a_proven_address(story: Story) -> None:
    story.site(verify="optional")
    story.server.identify(None, email="a@x.io")
    story.identify("x", "A", email="a@x.io")
    assert refused(story)["reason"] == "email_verified"
    account = story.id_of("A")
    carry_out(story, refused(story))
    assert story.id_of("a@x.io") == account


def test_a_typed_address_that_is_proven_is_carried_out_for_its_owner(story: Story) -> None:
    story.site(verify="optional")
    story.identify("x", "A", email="a@x.io", context=story.signed("A", "a@x.io"))
    page = story.page("y")
    story.identify("y", email="a@x.io")
    entry = refused(story)
    assert (entry["reason"], entry["person"]) == ("email_verified", None)
    assert entry["by_hand"]["body"] == {"person_id": story.id_of("A")}
    carry_out(story, entry)
    assert story.whose(page) == "A"
    assert refused(story)["by_hand"] is None, "it is done"


def test_every_kind_of_entry(story: Story, app: App) -> None:
    """Entries: each has its own kind, name and number, and nothing that another lacks."""
    story.site(verify="optional")
    story.page("x")
    story.identify("x", "A")
    story.identify("x", "B")
    story.identify("n", "null")
    story.identify("w", "A", actor="admin")
    story.identify("y", "C", context={"token": "wrong"})
    story.detach("x")
    story.attach("x", "B")
    story.logout("x", at=100)
    story.identify("z", "D")
    merge = story.merge("D", into="B")["merge_id"]
    story.unmerge(merge)
    story.delete("D")
    found = {entry["kind"]: entry for entry in story.entries()}
    expected = {
        "anonymous_merge": "Anonymous merge", "merge_refused": "Merge refused", "illegal_id": "Illegal id",
        "impersonation": "Impersonation", "identify_refused": "Identify refused", "detached": "Detached",
        "attached": "Attached", "logged_out": "Logged out", "person_deleted": "Person deleted",
    }  # fmt: skip
    assert {kind: entry["name"] for kind, entry in found.items()} == expected, "with D its merge is gone from the log"
    assert found["identify_refused"]["reason"] == found["identify_refused"]["detail"]["reason"]
    numbers = [entry["log_id"] for entry in story.entries()]
    assert all(isinstance(number, str) and number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_merges_of_people_name_their_number(story: Story) -> None:
    story.identify("x", "A")
    story.identify("y", "B")
    merge = story.merge("B", into="A")["merge_id"]
    story.unmerge(merge)
    merged, unmerged = story.entries("people_merged", "people_unmerged")
    assert merged["merge_id"] == unmerged["merge_id"] == merge
    assert (merged["name"], unmerged["name"]) == ("People merged", "People unmerged")
    assert (merged["person"]["label"], merged["other"]["label"]) == ("A", "B")
