"""Identify and merge. Scenarios 11-27, 87; rules R5, R6, R8, R11, R14, R18, R30."""

from __future__ import annotations

from typing import Any

import pytest

from .course import DAY, HOUR, seconds
from .story import Story


def test_login_merges_history(story: Story) -> None:
    """11, R6. Given five pages of x; when x signs in as A; then all five are A's, labelled anonymous."""
    before = [story.page("x") for _ in range(5)]
    login = story.identify("x", "A")
    after = story.page("x")
    assert story.shown() == {"A": [*before, login, after]}
    assert story.was_anonymous() == {*before, after}


def test_merge_is_immediate(story: Story) -> None:
    """12. Given a page of x; when it signs in; then the very next request shows the page on the timeline."""
    before = story.page("x")
    assert story.shown() == {None: [before]}
    login = story.identify("x", "A")
    assert [one["message_id"] for one in story.events_of("A")] == [before, login]


def test_first_visit_moved(story: Story) -> None:
    """13, R18. Given A was first seen on day 10, x on day 3; when x signs in; then A's first visit is day 3."""
    story.track(None, "A", at=10 * DAY)
    story.page("x", at=3 * DAY)
    assert story.visits("A") == (10 * DAY, 10 * DAY, 10 * DAY)
    story.identify("x", "A", at=11 * DAY)
    assert story.visits("A") == (3 * DAY, 10 * DAY, 11 * DAY)


def test_first_visit_not_moved(story: Story) -> None:
    """14. Given A was first seen on day 3, x on day 10; when x signs in; then the first visit stays."""
    story.track(None, "A", at=3 * DAY)
    story.page("x", at=10 * DAY)
    story.identify("x", "A", at=11 * DAY)
    assert story.visits("A") == (3 * DAY, 3 * DAY, 11 * DAY)


def test_first_identified_visit_set(story: Story) -> None:
    """15, R18. Given a new A; when A identifies three times; then the first identified visit is the first of them."""
    story.page("x", at=1)
    for at in (5, 6, 7):
        story.identify("x", "A", at=at)
    assert story.visits("A") == (1, 5, 7)


def test_first_identified_visit_is_the_least_time_with_a_user(story: Story) -> None:
    """R18. Given an event with the user that happened earlier than the identify and arrives later; then it counts."""
    story.identify("x", "A", at=10)
    story.track("x", "A", at=4)
    story.page("x", at=2)
    assert story.visits("A") == (2, 4, 10)


def test_last_visit_counts_anonymous_events(story: Story) -> None:
    """R11, R18. Given the owner comes back logged out; then it is a visit, but no identified one."""
    story.page("x", at=0)
    story.identify("x", "A", at=1)
    story.page("x", at=9 * DAY)
    assert story.visits("A") == (0, 1, 9 * DAY)


def test_second_identify_same_user_noop(story: Story) -> None:
    """22, R8. Given A holds x; when A identifies on every page load; then there is one entry in the log."""
    story.page("x")
    for number in range(20):
        story.identify("x", "A", at=10 + number * 2 * HOUR)
    assert story.log() == ["anonymous_merge x A"]
    assert story.people() == {"A"}


def test_identify_before_any_event(story: Story) -> None:
    """23, R6. Given x was never seen; when it identifies, and then an earlier event of it arrives; then that is A's."""
    login = story.identify("x", "A", at=10)
    late = story.page("x", at=5)
    assert story.shown() == {"A": [late, login]}
    assert story.was_anonymous() == {late}


def test_login_page_is_first_page(story: Story) -> None:
    """24. Given no anonymous history; when A identifies; then A is made, and no merge of nothing is shown."""
    login = story.identify("x", "A")
    assert story.shown() == {"A": [login]}
    assert story.log() == []
    assert story.mapped("x") == "A"
    story.page("x")
    assert story.log() == ["anonymous_merge x A"], "shown once there is something that was merged"


