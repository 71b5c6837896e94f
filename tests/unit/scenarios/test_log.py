"""Identity log and more: entries, refusals that can be carried out, previews, one person in full. Rules R29, R30."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .course import HOUR, seconds
from .shown import portrait
from .story import Story

PAGE = Path(__file__).parents[3] / "docs" / "identity.md"


def documented() -> set[str]:
    """Kinds of entries that docs/identity.md lists under *The log*."""
    _, _, log = PAGE.read_text().partition("## The log")
    return set(re.findall(r"`([a-z_]+)`", log.partition("\n## ")[0]))


def test_every_operation_is_in_the_log(story: Story) -> None:
    """R30, The log. Given a day on which everything happens; then every kind of entry is there, and every one is documented."""
    story.page("x")
    story.identify("x", "A")
    story.identify("x", "B")
    story.identify("x", "null")
    story.identify("x", "A", actor="admin-7")
    story.detach("x")
    story.attach("x", "B")
    story.logout("x", at=20)
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    story.identify("z", "C", email="c@x.io")
    story.server.identify(None, "D", email="c@x.io")
    story.delete("C")
    story.identify("v", "E", email="e@x.io")
    story.server.identify(None, "D", email="e@x.io")
    story.do("POST", f"/api/people/{story.id_of('D')}/remove_email", {"email": "e@x.io"})
    story.site(after_claim="new_visitor")
    story.identify("k", "A")
    story.page("k")
    story.site(verify="required")
    story.identify("w", "A")
    token = story.app.post("/v1/handoff", {"anonymousId": "p", "writeKey": "wk_golden"}).json["token"]
    story.open("q", f"https://shop.test/?passerby_handoff={token}")
    kinds = {entry["kind"] for entry in story.entries()}
    assert kinds == documented()
    assert all(entry["name"][0].isupper() and "_" not in entry["name"] for entry in story.entries())


def test_an_entry_once_for_each_cause(story: Story) -> None:
    """R30. Given one identify that is refused for two reasons; then both are in the log, each once."""
    story.identify("x", "A", email="a@x.io")
    for _ in range(3):
        story.identify("x", "B", email="a@x.io")
    refused = [entry for entry in story.log() if "refused" in entry]
    assert sorted(refused) == ["merge_refused x B claimed_by_another", "merge_refused x B email_taken"]


def test_the_log_is_of_the_hour_of_the_event(story: Story) -> None:
    """R30. Given refusals of one hour that arrive in another order; then they are one entry, those of the next another."""
    story.identify("x", "A", at=0)
    for at in (HOUR + 10, 30, HOUR + 5, 40):
        story.identify("x", "B", at=at)
    assert len(story.entries("merge_refused")) == 2


def test_log_has_no_entry_of_what_changes_nothing(story: Story) -> None:
    """R8, R30. Given tracks, pages, and identifies of a known owner; then the log is as it was."""
    story.page("x")
    story.identify("x", "A", email="a@x.io")
    before = story.entries()
    story.track("x", "A")
    story.identify("x", "A", email="a@x.io", traits={"plan": "pro"})
    story.identify("x", "A", context={"anonymousIds": ["x"]})
    story.group("acme", "x", "A")
    assert [entry["log_id"] for entry in story.entries()] == [entry["log_id"] for entry in before]


@pytest.mark.parametrize("reason", ["claimed_by_another", "detached", "contested", "fan_in"])
def test_a_refused_claim_says_how_to_carry_it_out(story: Story, reason: str) -> None:
    """By hand, R30. Given a claim was refused; when the request that its entry names is made; then the device is theirs."""
    page = story.page("x")
    if reason == "fan_in":
        story.send(*(story.event("identify", f"x{number}", "B", at=1) for number in range(50)))
    else:
        story.identify("x", "A")
    if reason == "detached":
        story.detach("x")
    if reason == "contested":
        story.identify("x", "C")
        story.logout("x", at=20)
        page = story.page("x", at=1.5)
    story.identify("x", "B")
    entry = story.entries("merge_refused")[-1]
    assert (entry["reason"], entry["person"]["label"]) == (reason, "B")
    story.do(entry["by_hand"]["method"], entry["by_hand"]["path"], entry["by_hand"]["body"])
    assert story.whose(page) == "B"


@pytest.mark.parametrize("reason", ["two_people", "email_taken", "undone"])
def test_a_refused_merge_says_how_to_carry_it_out(story: Story, reason: str) -> None:
    """By hand, R30. Given two people were not merged; when the request that the entry names is made; then they are one."""
    story.identify("x", "A", email="a@x.io")
    story.identify("y", "B")
    if reason == "two_people":
        story.alias("A", "B", x="x")
    elif reason == "email_taken":
        story.identify("y", "B", email="a@x.io")
    else:
        story.server.alias("A", "B")
        story.unmerge(story.last_merge())
        story.server.alias("A", "B")
    entry = story.entries("merge_refused")[-1]
    assert entry["reason"] == reason
    older = story.id_of("A")
    story.do(entry["by_hand"]["method"], entry["by_hand"]["path"], entry["by_hand"]["body"])
    assert story.people() == {"A+B"}
    assert story.id_of("B") == older


def test_one_person_in_full(story: Story) -> None:
    """R29. Given A with two devices and a merge; then A's own page lists the devices with dates and proofs, and the merge."""
    story.page("x", at=1)
    story.identify("x", "A", at=2)
    story.server.identify("y", "A", at=3)
    story.identify("z", "B", at=4)
    story.merge("B", into="A")
    one = story.get(f"/api/people/{story.id_of('A')}")
    devices = {
        device["anonymous_id"]: (device["strength"], seconds(device["merged_at"]), device["events"])
        for device in one["devices"]
    }
    assert devices == {"x": ("asserted", 2, 1), "y": ("verified", 3, 0), "z": ("asserted", 4, 0)}
    (merge,) = one["merges"]
    assert (merge["merge_id"], merge["reversed_at"], merge["target_id"]) == (story.last_merge(), None, one["person_id"])
    story.unmerge(merge["merge_id"])
    (merge,) = story.get(f"/api/people/{story.id_of('A')}")["merges"]
    assert merge["reversed_at"] is not None


