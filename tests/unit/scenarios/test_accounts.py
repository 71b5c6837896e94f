"""Accounts, and their members. Scenario 31; the table of calls."""

from __future__ import annotations

from .course import DAY
from .story import Story


def test_account_carried(story: Story) -> None:
    """31. Given x belonged to one account and identifies with another; then A is in both, and the entry names both."""
    story.group("old-account", "x")
    story.identify("x", "A", account="new-account")
    assert story.members("old-account") == story.members("new-account") == {"A"}
    detail = story.entries("anonymous_merge")[0]["detail"]
    assert (detail["account"], detail["old_account"]) == ("new-account", "old-account")


def test_a_group_with_a_user(story: Story) -> None:
    """Table of calls. Given `group` with the user A; then A is a member, and the traits are the account's, not A's."""
    story.group("acme", "x", "A", traits={"plan": "enterprise", "seats": 3})
    assert story.members("acme") == {"A"}
    assert story.account("acme")["fields"] == {"plan": "enterprise", "seats": 3}
    assert story.fields("A") == {}


def test_an_anonymous_group_comes_with_the_claim(story: Story) -> None:
    """Table of calls. Given `group` without a user; then nobody is a member, until x is claimed; and again not once undone."""
    story.group("acme", "x")
    assert story.members("acme") == set()
    story.identify("x", "A")
    assert story.members("acme") == {"A"}
    story.detach("x")
    assert story.members("acme") == set()


def test_a_membership_follows_merges(story: Story) -> None:
    """R26, R27. Given B in an account; when B is merged into A and back; then A is a member, and no more."""
    story.identify("a", "A")
    story.group("acme", "b", "B")
    story.merge("B", into="A")
    assert story.members("acme") == {"A+B"}
    story.unmerge(story.last_merge())
    assert story.members("acme") == {"B"}


def test_any_event_names_an_account(story: Story) -> None:
    """Table of calls. Given a track with `context.groupId`; then that is a membership, without traits."""
    story.track("x", "A", account="acme")
    assert story.members("acme") == {"A"}
    assert story.account("acme")["fields"] == {}


def test_the_newest_traits_of_an_account_win(story: Story) -> None:
    """Table of calls. Given traits of an account from 10, and from 5 arriving later; then those of 10 stay."""
    story.group("acme", "x", "A", at=10, traits={"plan": "new"})
    story.group("acme", "y", "B", at=5, traits={"plan": "old", "city": "Rome"})
    assert story.account("acme")["fields"] == {"plan": "new", "city": "Rome"}
    assert story.members("acme") == {"A", "B"}


def test_a_contested_devices_groups_are_nobodys(story: Story) -> None:
    """R9. Given x is contested; when a group without a user comes from it; then neither A nor B is a member."""
    story.identify("x", "A")
    story.identify("x", "B")
    story.group("acme", "x")
    assert story.members("acme") == set()


def test_a_group_of_long_ago_is_out_of_reach(story: Story) -> None:
    """Reach and visits. Given x named an account 100 days before it was claimed; then the claim does not reach that."""
    story.group("acme", "x", at=0)
    story.page("x", at=99 * DAY)
    story.identify("x", "A", at=100 * DAY)
    assert story.members("acme") == set()


def test_accounts_are_listed(story: Story) -> None:
    """Table of calls. Given two accounts; then both are listed."""
    story.group("acme", "x", "A")
    story.group("umbrella", "y", "B")
    assert {one["account_id"] for one in story.pages("/api/accounts", "accounts")} == {"acme", "umbrella"}


def test_the_newest_of_an_anonymous_visitors_accounts_is_named(story: Story) -> None:
    """31. Given x belonged to two accounts, the newer told first; then the entry names the newer, and A is in both."""
    story.group("new", "x", at=10)
    story.group("old", "x", at=5)
    story.identify("x", "A", at=20)
    assert story.entries("anonymous_merge")[0]["detail"]["old_account"] == "new"
    assert story.members("new") == story.members("old") == {"A"}
