"""Deletion of a person: the devices, and those who shared them. Rule R28; *Deletion*."""

from __future__ import annotations

from .course import DAY
from .story import Story


def test_somebody_else_on_a_deleted_device(story: Story) -> None:
    """Who wins 1. Given x was deleted with A; when B identifies on it; then B is made, claims nothing, and x is given up."""
    story.identify("x", "A")
    story.delete("A")
    login = story.identify("x", "B")
    assert story.rotated() == ["x"]
    assert story.shown() == {"B": [login]}
    assert story.person("B")["anonymous_ids"] == []
    story.send(story.event("page", "x"))
    assert story.ends == {"deleted": 1}
    assert story.timeline("B") == [login]


def test_a_deleted_id_among_those_that_come_along(story: Story) -> None:
    """R14, Who wins 1. Given x was deleted; when B identifies on y and brings x along; then y is B's, x is not."""
    story.identify("x", "A")
    story.delete("A")
    page = story.page("y")
    login = story.identify("y", "B", context={"anonymousIds": ["x"]})
    assert story.shown() == {"B": [page, login]}
    assert story.person("B")["anonymous_ids"] == ["y"]


def test_an_alias_of_a_deleted_id(story: Story) -> None:
    """Who wins 1. Given x was deleted; when the server says that x is B; then B claims nothing, later events are dropped."""
    story.identify("x", "A")
    story.delete("A")
    story.server.alias("B", "x")
    assert story.person("B")["anonymous_ids"] == []
    story.send(story.event("page", "x"))
    assert story.ends == {"deleted": 1}


def test_deleting_leaves_others_on_the_device_alone(story: Story) -> None:
    """R28. Given B also signed in on A's x; when A is deleted; then what B said is B's still, as B sees it."""
    story.page("x")
    story.identify("x", "A")
    of_b = [story.identify("x", "B", traits={"plan": "pro"}), story.track("x", "B")]
    elsewhere = story.page("y")
    story.identify("y", "B")
    story.delete("A")
    assert story.timeline("B") == [*of_b, elsewhere, "m6"]
    assert story.fields("B") == {"plan": "pro"}


def test_deleting_leaves_another_owners_epoch_alone(story: Story) -> None:
    """R13, R28. Given x was A's until a log-out, then B's; when A is deleted; then B's epoch is B's still."""
    story.page("x")
    story.identify("x", "A")
    story.logout("x", at=10)
    browsed, of_b = story.page("x"), story.identify("x", "B")
    story.delete("A")
    assert story.shown() == {"B": [browsed, of_b]}


def test_deleting_merged_people_deletes_all_of_them(story: Story) -> None:
    """R26, R28. Given B was merged into A; when A is deleted; then B is gone too, and neither comes back with a late event."""
    story.page("x")
    story.identify("x", "A")
    story.identify("y", "B", traits={"city": "Rome"})
    story.merge("B", into="A")
    story.delete("B")
    assert (story.people(), story.shown()) == (set(), {})
    story.send(story.event("track", "z", "A", at=1), story.event("track", "z", "B", at=1), story.event("page", "y"))
    assert story.ends == {"deleted": 3}


def test_deleting_one_of_two_who_were_unmerged(story: Story) -> None:
    """R27, R28. Given A and B were one and are two again; when B is deleted; then A has what is A's."""
    page, of_a = story.page("x"), story.identify("x", "A")
    story.identify("y", "B")
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    story.delete("B")
    assert story.shown() == {"A": [page, of_a]}


def test_deleting_is_not_undone_by_an_undo(story: Story) -> None:
    """R28. Given A and B were merged and then deleted; when the merge is to be undone; then there is nothing to undo."""
    story.identify("x", "A")
    story.identify("y", "B")
    story.merge("B", into="A")
    merge_id = story.last_merge()
    story.delete("A")
    assert 400 <= story.api("POST", f"/api/merges/{merge_id}/undo", {}).status < 500
    assert story.people() == set()


def test_a_detached_device_is_not_deleted_with_its_former_person(story: Story) -> None:
    """R27, R28. Given x was detached from A; when A is deleted; then x's events are nobody's, and stay."""
    page, _ = story.page("x"), story.identify("x", "A")
    story.detach("x")
    story.delete("A")
    assert story.shown() == {None: [page]}


def test_others_with_the_same_address_after_a_deletion(story: Story) -> None:
    """Deletion. Given A with an address was deleted; when B identifies with it later; then it is B's."""
    story.identify("x", "A", email="a@x.io")
    story.delete("A")
    story.wait(10)
    story.identify("y", "B", email="a@x.io")
    assert story.person("B")["emails"] == ["a@x.io"]


def test_a_contest_survives_the_deletion_of_the_second(story: Story) -> None:
    """R9, R28. Given x is A's and contested by B; when B is deleted; then A has what A had."""
    page, login = story.page("x"), story.identify("x", "A")
    story.identify("x", "B", at=10)
    story.delete("B")
    late = story.page("x", at=5)
    assert story.timeline("A") == [page, login, late]


def test_retention_and_deletion_together(story: Story) -> None:
    """29, R28. Given A was deleted long ago; when the retention ran; then A's browser is dropped still."""
    story.identify("x", "A")
    story.delete("A")
    story.wait(200 * DAY)
    story.retention()
    story.send(story.event("page", "x"))
    assert story.ends == {"deleted": 1}


def test_a_device_on_which_only_the_deleted_spoke_is_given_up(story: Story) -> None:
    """Deletion. Given A spoke on x, which nobody claimed; when A is deleted; then x is given up; what nobody had claimed stays."""
    unsaid = story.page("x")
    story.track("x", "A")
    story.delete("A")
    assert story.shown() == {None: [unsaid]}
    story.send(story.event("page", "x"))
    assert story.ends == {"deleted": 1}
    assert story.rotated() == ["x"]


def test_a_device_on_which_others_spoke_is_not_given_up(story: Story) -> None:
    """Deletion. Given A and B spoke on x, which B claimed; when A is deleted; then A's events are gone, and x is B's still."""
    page = story.page("x")
    story.track("x", "A")
    login = story.identify("x", "B")
    story.delete("A")
    after = story.page("x")
    assert story.shown() == {"B": [page, login, after]}
    assert story.rotated() == []


def test_deleting_an_impersonated_user_deletes_what_was_done_in_their_name(story: Story) -> None:
    """R23, R28. Given an admin acted as A on the admin's own x; when A is deleted; then that is gone, and x is the admin's."""
    login = story.identify("x", "M")
    story.identify("a", "A")
    excluded = story.track("x", "A", actor="M")
    story.delete("A")
    after = story.page("x")
    assert story.shown() == {"M": [login, after]}
    assert excluded not in {message for messages in story.shown().values() for message in messages}


def test_a_shared_device_is_given_up_with_the_first_owner(story: Story) -> None:
    """Deletion, R13. Given x was A's until a log-out, then B's; when A is deleted; then x is given up, and B goes on elsewhere."""
    story.identify("x", "A")
    story.logout("x", at=10)
    browsed, of_b = story.page("x"), story.identify("x", "B")
    story.delete("A")
    story.send(story.event("page", "x"))
    assert story.ends == {"deleted": 1}
    said = story.track("x", "B")
    assert story.rotated() == ["x"]
    assert story.shown() == {"B": [browsed, of_b, said]}