def test_a_merged_number_still_finds_the_person(story: Story) -> None:
    """R26, R29. Given B was merged into A; then B's old number answers with A, until it is undone."""
    story.identify("x", "A")
    story.identify("y", "B")
    numbers = {user: story.id_of(user) for user in ("A", "B")}
    story.merge("B", into="A")
    assert story.get(f"/api/people/{numbers['B']}")["person_id"] == numbers["A"]
    story.unmerge(story.last_merge())
    assert story.get(f"/api/people/{numbers['B']}")["user_ids"] == ["B"]


def test_a_preview_says_what_will_move(story: Story) -> None:
    """By hand. Given a preview of a detach; then it says what the operation says when it is carried out."""
    story.identify("x", traits={"city": "Rome"})
    story.identify("x", "A", traits={"plan": "pro"})
    said = story.detach("x", preview=True)
    assert said["preview"] is True
    done = story.detach("x")
    assert {**said, "preview": False} == done
    (moved,) = done["people"]
    assert (moved["before"]["fields"], moved["after"]["fields"]) == ({"city": "Rome", "plan": "pro"}, {"plan": "pro"})
    assert (moved["moves"]["events"], moved["moves"]["anonymous_events"]) == (-1, -1)


def test_a_preview_of_a_merge_is_the_merge(story: Story) -> None:
    """By hand. Given a preview of a merge of two people; then both look in it as they look afterwards."""
    story.page("x")
    story.identify("x", "A", traits={"plan": "pro"})
    story.identify("y", "B", email="b@x.io", traits={"plan": "free", "city": "Rome"})
    said = story.merge("B", into="A", preview=True)
    assert story.people() == {"A", "B"}
    story.merge("B", into="A")
    shown = portrait(story.person("A"))
    after = next(one["after"] for one in said["people"] if one["person_id"] == shown["person_id"])
    assert {key: after[key] for key in shown} == shown


def test_a_visitor_says_since_when_it_is_contested(story: Story) -> None:
    """R9, R29. Given x is contested from 10; then its own page says so, and still into whom it was merged."""
    story.page("x", at=1)
    story.identify("x", "A", at=5)
    assert story.visitor("x")["contested_from"] is None
    story.identify("x", "B", at=10)
    assert (seconds(story.visitor("x")["contested_from"]), story.mapped("x")) == (10, "A")


def test_excluded_events_are_shown_as_such(story: Story) -> None:
    """R23, R29. Given an admin acted as A on x; then what they did is to be found, marked, and under nobody's name."""
    story.identify("y", "A")
    told = story.track("x", "A", actor="admin-7")
    event = story.event_shown(told)
    assert (event["excluded"], event["person_id"], "impersonated" in event["flags"]) == (True, None, True)
