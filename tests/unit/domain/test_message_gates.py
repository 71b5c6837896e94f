"""Gates: the browser's reason codes in the browser's order, and what only the browser knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.message_gates import GATES, Unknown, Verdict, Visit, verdict
from collector.domain.messages import Content, Locales, Message, Often, Status, Where, Who
from collector.domain.rules import Rule, matches, page_reason
from tests.unit.domain.message_samples import MESSAGES

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "golden" / "rule_vectors.json").read_text())
BLOG = "https://x.io/blog/a"
Identity = Literal["anonymous", "identified", "anyone"]


def message(*pages: Rule, who: Identity = "anonymous", status: Status = "live", often: Often = Often()) -> Message:  # noqa: B008
    content = Locales("en", {"en": Content("T")})
    return Message("one", "N", Where(list(pages)), content, status=status, who=Who(who), often=often)


INCLUDE, EXCLUDE = Rule("matches", value="/blog/*"), Rule("is", value="/blog/unsubscribe", exclude=True)


@pytest.mark.parametrize(
    ("asked", "visit", "expected"),
    [
        (message(), Visit(BLOG, "anonymous"), Verdict(None, ["memory"])),
        (message(often=Often(None, ())), Visit(BLOG, "anonymous"), Verdict(None, [])),
        (message(status="draft"), Visit(BLOG, "identified"), Verdict("not_live", [])),
        (message(status="paused"), Visit(BLOG), Verdict("not_live", [])),
        (message(EXCLUDE), Visit(BLOG, "identified"), Verdict("is_identified", [])),
        (message(who="identified"), Visit(BLOG, "anonymous"), Verdict("is_anonymous", [])),
        (message(who="anyone"), Visit(BLOG, "identified"), Verdict(None, ["memory"])),
        (message(), Visit(BLOG), Verdict(None, ["identity", "memory"])),
        (message(who="anyone"), Visit(BLOG), Verdict(None, ["memory"])),
        (message(INCLUDE, EXCLUDE), Visit("https://x.io/blog/unsubscribe", "anonymous"), Verdict("page_excluded:1", [])),
        (message(INCLUDE, EXCLUDE), Visit("https://x.io/shop", "anonymous"), Verdict("page_not_included", [])),
        (message(INCLUDE), Visit("https://x.io/shop"), Verdict("page_not_included", [])),
    ],
)
def test_verdict(asked: Message, visit: Visit, expected: Verdict) -> None:
    found = verdict(asked, visit)
    assert found == expected
    assert found.shows == (expected.reason is None)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["url"][-40:])
def test_the_reason_is_none_where_the_rules_match(vector: dict[str, Any]) -> None:
    rules = msgspec.convert(vector["rules"], list[Rule])
    assert (page_reason(rules, vector["url"]) is None) == vector["matches"] == matches(rules, vector["url"])


@given(
    MESSAGES, st.sampled_from([BLOG, "https://a.io/docs/x?a=news#top", ""]), st.sampled_from(["anonymous", "identified", None])
)
def test_the_first_closed_gate_is_the_reason(asked: Message, url: str, identity: Any) -> None:
    visit = Visit(url, identity)
    answers = [gate(asked, visit) for gate in GATES]
    closed = [answer for answer in answers if isinstance(answer, str)]
    found = verdict(asked, visit)
    assert found.reason == (closed[0] if closed else None)
    assert found.unknown == ([] if closed else [answer.fact for answer in answers if isinstance(answer, Unknown)])
