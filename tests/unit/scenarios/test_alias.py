"""Alias: an anonymous id, or another user, turns out to be a person. Rules R2, R6, R26; the table of calls."""

from __future__ import annotations

import pytest

from .story import Story, two


def test_alias_claims_an_anonymous_id(story: Story) -> None:
    """Table of calls. Given pages of y; when a browser says that y is A; then they are A's, as by an identify."""
    before = story.page("y")
    told = story.alias("A", "y", x="x")
    after = story.page("y")
    assert story.shown() == {"A": [before, told, after]}
    assert "anonymous_merge y A" in story.log()


def test_alias_without_an_anonymous_id_of_its_own(story: Story) -> None:
    """Table of calls. Given a server library that says that y is A; then y is A's."""
    before = story.page("y")
    told = story.server.alias("A", "y")
    assert story.shown() == {"A": [before, told]}


def test_alias_of_an_id_that_was_never_seen(story: Story) -> None:
    """R6. Given y was never seen; when it is said to be A, and then its first event arrives; then that is A's."""
    story.alias("A", "y", x="x", at=10)
    late = story.page("y", at=5)
    assert story.whose(late) == "A"


@pytest.mark.parametrize("by", ["browser", "server"])
def test_alias_of_somebody_elses_anonymous_id(story: Story, by: str) -> None:
    """Who wins 6, 7. Given y is B's; when it is said to be A; then a browser is refused, a server is not."""
    page = story.page("y")
    story.identify("y", "B")
    (story if by == "browser" else story.server).alias("A", "y", x="x")
    assert story.whose(page) == ("B" if by == "browser" else "A")
    if by == "browser":
        assert story.rotated() == ["y"]
        assert "merge_refused y A claimed_by_another" in story.log()


def test_alias_of_two_users_by_a_browser(story: Story) -> None:
    """R26. Given A and B; when a browser says that B is A; then it is refused, `two_people`, and they stay two."""
    two(story)
    story.alias("A", "B", x="x")
    assert story.people() == {"A", "B"}
    assert [entry.split()[-1] for entry in story.log() if "refused" in entry] == ["two_people"]


def test_alias_of_two_users_by_a_server(story: Story) -> None:
    """R26. Given A and B; when the server says that B is A; then B points to A, and it can be undone."""
    two(story)
    number = story.id_of("A")
    told = story.server.alias("A", "B")
    assert story.people() == {"A+B"}
    assert story.id_of("B") == number
    story.unmerge(story.last_merge())
    assert story.people() == {"A", "B"}
    assert told in story.timeline("A")


def test_alias_after_an_undo_is_refused(story: Story) -> None:
    """Merging two people. Given a merge was undone; when the server aliases them again; then `undone`, and they stay two."""
    two(story)
    story.server.alias("A", "B")
    story.unmerge(story.last_merge())
    story.server.alias("A", "B")
    story.server.alias("B", "A")
    assert story.people() == {"A", "B"}
    assert [entry.split()[-1] for entry in story.log() if "refused" in entry][:1] == ["undone"]


def test_alias_twice_is_once(story: Story) -> None:
    """R26. Given B is A by alias; when that is said again, and replayed; then there is one merge."""
    two(story)
    told = story.server.event("alias", None, "A", previousId="B")
    for _ in range(2):
        story.server.send(told)
        story.server.alias("A", "B")
        story.server.alias("B", "A")
    assert len(story.entries("people_merged")) == 1


def test_alias_of_oneself(story: Story) -> None:
    """Table of calls. Given an alias of A to A; then it is an event, and nothing else."""
    login = story.identify("x", "A")
    told = story.server.alias("A", "A")
    assert story.shown() == {"A": [login, told]}
    assert "merged" not in " ".join(story.log())


@pytest.mark.parametrize("previous", ["null", "guest", "undefined", "0"])
def test_alias_of_a_placeholder(story: Story, previous: str) -> None:
    """R2. Given an alias whose previous id is a placeholder; then nothing is claimed or merged."""
    story.identify("x", "A")
    story.server.alias("A", previous)
    assert story.people() == {"A"}
    assert story.person("A")["anonymous_ids"] == ["x"]


def test_alias_to_a_placeholder(story: Story) -> None:
    """R2. Given an alias to `null`; then y stays nobody's."""
    before = story.page("y")
    told = story.alias("null", "y", x="x")
    assert story.shown() == {None: [before, told]}
    assert story.people() == set()


def test_alias_of_an_unknown_user_is_an_anonymous_id(story: Story) -> None:
    """Table of calls. Given `B` is no known user; when the server says B is A, and B identifies later; then they are two."""
    story.server.alias("A", "B")
    story.identify("y", "B")
    assert story.people() == {"A", "B"}
    assert story.mapped("B") == "A", "an anonymous id of that name"


def test_a_known_user_goes_before_an_anonymous_id_of_the_same_name(story: Story) -> None:
    """Table of calls. Given `B` is a user and also an anonymous id; when the server says B is A; then the users are merged."""
    page = story.page("B")
    story.identify("y", "B")
    story.identify("x", "A")
    story.server.alias("A", "B")
    assert story.people() == {"A+B"}
    assert story.whose(page) is None


def test_alias_makes_its_user(story: Story) -> None:
    """Table of calls. Given A was never seen; when a browser says that y is A; then A is made."""
    story.page("y")
    story.alias("A", "y", x="y")
    assert (story.people(), story.identified()) == ({"A"}, 1)


def test_alias_of_a_contested_id(story: Story) -> None:
    """Who wins 7. Given y is contested; when it is said to be C; then C gets nothing, and it is to be given up."""
    page = story.page("y")
    story.identify("y", "A")
    story.identify("y", "B")
    story.alias("C", "y", x="z")
    assert story.whose(page) == "A"
    assert story.rotated() == ["y"]
