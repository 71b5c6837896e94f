"""Merge and unmerge of two people. Rules R26, R27; *Merging two people*."""

from __future__ import annotations

import pytest

from .story import Story, two


def test_merging_two_people(story: Story) -> None:
    """R26. Given A and B; when B is merged into A; then all is A's, and B's number stands for A."""
    two(story)
    number_of_b = story.id_of("B")
    story.merge("B", into="A")
    assert story.shown() == {"A+B": ["m1", "m2", "m3", "m4"]}
    assert story.id_of("A") == story.id_of("B") != number_of_b
    assert len(story.pages(f"/api/people/{number_of_b}/events", "events")) == 4
    assert sorted(story.person("A")["anonymous_ids"]) == ["x", "y"]
    assert story.mapped("y") == "A+B"
    assert story.visits("B") == (1, 3, 4)
    assert story.log()[-1].startswith("people_merged")


def test_unmerging_gives_back_both(story: Story) -> None:
    """R27. Given A and B were merged; when that is undone; then each has their own, also what happened in between."""
    first, second = two(story)
    story.merge("B", into="A")
    of_b, of_y, of_a = story.track("y", "B"), story.page("y"), story.track("x", "A")
    new = story.identify("z", "B", traits={"city": "Rome"})
    assert story.people() == {"A+B"}
    story.unmerge(story.last_merge())
    assert story.shown() == {"A": ["m1", first, of_a], "B": ["m2", second, of_b, of_y, new]}
    assert (story.fields("A"), story.fields("B")) == ({}, {"city": "Rome"})
    assert (story.person("A")["anonymous_ids"], sorted(story.person("B")["anonymous_ids"])) == (["x"], ["y", "z"])
    assert (story.visits("A"), story.visits("B")) == ((1, 3, 7), (2, 4, 8))
    assert story.log()[-1].startswith("people_unmerged")


def test_merged_people_share_a_device(story: Story) -> None:
    """Who wins 1. Given x is A's and A, B are one; when B identifies on x; then nothing is refused, and x is given up, as it
    would be if they were two."""
    two(story)
    story.merge("B", into="A")
    unsaid = story.page("x")
    story.identify("x", "B")
    assert story.rotated() == ["x"]
    assert story.whose(unsaid) == "A+B"
    assert "refused" not in " ".join(story.log())
    story.unmerge(story.last_merge())
    assert story.whose(unsaid) == "A", "it was A's claim"


def test_after_unmerging_the_devices_are_apart(story: Story) -> None:
    """Who wins 7. Given A and B were unmerged; when B identifies on A's x; then B is refused, as before."""
    two(story)
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    story.identify("x", "B")
    assert story.rotated() == ["x"]


def test_merged_people_are_never_merged_twice(story: Story) -> None:
    """R26. Given B was merged into A; when either is merged into the other again; then that is refused, and nothing changes."""
    two(story)
    story.merge("B", into="A")
    numbers = {name: story.id_of(name) for name in ("A", "B")}
    for source, into in (("B", "A"), ("A", "B"), ("A", "A")):
        answer = story.api("POST", f"/api/people/{numbers[source]}/merge", {"into": numbers[into]})
        assert 400 <= answer.status < 500, answer
    assert story.people() == {"A+B"}
    assert len(story.entries("people_merged")) == 1


@pytest.mark.parametrize("undone", ["first", "second", "both"])
def test_a_chain_is_undone_in_any_order(story: Story, undone: str) -> None:
    """R27. Given A was merged into B, then B into C; when either merge, or both, are undone; then the rest stays."""
    for user in ("A", "B", "C"):
        story.identify(user.lower(), user)
    story.merge("A", into="B")
    first = story.last_merge()
    story.merge("B", into="C")
    second = story.last_merge()
    assert len(story.people()) == 1
    for merge_id in {"first": [first], "second": [second], "both": [first, second]}[undone]:
        story.unmerge(merge_id)
    together = {
        "first": {frozenset("BC"), frozenset("A")},
        "second": {frozenset("AB"), frozenset("C")},
        "both": {*map(frozenset, "ABC")},
    }
    assert {frozenset(name.split("+")) for name in story.people()} == together[undone]


