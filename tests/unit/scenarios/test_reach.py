"""Lookback of a claim, and what merging off means. Scenarios 28, 30; rules R17, R18, K2."""

from __future__ import annotations

import pytest

from .course import DAY, seconds
from .story import Story


@pytest.mark.parametrize(("days", "reached"), [(90, (40, 5)), (30, (5,))])
def test_lookback(story: Story, days: int, reached: tuple[int, ...]) -> None:
    """28. Given events of x 100, 40 and 5 days ago; when it identifies; then those within the lookback are A's."""
    story.site(lookback_days=days)
    old = {age: story.page("x", at=(100 - age) * DAY) for age in (100, 40, 5)}
    login = story.identify("x", "A", at=100 * DAY)
    theirs = [old[age] for age in reached]
    assert story.shown() == {None: [one for one in old.values() if one not in theirs], "A": [*theirs, login]}
    assert story.visits("A")[0] == (100 - max(reached)) * DAY
    assert seconds(story.visitor("x")["since"]) == (100 - days) * DAY
    assert len(story.visitor("x")["events"]) == 3, "the visitor's own page shows all"
    assert story.entries()[0]["events"] == len(reached)


@pytest.mark.parametrize("days", [30, 90])
def test_the_reach_begins_exactly_there(story: Story, days: int) -> None:
    """28. Given events a second before, at, and after the moment that the lookback reaches; then the first is not A's."""
    story.site(lookback_days=days)
    before, at, after = (story.page("x", at=10 * DAY + seconds) for seconds in (-1, 0, 1))
    login = story.identify("x", "A", at=(10 + days) * DAY)
    assert story.shown() == {None: [before], "A": [at, after, login]}
    assert story.visits("A")[0] == 10 * DAY


def test_an_earlier_identify_reaches_further_back(story: Story) -> None:
    """28, Who wins 4. Given an event 100 days before the identify; when an identify 20 days earlier arrives; then it is A's."""
    old = story.page("x", at=0)
    login = story.identify("x", "A", at=100 * DAY)
    assert story.shown() == {None: [old], "A": [login]}
    earlier = story.identify("x", "A", at=80 * DAY)
    assert story.shown() == {"A": [old, earlier, login]}
    assert story.visits("A") == (0, 80 * DAY, 100 * DAY)


def test_a_late_event_out_of_reach_stays_anonymous(story: Story) -> None:
    """R17, R18. Given A claimed x; when a very old event of x arrives; then it is nobody's, and no first visit."""
    story.page("x", at=199 * DAY)
    story.identify("x", "A", at=200 * DAY)
    old = story.page("x", at=100 * DAY)
    reached = story.page("x", at=120 * DAY)
    assert story.whose(old) is None
    assert story.whose(reached) == "A"
    assert story.visits("A") == (120 * DAY, 200 * DAY, 200 * DAY)


def test_later_events_have_no_limit(story: Story) -> None:
    """R17. Given A claimed x; when x comes back after three years; then that is A's, and A's last visit."""
    story.identify("x", "A", at=1)
    back = story.page("x", at=1_100 * DAY)
    assert story.whose(back) == "A"
    assert story.visits("A") == (1, 1, 1_100 * DAY)


def test_the_lookback_of_the_claim_stays(story: Story) -> None:
    """28. Given A claimed x while the lookback was 30; when it is 90 later; then what was not A's does not become so."""
    story.site(lookback_days=30)
    old, new = story.page("x", at=0), story.page("x", at=39 * DAY)
    story.identify("x", "A", at=40 * DAY)
    story.site(lookback_days=90)
    story.page("y", at=41 * DAY)
    assert (story.whose(old), story.whose(new)) == (None, "A")


def test_a_field_out_of_reach_fills_nothing(story: Story) -> None:
    """28, R20. Given a trait that x told 100 days ago, another 5 days ago; then only the second fills a field."""
    story.identify("x", traits={"city": "Rome"}, at=0)
    story.identify("x", traits={"plan": "free"}, at=95 * DAY)
    story.identify("x", "A", at=100 * DAY)
    assert story.fields("A") == {"plan": "free"}


def test_merge_disabled(story: Story) -> None:
    """30. Given merging is off; when x identifies; then they stay two records, also once merging is on again."""
    story.merging(False)
    before, login, after = story.page("x"), story.identify("x", "A"), story.page("x")
    assert story.shown() == {None: [before, after], "A": [login]}
    assert (story.mapped("x"), story.log()) == (None, [])
    story.merging(True)
    assert story.shown() == {None: [before, after], "A": [login]}, "the past is not merged silently"


def test_merging_turned_on_reaches_back_to_that_moment(story: Story) -> None:
    """30. Given merging was off, then on; when x identifies; then only what came since is A's."""
    story.merging(False)
    off = story.page("x", at=1)
    story.wait_for(100)
    story.merging(True)
    on = story.page("x", at=200)
    login = story.identify("x", "A", at=300)
    assert story.shown() == {None: [off], "A": [on, login]}
    assert seconds(story.visitor("x")["since"]) == 100
    assert story.visits("A")[0] == 200


def test_an_identify_from_the_time_without_merging_does_not_reach_into_it(story: Story) -> None:
    """30. Given an identify that happened while merging was off arrives when it is on; then it reaches no further back."""
    story.merging(False)
    off = story.page("x", at=1)
    story.wait_for(100)
    story.merging(True)
    login = story.identify("x", "A", at=50)
    on = story.page("x", at=200)
    assert story.whose(off) is None
    assert story.timeline("A")[0] == login
    assert on in story.timeline("A"), "a claim has no limit forwards"


def test_claims_stay_without_merging(story: Story) -> None:
    """30. Given A claimed x; when merging is turned off; then x is A's still, and nobody else's."""
    before, login = story.page("x"), story.identify("x", "A")
    story.merging(False)
    after, again, other = story.page("x"), story.identify("x", "A"), story.identify("y", "A")
    assert story.shown() == {"A": [before, login, after, again, other]}


def test_without_merging_nothing_is_contested(story: Story) -> None:
    """30. Given merging is off; when two users identify on x; then nothing is claimed, refused or rotated."""
    story.merging(False)
    story.page("x")
    story.identify("x", "A")
    story.identify("x", "B")
    assert (story.rotated(), story.log(), story.mapped("x")) == ([], [], None)
    unsaid = story.page("x")
    assert story.whose(unsaid) is None
