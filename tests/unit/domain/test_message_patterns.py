"""Page rules as patterns: what is said to fit both does, by the matcher itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.message_patterns import Search, common, pattern_of
from collector.domain.rules import Rule, _compare

LETTERS = st.text("ab/", max_size=4)
GLOBS = st.lists(LETTERS | st.sampled_from(["*", ":id", "\\*"]), max_size=5).map("".join)
RULES = st.builds(Rule, st.just("matches"), st.just("hash"), value=GLOBS) | st.builds(
    Rule, st.sampled_from(["is", "contains", "starts", "ends"]), st.just("hash"), value=LETTERS
)
"""Of the hash, whose texts are compared as they are."""


@given(RULES, RULES, st.sampled_from(["", "a", "b/"]))
def test_common_text_fits_both(one: Rule, other: Rule, filling: str) -> None:
    found = common(pattern_of(one, filling), pattern_of(other), Search())
    if found is not None:
        assert _compare(one, found)
        assert _compare(other, found)


@given(RULES, st.text("ab/", max_size=6))
def test_none_only_where_nothing_fits(rule: Rule, text: str) -> None:
    """The walk is exact: a text that fits both patterns is one, so it finds one."""
    found = common(pattern_of(rule), pattern_of(Rule("is", "hash", value=text)), Search())
    assert (found is not None) == _compare(rule, text)


@given(RULES, st.sampled_from(["", "a", "b/"]))
def test_example(rule: Rule, filling: str) -> None:
    assert _compare(rule, pattern_of(rule, filling).example)


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [("/u/:id/edit", "/u/42/*", "/u/42/edit"), ("*a", "b*", "ba"), (":a", ":b", "x"), ("a", "b", None), (":a", "*/", None)],
)
def test_common(one: str, other: str, text: str | None) -> None:
    rules = (Rule("matches", value=one), Rule("matches", value=other))
    assert common(pattern_of(rules[0]), pattern_of(rules[1]), Search()) == text
    assert common(pattern_of(rules[1]), pattern_of(rules[0]), Search()) == text


def test_search_ends() -> None:
    one, other = (pattern_of(Rule("matches", value="*" + letter * 180 + "*")) for letter in "ab")
    assert common(one, other, Search()) is not None
    search = Search(100)
    assert common(one, other, search) is None
    assert search.left < 0