def test_a_merge_of_merged_people_is_of_all_of_them(story: Story) -> None:
    """R26. Given A and B are one; when C is merged into B; then all three are one, in depth one."""
    for user in ("A", "B", "C"):
        story.identify(user.lower(), user)
    story.merge("B", into="A")
    story.merge("C", into="B")
    assert {frozenset(name.split("+")) for name in story.people()} == {frozenset("ABC")}
    assert story.id_of("C") == story.id_of("A")


def test_an_undo_happens_once(story: Story) -> None:
    """R27. Given a merge was undone; when it is undone again; then that is refused, and nothing changes."""
    two(story)
    story.merge("B", into="A")
    merge_id = story.last_merge()
    story.unmerge(merge_id)
    assert 400 <= story.api("POST", f"/api/merges/{merge_id}/undo", {}).status < 500
    assert story.people() == {"A", "B"}


def test_a_merge_can_be_made_again_by_hand(story: Story) -> None:
    """Merging two people. Given a merge was undone; when it is made again by hand; then they are one, and can be two again."""
    two(story)
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    story.merge("B", into="A")
    assert story.people() == {"A+B"}
    story.unmerge(story.last_merge())
    assert story.people() == {"A", "B"}


def test_a_merge_can_be_made_the_other_way_round(story: Story) -> None:
    """R26. Given a merge of B into A was undone; when A is merged into B; then B's number is the person's."""
    two(story)
    number = story.id_of("B")
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    story.merge("A", into="B")
    assert story.id_of("A") == story.id_of("B") == number


def test_an_address_of_merged_people_is_theirs(story: Story) -> None:
    """Addresses. Given A with an address and B are one; when B identifies with it; then nothing is refused."""
    story.identify("x", "A", email="a@x.io")
    story.identify("y", "B")
    story.merge("B", into="A")
    story.identify("y", "B", email="a@x.io")
    assert "email_taken" not in " ".join(story.log())
    story.unmerge(story.last_merge())
    assert (story.person("A")["emails"], story.person("B")["emails"]) == (["a@x.io"], [])


def test_addresses_told_while_merged_stay_with_their_person(story: Story) -> None:
    """Merging two people. Given an address is told for A while merged, another for B; then each keeps its own afterwards."""
    two(story)
    story.merge("B", into="A")
    story.identify("x", "A", email="a@x.io")
    story.identify("y", "B", email="b@x.io")
    assert sorted(story.person("A")["emails"]) == ["a@x.io", "b@x.io"]
    story.unmerge(story.last_merge())
    assert (story.person("A")["emails"], story.person("B")["emails"]) == (["a@x.io"], ["b@x.io"])


def test_merging_into_nobody(story: Story) -> None:
    """R26. Given a person id that nobody has; then merging with it is refused with 404, and no person was touched."""
    two(story)
    for source, into in ((story.id_of("A"), "1"), ("1", story.id_of("A"))):
        assert story.api("POST", f"/api/people/{source}/merge", {"into": into}).status == 404
    assert story.api("POST", "/api/merges/1/undo", {}).status == 404
    assert story.people() == {"A", "B"}


def test_a_preview_changes_nothing(story: Story) -> None:
    """By hand. Given a preview of every operation; then it answers, and everything is as it was."""
    two(story)
    before = (story.shown(), story.log(), story.everybody())
    story.merge("B", into="A", preview=True)
    story.detach("x", preview=True)
    story.attach("x", "B", preview=True)
    story.logout("x", at=20, preview=True)
    story.delete("A", preview=True)
    assert (story.shown(), story.log(), story.everybody()) == before
    story.page("x")
    story.merge("B", into="A")
    merged = (story.shown(), story.log(), story.everybody())
    story.unmerge(story.last_merge(), preview=True)
    assert (story.shown(), story.log(), story.everybody()) == merged
