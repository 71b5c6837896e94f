"""Kiosk, used by many people: each claim ends its epoch. Scenario 39; rule R11; *Kiosk mode*."""

from __future__ import annotations

import pytest

from .story import Story


def test_kiosk_gives_each_claim_what_came_before_it(story: Story) -> None:
    """R11, Kiosk mode. Given one person after another on x; then each has what they did before signing in, and no more."""
    story.site(after_claim="new_visitor")
    first, of_a = story.page("x"), story.identify("x", "A")
    second, of_b = story.page("x"), story.identify("x", "B")
    third, of_c = story.page("x"), story.identify("x", "C")
    last = story.page("x")
    assert story.shown() == {"A": [first, of_a], "B": [second, of_b], "C": [third, of_c], None: [last]}
    assert "refused" not in " ".join(story.log())


def test_kiosk_rotates_at_the_next_event_without_a_user(story: Story) -> None:
    """Kiosk mode. Given A claimed x; then the answer to A's events says nothing, that to one without a user says to rotate."""
    story.site(after_claim="new_visitor")
    story.page("x")
    assert story.rotated() == []
    story.identify("x", "A")
    assert story.rotated() == []
    story.track("x", "A")
    assert story.rotated() == []
    story.page("x")
    assert story.rotated() == ["x"]


def test_kiosk_nothing_is_contested(story: Story) -> None:
    """Kiosk mode. Given A, then B identify on x with nothing between; then neither is refused, and x goes on."""
    story.site(after_claim="new_visitor")
    logins = [story.identify("x", user) for user in ("A", "B", "A", "B")]
    assert story.shown() == {"A": [logins[0], logins[2]], "B": [logins[1], logins[3]]}
    assert "refused" not in " ".join(story.log())


def test_kiosk_late_events_are_the_earlier_owners(story: Story) -> None:
    """Kiosk mode, R17. Given A claimed at 10, B at 20; when events of 5 and 15 arrive late; then they are A's and B's."""
    story.site(after_claim="new_visitor")
    of_a, of_b = story.identify("x", "A", at=10), story.identify("x", "B", at=20)
    late = [story.page("x", at=5), story.page("x", at=15)]
    assert story.shown() == {"A": [late[0], of_a], "B": [late[1], of_b]}


def test_kiosk_the_same_user_again_claims_what_came_since(story: Story) -> None:
    """Kiosk mode. Given A identifies, leaves, and identifies again; then what was unsaid between is A's, not what follows."""
    story.site(after_claim="new_visitor")
    of_a, between, again, after = story.identify("x", "A"), story.page("x"), story.identify("x", "A"), story.page("x")
    assert story.shown() == {"A": [of_a, between, again], None: [after]}


def test_kiosk_events_with_a_user_are_that_users(story: Story) -> None:
    """Kiosk mode, R5. Given B claimed x after A; when an event with user A comes; then it is A's."""
    story.site(after_claim="new_visitor")
    of_a, of_b, said = story.identify("x", "A"), story.identify("x", "B"), story.track("x", "A")
    assert story.shown() == {"A": [of_a, said], "B": [of_b]}


@pytest.mark.parametrize("mode", ["owner", "new_visitor"])
def test_after_claim_decides_what_the_returning_owner_is(story: Story, mode: str) -> None:
    """39, R11. Given A claimed x; when x browses without a user; then it is the owner, or in a kiosk a new visitor."""
    story.site(after_claim=mode)
    story.identify("x", "A")
    unsaid = story.page("x")
    assert story.whose(unsaid) == ("A" if mode == "owner" else None)


def test_kiosk_a_late_identify_of_an_epoch_that_was_claimed(story: Story) -> None:
    """Kiosk mode. Given A claimed at 10; when B's identify of 5 arrives; then B is B, A keeps the epoch, nothing is contested."""
    story.site(after_claim="new_visitor")
    page, of_a = story.page("x", at=1), story.identify("x", "A", at=10)
    of_b = story.identify("x", "B", at=5)
    late = story.page("x", at=7)
    assert story.shown() == {"A": [page, late, of_a], "B": [of_b]}
    assert story.visitor("x")["contested_from"] is None


def test_kiosk_with_a_log_out_between(story: Story) -> None:
    """Kiosk mode, R13. Given A claimed x, somebody browsed and the server told of a log-out; then the next claims from there."""
    story.site(after_claim="new_visitor")
    of_a, browsed = story.identify("x", "A", at=1), story.page("x", at=5)
    story.logout("x", at=10)
    after, of_b = story.page("x", at=12), story.identify("x", "B", at=15)
    assert story.shown() == {"A": [of_a], None: [browsed], "B": [after, of_b]}


def test_a_kiosk_from_today_on(story: Story) -> None:
    """Kiosk mode, R11. Given x is A's from before the site was a kiosk; when B identifies; then B is refused, as ever."""
    page, of_a = story.page("x"), story.identify("x", "A")
    story.site(after_claim="new_visitor")
    of_b = story.identify("x", "B")
    assert story.shown()["A"] == [page, of_a]
    assert story.timeline("B") == [of_b]


def test_kiosk_identifying_again_with_nothing_between(story: Story) -> None:
    """Kiosk mode. Given A identifies twice and nothing came between; then that is one claim; what arrives late is nobody's."""
    story.site(after_claim="new_visitor")
    before, of_a, again = story.page("x", at=1), story.identify("x", "A", at=2), story.identify("x", "A", at=6)
    late, after = story.page("x", at=4), story.page("x", at=7)
    assert story.shown() == {"A": [before, of_a, again], None: [late, after]}
    assert [entry for entry in story.log() if "merge" in entry] == ["anonymous_merge x A"]
    of_b = story.identify("x", "B", at=9)
    assert story.timeline("B") == [late, after, of_b], "of the one who comes next"


def test_kiosk_a_log_out_rotates_too(story: Story) -> None:
    """Kiosk mode, R13. Given a log-out that the server knew of; then the next event without a user is told to take a new id."""
    story.site(after_claim="new_visitor")
    story.page("x", at=1)
    story.logout("x", at=10)
    story.page("x", at=5)
    assert story.rotated() == []
    story.page("x", at=11)
    assert story.rotated() == ["x"]


def test_kiosk_an_attach_ends_no_epoch(story: Story) -> None:
    """Kiosk mode, By hand. Given x was attached to A by hand; then what x does afterwards is A's."""
    story.site(after_claim="new_visitor")
    page, of_a = story.page("x"), story.track("a", "A")
    story.attach("x", "A")
    after = story.page("x")
    assert story.shown() == {"A": [page, of_a, after]}


def test_kiosk_an_identify_in_another_s_epoch_is_refused(story: Story) -> None:
    """Kiosk mode. Given A claimed the epoch at 10; when B's identify of 5 arrives; then it is refused, and x is given up."""
    story.site(after_claim="new_visitor")
    story.page("x", at=1)
    story.identify("x", "A", at=10)
    story.identify("x", "B", at=5)
    assert story.rotated() == ["x"]
    assert "merge_refused x B claimed_by_another" in story.log()