def test_two_anon_ids_one_user(story: Story) -> None:
    """25. Given a phone x and a laptop y; when A signs in on both; then both are merged, and not before sign-in there."""
    phone, laptop = story.page("x"), story.page("y")
    first = story.identify("x", "A")
    assert story.shown() == {"A": [phone, first], None: [laptop]}
    second = story.identify("y", "A")
    assert story.shown() == {"A": [phone, laptop, first, second]}
    assert sorted(story.person("A")["anonymous_ids"]) == ["x", "y"]


def test_only_present_id(story: Story) -> None:
    """26. Given x was lost, y is present; when A identifies; then y alone is merged."""
    lost, present = story.page("x"), story.page("y")
    login = story.identify("y", "A")
    assert story.shown() == {None: [lost], "A": [present, login]}
    assert story.mapped("x") is None


def test_two_first_tabs(story: Story) -> None:
    """27, R14. Given two tabs minted x and y at once; when one identifies with both; then both are merged."""
    first, second = story.page("x"), story.page("y")
    login = story.identify("y", "A", context={"anonymousIds": ["x", "y"]})
    assert story.shown() == {"A": [first, second, login]}
    assert sorted(story.log()) == ["anonymous_merge x A", "anonymous_merge y A"]


def test_at_most_five_further_ids(story: Story) -> None:
    """R14. Given an identify that brings eight ids; then its own and five more are claimed, the rest stay."""
    others = [f"x{number}" for number in range(8)]
    pages = {x: story.page(x) for x in others}
    login = story.identify("own", "A", context={"anonymousIds": others})
    shown = story.shown()
    assert shown["A"] == [*(pages[x] for x in others[:5]), login]
    assert shown[None] == [pages[x] for x in others[5:]]


def test_each_further_id_is_claimed_independently(story: Story) -> None:
    """R14. Given two of three ids that come along are free and one is B's; then A gets two, and only the third is refused."""
    pages = {x: story.page(x) for x in ("x", "y", "z")}
    of_b = story.identify("y", "B")
    login = story.identify("x", "A", context={"anonymousIds": ["y", "z"]})
    assert story.shown() == {"A": [pages["x"], pages["z"], login], "B": [pages["y"], of_b]}
    assert story.rotated() == ["y"]
    assert "merge_refused y A claimed_by_another" in story.log()


@pytest.mark.parametrize("junk", [["null", "", "undefined"], "x", {"x": 1}, [1, None, ["x"]], ["x" * 256]])
def test_illegal_further_ids_are_left_out(story: Story, junk: Any) -> None:
    """R2, R14. Given an identify whose further ids are placeholders or no ids at all; then it counts, and claims its own."""
    before = story.page("x")
    login = story.identify("x", "A", context={"anonymousIds": junk})
    assert story.shown() == {"A": [before, login]}


def test_only_an_identify_brings_further_ids(story: Story) -> None:
    """R6, R14. Given a track with a user that names further ids; then it claims none of them."""
    before = story.page("y")
    story.track("x", "A", context={"anonymousIds": ["y"]})
    assert story.whose(before) is None


def test_a_track_with_a_user_claims_nothing(story: Story) -> None:
    """R5, R6. Given a page of x; when track, page and screen carry the user A; then they are A's and the page is nobody's."""
    before = story.page("x")
    said = [told("x", "A") for told in (story.track, story.page, story.screen)]
    assert story.shown() == {None: [before], "A": said}
    assert story.mapped("x") is None
    assert story.log() == []


def test_an_event_with_a_user_is_that_users_whoever_owns_the_id(story: Story) -> None:
    """R5. Given x is A's; when events with user B come from it; then they are B's, nothing is refused or contested."""
    login = story.identify("x", "A")
    of_b = [story.track("x", "B"), story.page("x", "B")]
    unsaid = story.page("x")
    assert story.shown() == {"A": [login, unsaid], "B": of_b}
    assert story.log() == ["anonymous_merge x A"]


def test_identify_by_address_claims_too(story: Story) -> None:
    """K3. Given a page of x; when a form tells its address without a user id; then the person with that address has it."""
    before = story.page("x")
    form = story.identify("x", email="Ada@X.io")
    assert story.shown() == {"Ada@X.io": [before, form]}
    again = story.identify("y", email="ada@x.IO")
    assert story.timeline("ada@x.io") == [before, form, again]


