"""Strength of proof decides. Rule R7, decision K3; the table of strengths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .course import DAY
from .story import Story

Claimed = Callable[[Story, str, str], str]


def by_link(story: Story, x: str, email: str) -> str:
    return story.open(x, story.link(email))


def by_browser(story: Story, x: str, email: str) -> str:
    return story.identify(x, email=email)


def by_proven_email(story: Story, x: str, email: str) -> str:
    return story.identify(x, email=email, context=story.signed(email=email))


def by_server(story: Story, x: str, email: str) -> str:
    return story.server.identify(x, email=email)


WAYS: tuple[Claimed, ...] = (by_link, by_browser, by_proven_email, by_server)
"""Claims of x by somebody with an address, by strength: 0 to 3."""


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("second", range(4))
def test_only_a_stronger_proof_overrides(story: Story, first: int, second: int) -> None:
    """R7, Who wins 6, Who wins 7. Given a@x.io claimed x; when b@x.io claims it; then it is b's only if b is better proven."""
    story.site(verify="optional")
    page = story.page("x")
    WAYS[first](story, "x", "a@x.io")
    WAYS[second](story, "x", "b@x.io")
    unsaid = story.page("x")
    wins = second > first
    assert story.whose(page) == ("b@x.io" if wins else "a@x.io")
    assert bool([entry for entry in story.log() if "claimed_by_another" in entry]) is not wins
    if wins:
        assert story.whose(unsaid) == "b@x.io"
        assert [entry["other"]["label"] for entry in story.entries("anonymous_merge") if entry["other"]] == ["a@x.io"]
    elif second < 2:
        assert (story.whose(unsaid), story.visitor("x")["contested_from"]) == ("a@x.io", None), "these contest no device"
    else:
        assert story.whose(unsaid) is None, "contested"


@pytest.mark.parametrize("first", range(4))
def test_the_strength_of_a_claim_rises_and_never_falls(story: Story, first: int) -> None:
    """R7, Who wins 4. Given a person claimed x twice; then the better of both proofs holds against a third."""
    story.site(verify="optional")
    for second in range(4):
        x, a, b, c = (f"{name}{second}" for name in ("x", "a@x.io", "b@x.io", "c@x.io"))
        page = story.page(x)
        WAYS[first](story, x, a)
        WAYS[second](story, x, a)
        best = max(first, second)
        WAYS[best](story, x, b)
        assert story.whose(page) == a, "as strong is not stronger"
        if best < 3:
            WAYS[best + 1](story, x, c)
            assert story.whose(page) == c


def test_an_override_moves_what_came_with_the_claim(story: Story) -> None:
    """R7, R20. Given x's history and fields were A's by assertion; when B claims x with proof; then they are B's, logged."""
    story.site(verify="optional")
    page = story.identify("x", traits={"city": "Rome"})
    story.group("acme", "x")
    of_a = story.identify("x", "A", at=10 * DAY)
    assert story.fields("A") == {"city": "Rome"}
    of_b = story.server.identify("x", "B", at=11 * DAY)
    assert story.timeline("A") == [of_a]
    assert page in story.timeline("B")
    assert story.timeline("B")[-1] == of_b
    assert (story.fields("A"), story.fields("B")) == ({}, {"city": "Rome"})
    assert (story.visits("A"), story.visits("B")[0]) == ((10 * DAY,) * 3, 1)
    assert story.members("acme") == {"B"}
    first, second = story.entries("anonymous_merge")
    assert (first["overridden"], second["overridden"]) == (True, False)
    assert second["other"]["label"] == "A"


def test_an_override_can_be_undone_by_hand(story: Story) -> None:
    """R7, Who wins 6. Given B overrode A on x; when x is attached to A by hand; then all is A's again."""
    page = story.page("x")
    story.identify("x", "A")
    story.server.identify("x", "B")
    assert story.whose(page) == "B"
    story.attach("x", "A")
    assert story.whose(page) == "A"
    story.server.identify("x", "B")
    assert story.whose(page) == "A", "what was attached by hand is as strong as it gets"
