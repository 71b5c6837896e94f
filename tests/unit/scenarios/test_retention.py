"""Retention. Scenario 29; decision K2."""

from __future__ import annotations

from .course import DAY
from .story import Story


def test_retention_purge(story: Story) -> None:
    """29, K2. Given unclaimed x and claimed y, both idle for longer than the retention; when it runs; then x is gone."""
    gone = story.page("x", at=0)
    kept, login = story.page("y", at=0), story.identify("y", "A", at=1)
    young = story.page("z", at=50 * DAY)
    story.wait_for(91 * DAY)
    story.retention()
    assert story.shown() == {"A": [kept, login], None: [young]}
    assert gone not in story.shown()[None]
    assert not story.visitor("x")["events"] if story.was_seen("x") else True


def test_retention_looks_at_the_newest_event(story: Story) -> None:
    """29. Given a stream whose newest event is exactly as old as the retention; then all of it stays, a second later none."""
    old, new = story.page("x", at=0), story.page("x", at=10 * DAY)
    story.wait_for(100 * DAY)
    story.retention()
    assert story.shown() == {None: [old, new]}
    story.wait(1)
    story.retention()
    assert story.shown() == {}


def test_retention_for_ever(story: Story) -> None:
    """29. Given --retention-days 0; then nothing is ever removed."""
    story.site(retention_days=0)
    old = story.page("x", at=0)
    story.wait_for(4_000 * DAY)
    story.retention()
    assert story.shown() == {None: [old]}


def test_retention_of_another_length(story: Story) -> None:
    """29. Given --retention-days 7; then what is older than a week goes."""
    story.site(retention_days=7)
    story.page("x", at=0)
    kept = story.page("y", at=2 * DAY)
    story.wait_for(8 * DAY)
    story.retention()
    assert story.shown() == {None: [kept]}


def test_a_purged_visitor_who_returns_begins_anew(story: Story) -> None:
    """29. Given x was purged; when it comes back and identifies; then what is left is A's."""
    story.page("x", at=0)
    story.wait_for(91 * DAY)
    story.retention()
    back = story.page("x")
    login = story.identify("x", "A")
    assert story.shown() == {"A": [back, login]}


def test_retention_keeps_a_device_detached(story: Story) -> None:
    """29, R27. Given x was detached from A and purged; when A identifies on it again; then it is refused still."""
    story.page("x", at=0)
    login = story.identify("x", "A", at=1)
    story.detach("x")
    story.wait_for(91 * DAY + 1)
    story.retention()
    assert story.shown() == {"A": [login]}, "a detached stream loses its events"
    again, unsaid = story.identify("x", "A"), story.page("x")
    assert story.shown() == {"A": [login, again], None: [unsaid]}


def test_retention_keeps_a_device_contested(story: Story) -> None:
    """29, R9. Given x is contested and what was nobody's was purged; then what follows without a user is nobody's still."""
    story.identify("x", "A", at=1)
    story.identify("x", "B", at=2)
    story.page("x", at=3)
    story.wait_for(91 * DAY + 3)
    story.retention()
    unsaid = story.page("x")
    assert story.whose(unsaid) is None
    story.identify("x", "C")
    assert story.whose(unsaid) is None
    assert story.rotated() == ["x"]


def test_retention_leaves_what_is_out_of_reach_of_a_claim(story: Story) -> None:
    """29. Given an old event of claimed x that the claim does not reach; then the stream is claimed, and stays."""
    old = story.page("x", at=0)
    story.identify("x", "A", at=100 * DAY)
    story.wait_for(200 * DAY)
    story.retention()
    assert story.shown()[None] == [old]
