"""Corrections by hand, and their undo. Scenario 84; rules R13, R27; *By hand*."""

from __future__ import annotations

import pytest

from .course import DAY
from .story import Story


def test_unmerge_stays_unmerged(story: Story) -> None:
    """84, R27. Given x was detached from A; when A's next page load identifies on x; then it is not merged again."""
    told = story.identify("x", traits={"city": "Rome"})
    first = story.identify("x", "A", traits={"plan": "pro"})
    assert story.fields("A") == {"city": "Rome", "plan": "pro"}
    story.detach("x")
    assert story.fields("A") == {"plan": "pro"}, "what came with it is gone"
    second, unsaid = story.identify("x", "A"), story.page("x")
    assert story.shown() == {"A": [first, second], None: [told, unsaid]}
    assert story.mapped("x") is None
    assert story.log() == ["detached x A", "merge_refused x A detached"] or story.log() == [
        "anonymous_merge x A", "detached x A", "merge_refused x A detached",
    ]  # fmt: skip


def test_fields_edited_since_stay_after_a_detach(story: Story) -> None:
    """84, R27. Given A's city was filled from x, and then said by A; when x is detached; then what A said stays."""
    story.identify("x", traits={"city": "Rome"})
    story.identify("x", "A")
    story.identify("x", "A", traits={"city": "Oslo"})
    story.detach("x")
    assert story.fields("A") == {"city": "Oslo"}


def test_a_detach_gives_back_the_visits(story: Story) -> None:
    """R18, Reach and visits. Given A's first and last visit came from x; when x is detached; then they are A's own again."""
    story.page("x", at=1)
    story.identify("x", "A", at=10)
    story.page("x", at=20)
    assert story.visits("A") == (1, 10, 20)
    story.detach("x")
    assert story.visits("A") == (10, 10, 10)


def test_detached_refuses_everybody(story: Story) -> None:
    """Who wins 3. Given x was detached from A; when B identifies on it; then B is refused too, with no contest."""
    page = story.page("x")
    story.identify("x", "A")
    story.detach("x")
    of_b, unsaid = story.identify("x", "B"), story.page("x")
    assert story.whose(page) is None
    assert (story.whose(of_b), story.whose(unsaid)) == ("B", None)
    assert "merge_refused x B detached" in story.log()
    assert story.rotated() == []


def test_a_stronger_proof_does_not_take_what_was_detached(story: Story) -> None:
    """Who wins 3. Given x was detached; when the server identifies A on it; then it stays nobody's."""
    page = story.page("x")
    story.identify("x", "A")
    story.detach("x")
    story.server.identify("x", "A")
    story.open("x", story.link("A"))
    assert story.whose(page) is None


def test_a_refusal_of_what_was_detached_is_logged_once_for_each_person(story: Story) -> None:
    """Who wins 3. Given x was detached; when A identifies on every page load for days, and B; then one entry each."""
    story.page("x")
    story.identify("x", "A")
    story.detach("x")
    for number in range(5):
        story.identify("x", "A", at=(number + 1) * DAY)
    story.identify("x", "B")
    refused = [entry for entry in story.log() if "merge_refused" in entry]
    assert refused == ["merge_refused x A detached", "merge_refused x B detached"]


def test_late_events_of_a_detached_device_are_nobodys(story: Story) -> None:
    """R17, R27. Given x was detached; when an event from before arrives; then it is nobody's."""
    login = story.identify("x", "A", at=10)
    story.detach("x")
    late = story.page("x", at=5)
    assert story.shown() == {"A": [login], None: [late]}


def test_detach_leaves_what_was_said_with_a_user(story: Story) -> None:
    """R5, R27. Given events of x with and without the user A; when x is detached; then those with the user stay A's."""
    unsaid, said, login = story.page("x"), story.track("x", "A"), story.identify("x", "A")
    story.detach("x")
    assert story.shown() == {None: [unsaid], "A": [said, login]}


def test_detach_takes_all_epochs(story: Story) -> None:
    """By hand. Given A claimed both epochs of x; when x is detached; then both are nobody's."""
    first, of_a = story.page("x"), story.identify("x", "A")
    story.logout("x", at=10)
    second, again = story.page("x"), story.identify("x", "A")
    story.detach("x")
    assert story.shown() == {None: [first, second], "A": [of_a, again]}


def test_a_new_epoch_after_a_detach_can_be_claimed(story: Story) -> None:
    """By hand, R13. Given x was detached and then logged out; when B identifies; then the new epoch is B's, the old nobody's."""
    first, of_a = story.page("x"), story.identify("x", "A")
    story.detach("x")
    story.logout("x", at=10)
    second, of_b = story.page("x"), story.identify("x", "B")
    assert story.shown() == {None: [first], "A": [of_a], "B": [second, of_b]}


def test_detach_of_what_is_nobodys(story: Story) -> None:
    """By hand. Given x belongs to nobody; when it is detached; then that is refused; an id never seen is not found."""
    story.page("x")
    assert 400 <= story.api("POST", "/api/visitors/x/detach", {}).status < 500
    assert story.api("POST", "/api/visitors/unseen/detach", {}).status == 404
    login = story.identify("x", "A")
    assert story.shown() == {"A": ["m1", login]}


def test_attach_carries_out_a_refused_merge(story: Story) -> None:
    """By hand. Given B was refused on A's x; when x is attached to B; then its history is B's; the contested part nobody's."""
    first, of_a, of_b, unsaid = story.page("x"), story.identify("x", "A"), story.identify("x", "B"), story.page("x")
    story.attach("x", "B")
    assert story.shown() == {"A": [of_a], "B": [first, of_b], None: [unsaid]}
    assert story.mapped("x") == "B"
    assert "attached x B" in story.log()