def test_identify_with_neither_waits_for_a_claim(story: Story) -> None:
    """Table of calls. Given an identify with traits and nobody named; then it is x's, and fills A's empty fields later."""
    told = story.identify("x", traits={"city": "Rome", "plan": "free"})
    assert (story.shown(), story.people()) == ({None: [told]}, set())
    story.identify("x", "A", traits={"plan": "pro"})
    assert story.fields("A") == {"city": "Rome", "plan": "pro"}


def test_traits_told_after_the_claim_without_a_user(story: Story) -> None:
    """R11, R20. Given x is A's; when an identify with traits only comes from x; then it fills what is empty, no more."""
    story.identify("x", "A", traits={"plan": "pro"})
    story.identify("x", traits={"plan": "free", "city": "Rome"})
    assert story.fields("A") == {"plan": "pro", "city": "Rome"}
    assert story.visits("A") == (1, 1, 2)


def test_one_batch_is_as_good_as_many_requests(story: Story) -> None:
    """R19. Given a batch in which everything happens at once; then each event finds what the ones before it did."""
    told = [
        story.event("page", "x"), story.event("identify", "x", "A"), story.event("page", "x"),
        story.event("identify", "x", "B"), story.event("page", "x"), story.event("track", "x", "B"),
        story.event("identify", "x", "A"), story.event("track", None, "C"), story.event("identify", "y", "C"), story.event("page", "y"),
    ]  # fmt: skip
    assert story.send(*told).json["stored"] == len(told)
    ids = [one["messageId"] for one in told]
    assert story.shown() == {
        "A": [ids[0], ids[1], ids[2], ids[6]], "B": [ids[3], ids[5]], None: [ids[4]], "C": [ids[7], ids[8], ids[9]],
    }  # fmt: skip
    assert story.rotated() == ["x"]


def test_tabs_icon_column(story: Story) -> None:
    """87, R29, R30. Given x was merged; then the log has one entry that names it, and x's own page says into whom."""
    pages = [story.page("x", at=at) for at in (1, 2)]
    login = story.identify("x", "A", at=10)
    assert story.shown() == {"A": [*pages, login]}, "on the identified tab, gone from the anonymous one"
    assert story.was_anonymous() == set(pages)
    visitor = story.visitor("x")
    assert visitor["mapped_to"] == story.id_of("A")
    assert (seconds(visitor["merged_at"]), seconds(visitor["since"])) == (10, 10 - 90 * DAY)
    assert [one["message_id"] for one in visitor["events"]] == pages[::-1]
    (merge,) = story.entries()
    assert merge["name"] == "Anonymous merge"
    assert (merge["anonymous_id"], merge["person_id"], merge["events"]) == ("x", story.id_of("A"), 2)
    assert (seconds(merge["at"]), seconds(merge["since"]), merge["other"]) == (10, 10 - 90 * DAY, None)


def test_an_anonymous_id_finds_its_person(story: Story) -> None:
    """R29. Given x was merged; then people can be looked up by it, and not before."""
    story.page("x")
    assert story.get("/api/people", anonymous_id="x")["people"] == []
    story.identify("x", "A")
    assert story.found("anonymous_id", "x")["user_ids"] == ["A"]
    assert story.get("/api/people", anonymous_id="x", user_id="B")["people"] == []


def test_an_earlier_identify_moves_the_claim_back(story: Story) -> None:
    """Who wins, 4. Given A claimed x; when an identify of A that happened earlier arrives; then the merge is dated by it."""
    story.page("x", at=1)
    story.identify("x", "A", at=20)
    assert seconds(story.visitor("x")["merged_at"]) == 20
    story.identify("x", "A", at=10)
    assert seconds(story.visitor("x")["merged_at"]) == 10
    story.identify("x", "A", at=30)
    assert seconds(story.visitor("x")["merged_at"]) == 10
    assert story.log() == ["anonymous_merge x A"]
