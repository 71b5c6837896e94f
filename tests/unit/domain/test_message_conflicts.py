"""Conflicts: every meeting that is claimed is one, by the rules themselves; and the usual ones are found."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings

from collector.domain.message_conflicts import HOST, MOST_CONFLICTS, conflict_of, conflicts_among, conflicts_with, meeting
from collector.domain.message_patterns import Search
from collector.domain.messages import Content, Locales, Message, Where, Who
from collector.domain.rules import Rule, matches
from tests.unit.domain.message_samples import MESSAGES


def path(value: str, op: str = "matches", *, exclude: bool = False, part: str = "path", name: str | None = None) -> Rule:
    return msgspec.convert({"op": op, "part": part, "value": value, "exclude": exclude, "name": name}, Rule)


def message(key: str, *pages: Rule, who: Who = Who(), priority: int = 50) -> Message:  # noqa: B008 - frozen
    return Message(key, "N", Where(list(pages)), Locales("en", {"en": Content("T")}), who=who, priority=priority)


@pytest.mark.parametrize(
    ("one", "other", "page"),
    [
        ([], [], "/"),
        ([path("/pricing")], [], "/pricing"),
        ([path("/pricing")], [path("/Pricing/", "is")], "/pricing"),
        ([path("/blog/*")], [path("/blog", "is")], "/blog"),
        ([path("/blog/*")], [path("*/checkout")], "/blog/checkout"),
        ([path("/u/:id/edit")], [path("/u/42/*")], "/u/42/edit"),
        ([path("/a", "starts")], [path("z", "ends")], "/az"),
        ([path("/blog/*"), path("/blog", exclude=True)], [path("/blog/*")], "/blog/x"),
        ([path("/blog/*")], [path("x", "contains"), path("/blog/x", "is", exclude=True)], "/blog/pagex"),
        ([path("news", "is", part="query", name="a")], [path("/docs")], "/docs?a=news"),
        ([path("one", "is", part="query", name="a")], [path("two", "is", part="query", name="a")], "/?a=one&a=two"),
        ([path("app.", "starts", part="host")], [path("/docs")], "app.example.com/docs"),
        ([path("/x y", "is")], [], "/x%20y"),
        ([path("top", "is", part="hash")], [path("/docs")], "/docs#top"),
    ],
)
def test_meeting(one: list[Rule], other: list[Rule], page: str) -> None:
    assert meeting(one, other, Search()) == page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([path("/a")], [path("/b")]),
        ([path("/u/:id")], [path("/u/*/edit")]),
        ([path("/docs/*")], [path("/docs-old")]),
        ([path("/docs/*")], [path("/docs/*", exclude=True)]),
        ([path("a.io", "is", part="host")], [path("b.io", "is", part="host")]),
    ],
)
def test_no_meeting(one: list[Rule], other: list[Rule]) -> None:
    assert meeting(one, other, Search()) is None


def test_priority_then_key_decides() -> None:
    one, other = message("one", path("/pricing"), priority=50), message("two", path("/p*"), priority=80)
    (found,) = conflicts_among([one, other])
    assert found.sentence == "`two` and `one` can meet on /pricing; `two` goes first by priority (80, 50)."
    (found,) = conflicts_among([message("two"), message("one")])
    assert found.sentence == "`one` and `two` can meet on /; `one` goes first by its key, as both have priority 50."


def test_identities_that_never_meet() -> None:
    one = message("one", who=Who("anonymous"))
    assert conflict_of(one, message("two", who=Who("identified"))) is None
    assert conflict_of(one, message("two", who=Who("anyone"))) is not None


def test_a_message_does_not_meet_what_it_replaces() -> None:
    one, two, three = message("one"), message("two"), message("three")
    assert conflicts_with([one], [one]) == []
    assert [found.second for found in conflicts_with([one], [one, two])] == ["two"]
    found = conflicts_with([two, one], [one, two, three])
    assert [(each.first, each.second) for each in found] == [("one", "two"), ("three", "two"), ("one", "three")], "each once"


@given(MESSAGES, MESSAGES)
@settings(max_examples=300)
def test_every_claim_is_confirmed_by_the_rules(one: Message, other: Message) -> None:
    found = conflict_of(one, other)
    if found is not None:
        address = f"https://{HOST if found.page.startswith('/') else ''}{found.page}"
        assert matches(one.where.pages, address)
        assert matches(other.where.pages, address)
        assert {one.who.identity, other.who.identity} != {"anonymous", "identified"}


def test_hostile_patterns_end() -> None:
    slow = [path("*a*a*a*a*a*a*a*" + letter * 180) for letter in "bcdefgh"]
    started = time.process_time()
    conflicts_among([message(f"m{index}", *slow) for index in range(12)])
    assert time.process_time() - started < 10, "of the processor; without an end it takes minutes"


def test_many_messages_with_many_rules() -> None:
    """As a large site has them; and where each meets each, a hundred conflicts are enough."""
    sections = [[path(f"/section{index}/sub{number}/*") for number in range(8)] for index in range(60)]
    started = time.process_time()
    assert conflicts_among([message(f"m{index}", *pages) for index, pages in enumerate(sections)]) == []
    assert time.process_time() - started < 20, "of the processor"
    assert len(conflicts_among([message(f"m{index}") for index in range(60)])) == MOST_CONFLICTS