def test_attach_after_a_detach(story: Story) -> None:
    """By hand. Given x was detached; when it is attached to A again; then all of it is A's, and what follows too."""
    page, login = story.page("x"), story.identify("x", "A")
    story.detach("x")
    between = story.page("x")
    story.attach("x", "A")
    after = story.page("x")
    assert story.shown() == {"A": [page, login, between, after]}


def test_attach_takes_all_epochs(story: Story) -> None:
    """By hand. Given x was A's, then B's after a log-out; when x is attached to C; then all that is unsaid is C's."""
    first, of_a = story.page("x"), story.identify("x", "A")
    story.logout("x", at=10)
    second, of_b = story.page("x"), story.identify("x", "B")
    of_c = story.track("c", "C")
    story.attach("x", "C")
    assert story.shown() == {"A": [of_a], "B": [of_b], "C": [first, second, of_c]}


def test_attach_a_free_visitor(story: Story) -> None:
    """By hand. Given x that never identified; when it is attached to A; then its events and fields are A's."""
    page = story.identify("x", traits={"city": "Rome"})
    told = story.track("a", "A")
    story.attach("x", "A")
    assert story.shown() == {"A": [page, told]}
    assert story.fields("A") == {"city": "Rome"}
    assert story.visits("A")[0] == 1


def test_attached_device_is_not_overridden(story: Story) -> None:
    """By hand. Given x was attached to A; when B identifies, also with proof; then x stays A's."""
    page = story.page("x")
    story.track("a", "A")
    story.attach("x", "A")
    story.identify("x", "B")
    story.server.identify("x", "B")
    assert story.whose(page) == "A"


def test_attaching_to_the_owner_or_to_nobody(story: Story) -> None:
    """By hand. Given x is A's; when it is attached to A, or to nobody known; then that is refused, and nothing changes."""
    page, login = story.page("x"), story.identify("x", "A")
    same = story.api("POST", "/api/visitors/x/attach", {"person_id": story.id_of("A")})
    assert 400 <= same.status < 500
    assert story.api("POST", "/api/visitors/x/attach", {"person_id": "1"}).status == 404
    assert story.api("POST", "/api/visitors/unseen/attach", {"person_id": story.id_of("A")}).status in (404, 409)
    assert story.shown() == {"A": [page, login]}


def test_attach_reaches_back_as_a_claim_does(story: Story) -> None:
    """Reach and visits. Given events of x 100 days and a day ago; when x is attached to A; then the lookback holds."""
    old, new = story.page("x", at=0), story.page("x", at=99 * DAY)
    told = story.track("a", "A", at=100 * DAY)
    story.attach("x", "A")
    assert story.shown() == {None: [old], "A": [new, told]}


def test_an_attach_is_undone_by_a_detach(story: Story) -> None:
    """By hand. Given x was attached to A; when it is detached; then it is nobody's, and A as before."""
    page, told = story.identify("x", traits={"city": "Rome"}), story.track("a", "A")
    story.attach("x", "A")
    story.detach("x")
    assert story.shown() == {None: [page], "A": [told]}
    assert story.fields("A") == {}


def test_detaching_from_merged_people(story: Story) -> None:
    """By hand. Given B, whose is y, was merged into A; when y is detached; then it is nobody's, after an unmerge too."""
    page = story.page("y")
    story.identify("y", "B")
    story.identify("x", "A")
    story.merge("B", into="A")
    story.detach("y")
    assert story.whose(page) is None
    story.unmerge(story.last_merge())
    assert story.whose(page) is None


def test_a_server_known_logout_twice(story: Story) -> None:
    """By hand. Given a log-out at 10 was told twice; then it is one."""
    of_a = story.identify("x", "A")
    story.logout("x", at=10)
    story.api("POST", "/api/visitors/x/logout", {"at": "2026-11-22T04:00:10.000Z"})
    unsaid = story.page("x")
    of_b = story.identify("x", "B")
    assert story.shown() == {"A": [of_a], "B": [unsaid, of_b]}
    assert len(story.entries("logged_out")) == 1


@pytest.mark.parametrize(
    "path", ["/api/visitors/x/detach", "/api/visitors/x/attach", "/api/visitors/x/logout", "/api/retention"]
)
def test_only_the_secret_key_may_correct(story: Story, path: str) -> None:
    """By hand. Given the public write key, or none; then no operation by hand is possible."""
    page, login = story.page("x"), story.identify("x", "A")
    for key in ("wk_golden", "pk_golden"):
        refused = story.app.request("POST", path, b"{}", {"authorization": f"Bearer {key}", "content-type": "application/json"})
        assert refused.status == 403
    assert story.app.request("POST", path, b"{}", {"content-type": "application/json"}).status == 401
    assert story.shown() == {"A": [page, login]}


def test_detach_takes_everybodys(story: Story) -> None:
    """By hand. Given x was A's until a log-out, then B's; when it is detached; then neither has anything of it."""
    first, of_a = story.page("x"), story.identify("x", "A")
    story.logout("x", at=10)
    second, of_b = story.page("x"), story.identify("x", "B")
    story.detach("x")
    assert story.shown() == {None: [first, second], "A": [of_a], "B": [of_b]}
    assert sorted(entry for entry in story.log() if entry.startswith("detached")) == ["detached x A", "detached x B"]
