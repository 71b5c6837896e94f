"""Impersonation of a user. Scenario 44; rule R23."""

from __future__ import annotations

from typing import Any

import pytest

from .story import Story


def test_admin_impersonates(story: Story) -> None:
    """44, R23. Given an admin acts as A on x; then A's timeline, visits, fields and number of devices are as before."""
    before = story.track("y", "A", at=1, traits={})
    browsed = story.page("x", at=2)
    story.identify("x", "A", at=10, actor="admin-7", traits={"plan": "hacked"}, email="a@x.io")
    story.track("x", "A", at=11, actor="admin-7")
    assert story.timeline("A") == [before]
    assert story.visits("A") == (1, 1, 1)
    assert (story.fields("A"), story.person("A")["emails"], story.person("A")["anonymous_ids"]) == ({}, [], [])
    assert story.whose(browsed) is None
    assert story.mapped("x") is None
    assert "impersonation" in " ".join(story.log())


def test_an_impersonated_stranger_is_nobody(story: Story) -> None:
    """R23. Given an admin acts as somebody who does not exist; then nobody is made or counted."""
    told = story.identify("x", "ghost", actor="admin-7")
    assert (story.people(), story.identified()) == (set(), 0)
    assert story.whose(told) is None


def test_impersonation_goes_on_without_the_actor(story: Story) -> None:
    """R23, Table of calls. Given later events of A on x do not name the actor; then they are excluded all the same."""
    story.identify("y", "A", at=1)
    story.identify("x", "A", at=2, actor="admin-7")
    for told in (story.track, story.page):
        told("x", "A")
    assert len(story.timeline("A")) == 1
    assert story.visits("A") == (1, 1, 1)


def test_impersonation_on_the_users_own_device(story: Story) -> None:
    """R23, Table of calls. Given x is A's own browser and an admin acts as A there; then what follows is excluded too."""
    of_a = story.identify("x", "A", at=1)
    story.identify("x", "A", at=2, actor="admin-7")
    story.track("x", "A", at=3)
    assert story.timeline("A") == [of_a]
    login, after = story.identify("x", "A", at=4), story.track("x", "A", at=5)
    assert story.timeline("A") == [of_a, login, after]


def test_a_stranger_stays_impersonated_without_the_actor(story: Story) -> None:
    """R23, Table of calls. Given an admin acted as somebody new on x; when a track with that user follows; then nobody is made."""
    story.identify("x", "ghost", actor="admin-7")
    told = story.track("x", "ghost")
    assert (story.people(), story.whose(told)) == (set(), None)
    login = story.identify("x", "ghost")
    assert story.timeline("ghost") == [login]


def test_impersonation_ends_when_the_user_identifies_there(story: Story) -> None:
    """R23. Given A was impersonated on x; when A identifies there without an actor; then x is A's from then on."""
    story.identify("x", "A", actor="admin-7")
    excluded = story.track("x", "A")
    login = story.identify("x", "A")
    after = story.track("x", "A")
    assert story.timeline("A") == [login, after]
    assert excluded not in story.timeline("A")
    assert story.mapped("x") == "A"


def test_impersonation_is_of_that_user_on_that_device(story: Story) -> None:
    """R23. Given A is impersonated on x; then A on y, and B on x, are themselves."""
    story.identify("x", "A", actor="admin-7")
    elsewhere, another = story.track("y", "A"), story.track("x", "B")
    assert story.timeline("A") == [elsewhere]
    assert story.timeline("B") == [another]


def test_the_admin_stays_who_they_are(story: Story) -> None:
    """R23. Given the admin M signed in on x and acts as A there; then x is M's, and nothing is contested."""
    of_m = story.identify("x", "M")
    story.identify("x", "A", actor="M")
    unsaid, back = story.page("x"), story.track("x", "M")
    assert story.timeline("M") == [of_m, unsaid, back]
    assert story.rotated() == []
    assert "claimed_by_another" not in " ".join(story.log())


def test_impersonation_is_logged_once(story: Story) -> None:
    """R23, R30. Given an admin's afternoon as A on x; then the log says so once."""
    story.identify("y", "A")
    for _ in range(5):
        story.identify("x", "A", actor="admin-7")
        story.track("x", "A", actor="admin-7")
    assert len(story.entries("impersonation")) == 1


@pytest.mark.parametrize("kind", ["alias", "group"])
def test_an_actor_joins_nobody(story: Story, kind: str) -> None:
    """R23. Given an admin who aliases and groups in A's name; then nothing is claimed, merged, or joined."""
    of_y = story.page("y")
    story.track("z", "A")
    if kind == "alias":
        story.alias("A", "y", x="x", actor="admin-7")
    else:
        story.group("acme", "x", "A", actor="admin-7")
        assert "A" not in (story.members("acme") if story.api("GET", "/api/accounts/acme").status == 200 else set())
    assert story.whose(of_y) is None
    assert len(story.timeline("A")) == 1


def test_the_server_impersonates_too(story: Story) -> None:
    """R23. Given the secret key and an actor; then it is excluded all the same."""
    story.track("y", "A")
    story.server.identify("x", "A", actor="admin-7", traits={"plan": "pro"})
    assert (len(story.timeline("A")), story.fields("A")) == (1, {})


def test_an_actor_without_a_user(story: Story) -> None:
    """R23. Given an event with an actor and nobody whom they act for; then it is on nobody's timeline."""
    story.identify("x", "A")
    told: Any = story.page("x", actor="admin-7")
    assert story.whose(told) is None


def test_an_impersonating_identify_brings_nothing_along(story: Story) -> None:
    """R14, R23. Given an admin's identify as A with further ids; then none of them is claimed."""
    page = story.page("y")
    story.identify("a", "A")
    story.identify("x", "A", actor="admin-7", context={"anonymousIds": ["y"]})
    assert story.whose(page) is None


def test_impersonation_on_a_contested_device(story: Story) -> None:
    """R9, R23. Given x is contested by A and B; when an admin acts as C there; then C has nothing, and A and B what they had."""
    of_a, of_b = story.identify("x", "A"), story.identify("x", "B")
    story.identify("x", "C", actor="admin-7")
    assert (story.timeline("A"), story.timeline("B"), story.exists("C")) == ([of_a], [of_b], False)


@pytest.mark.parametrize("actor", [None, "", False])
def test_no_actor_is_no_impersonation(story: Story, actor: Any) -> None:
    """R23. Given a page that always sends `actor`, empty as a rule; then its events count."""
    login = story.identify("x", "A", context={"actor": actor})
    assert story.timeline("A") == [login]


@pytest.mark.parametrize("actor", [{"id": 7}, 7, "null", ["x"]])
def test_an_actor_that_cannot_be_read_excludes(story: Story, actor: Any) -> None:
    """R23. Given an `actor` that is no text; then the event is excluded all the same."""
    story.identify("x", "A", context={"actor": actor})
    assert story.people() == set()


def test_impersonation_ends_with_that_users_own_identify_only(story: Story) -> None:
    """R23, Table of calls. Given A is impersonated on x; when B identifies there; then A's events there stay excluded."""
    story.identify("a", "A")
    story.identify("x", "A", actor="admin-7")
    of_b = story.identify("x", "B")
    story.track("x", "A")
    assert len(story.timeline("A")) == 1
    assert story.timeline("B") == [of_b]
