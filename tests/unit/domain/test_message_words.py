"""Messages in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given

from collector.domain.message_words import sentence
from collector.domain.messages import Cap, Content, Locales, Message, Often, Where, Who
from collector.domain.rules import Rule
from tests.unit.domain.message_samples import MESSAGES

CONTENT = Locales("en", {"en": Content("T")})


def message(*pages: Rule, who: Who = Who(), often: Often = Often()) -> Message:  # noqa: B008 - frozen
    return Message("one", "N", Where(list(pages)), CONTENT, who=who, often=often)


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        (message(), "Anonymous visitors on every page, once."),
        (
            message(Rule("matches", value="/blog/*"), Rule("is", value="/blog/unsubscribe", exclude=True), often=Often(3)),
            "Anonymous visitors on /blog/* except /blog/unsubscribe, three times at most, until they close it or act.",
        ),
        (
            message(Rule("is", value="/a"), Rule("is", value="/b"), Rule("starts", value="/c"), who=Who("identified")),
            "Identified visitors on /a, /b or paths that begin with /c, once.",
        ),
        (
            message(Rule("exists", "query", "internal", exclude=True), who=Who("anyone"), often=Often(None, ())),
            "All visitors on every page except pages with ?internal, each time.",
        ),
        (
            message(Rule("is", "query", "utm_source", "news"), Rule("is", "host", value="app.x.io"), often=Often(12, ("act",))),
            "Anonymous visitors on pages with ?utm_source=news or the host app.x.io, 12 times at most, until they act.",
        ),
        (
            message(
                Rule("is", "hash", value="top"), Rule("contains", "query", "q", "x"), Rule("matches", "host", value="*.io")
            ),
            "Anonymous visitors on pages with #top, pages with values of ?q that contain x or hosts like *.io, once.",
        ),
        (
            message(*(Rule("is", value=f"/{index}") for index in range(7))),
            "Anonymous visitors on /0, /1, /2, /3, /4 or 2 more, once.",
        ),
        (
            message(Rule("is", value="/a"), often=Often(3, caps=(Cap(1, "P7D"), Cap(2, "P30D")))),
            "Anonymous visitors on /a, three times at most, once a week, at most 2 times in thirty days, until they close it or act.",
        ),
        (message(Rule("is", value="/\x1b[31m")), "Anonymous visitors on /?[31m, once."),
    ],
)
def test_sentence(said: Message, whole: str) -> None:
    assert sentence(said) == whole


@given(MESSAGES)
def test_every_message_has_one(message: Message) -> None:
    said = sentence(message)
    assert said.endswith(".")
    assert said.isprintable()
