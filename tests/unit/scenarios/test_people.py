"""Two people made one, and apart again; alias. Scenarios 84-88; rules R26, R27; the table of calls."""

from __future__ import annotations

import pytest

from .story import Story


def two(story: Story) -> tuple[str, str]:
    """A on x and B on y, each with a page before; return their logins."""
    story.page("x", at=1)
    story.page("y", at=2)
    return story.identify("x", "A", at=3), story.identify("y", "B", at=4)


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
    """Who wins 4. Given x is A's and A, B are one; when B identifies on x; then nothing is refused or contested."""
    two(story)
    story.merge("B", into="A")
    story.identify("x", "B")
    unsaid = story.page("x")
    assert story.whose(unsaid) == "A+B"
    assert story.rotated() == []
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


def test_what_the_target_gets_while_merged_stays_the_targets(story: Story) -> None:
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


# -- alias -----------------------------------------------------------------------------------------------------------------


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
