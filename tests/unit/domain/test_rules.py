"""Page rules: the vectors that the JavaScript half is tested with too, and what no vector can say."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.domain.rules import MAX_STARS, Rule, matches, problem_of

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "golden" / "rule_vectors.json").read_text())


def test_vectors_exist() -> None:
    assert len(VECTORS) > 100
    assert {vector["matches"] for vector in VECTORS} == {True, False}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["url"][-40:])
def test_vector(vector: dict[str, Any]) -> None:
    rules = msgspec.convert(vector["rules"], list[Rule])
    assert matches(rules, vector["url"]) is vector["matches"], vector


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (Rule("is", value="/pricing"), None),
        (Rule("exists", "query", "ref"), None),
        (Rule("is", "query", value="x"), "name"),
        (Rule("exists", value="x"), "query"),
        (Rule("contains"), "empty"),
        (Rule("matches", value="*" * MAX_STARS), None),
        (Rule("matches", value="*" * (MAX_STARS + 1)), "stars"),
    ],
)
def test_page_rules_that_can_be_saved(rule: Rule, problem: str | None) -> None:
    found = problem_of(rule)
    assert found is None if problem is None else problem in (found or "")


@pytest.mark.parametrize("wrong", [{"op": "regex", "value": "x"}, {"op": "is", "part": "cookie"}, {"op": "is", "flags": "i"}])
def test_page_rules_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Rule)


@pytest.mark.parametrize("pattern", ["(a+)+$", "a" + "*a" * (MAX_STARS - 1) + "*b", "[a-z", "\\", "\\*", ":a:b:c:d/" * 10])
def test_no_pattern_is_slow_or_an_error(pattern: str) -> None:
    started = time.process_time()
    matches([Rule("matches", value=pattern)], "https://shop.test/" + "a" * 200)
    assert time.process_time() - started < 5, "of the processor; a pattern that backtracks takes minutes"


@pytest.mark.parametrize("url", ["", "not a url", "http://[", "https://shop.test/%ff%zz", "javascript:alert(1)", "//x//y"])
def test_no_address_is_an_error(url: str) -> None:
    assert matches([], url)
    matches([Rule("is", value="/"), Rule("contains", "query", "a", "b"), Rule("is", "host", value="x")], url)
