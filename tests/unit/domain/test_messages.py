"""Messages: the document that is refused by name, the public form that browsers get, no markup anywhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.message_body import compile_body
from collector.domain.messages import MAX_DOCUMENT, RESERVED, DoesNotFit, parse_message, public_form
from collector.errors import BadParameter


def document(**change: Any) -> bytes:
    content = {"title": "Hello", "body": "Take **10 %** off.", "actions": [
        {"id": "see", "label": "See", "do": [{"type": "open", "href": "/studio"}, {"type": "track", "name": "Seen"}]}]}  # fmt: skip
    whole = {
        "key": "hello-there", "name": "Internal name", "note": "only for us", "status": "live",
        "where": {"pages": [{"op": "is", "value": "/pricing"}]}, "content": {"default": "en", "texts": {"en": content}}, **change,
    }  # fmt: skip
    return json.dumps(whole).encode()


def test_public_form() -> None:
    form = public_form(parse_message(document()), 3)
    assert (form["key"], form["revision"], form["kind"]) == ("hello-there", 3, "banner")
    assert form["content"]["body"] == [["Take ", ["b", "10 %"], " off."]]
    assert form["content"]["actions"][0]["do"] == [{"type": "open", "href": "/studio"}, {"type": "track", "name": "Seen"}]
    assert form["where"]["pages"] == [{"op": "is", "value": "/pricing"}]
    assert "Internal name" not in json.dumps(form)
    assert "only for us" not in json.dumps(form)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"key": "UPPER"}, "$.key"), ({"key": "a"}, "$.key"), ({"name": ""}, "$.name"), ({"extra": 1}, "extra"), ({"run": 0}, "$.run"),
        ({"priority": 101}, "$.priority"), ({"kind": "modal"}, "$.kind"), ({"schema": 2}, "$.schema"), ({"who": {"identity": "vip"}}, "$.who"),
        ({"where": {"pages": [{"op": "is", "part": "query", "value": "x"}]}}, "$.where.pages[0]"),
        ({"where": {"pages": [{"op": "is", "value": "x"}] * 21}}, "$.where.pages"), ({"content": {"default": "de", "texts": {}}}, "default language"),
        ({"note": "x" * MAX_DOCUMENT}, "bytes"), ({"note": "a\0"}, "`$.note`"), ({"name": "\0"}, "`$.name`"), *(({"key": key}, "$.key") for key in sorted(RESERVED)),
    ],
)  # fmt: skip
def test_message_error_names_its_place(change: dict[str, Any], path: str) -> None:
    with pytest.raises(BadParameter, match="does not fit") as caught:
        parse_message(document(**change))
    assert path in caught.value.message


def test_several_problems_are_told_at_once() -> None:
    with pytest.raises(DoesNotFit) as caught:
        parse_message(document(kind="modal", priority=101, **{f"extra{index}": 1 for index in range(5)}))
    assert len(caught.value.found) == 7
    assert "`kind` is 'modal'; it can be 'banner' - at `$.kind`; " in caught.value.message
    assert caught.value.message.endswith(" And 2 more.")
    with pytest.raises(DoesNotFit) as caught:
        parse_message(document(where={"pages": [{"op": "contains"}, {"op": "exists"}]}, content={"default": "de", "texts": {
            "e n": {"title": "x", "body": "[x](javascript:1)"}}}))  # fmt: skip
    assert [one.place for one in caught.value.found] == [
        "$.where.pages[0]", "$.where.pages[1]", "$.content.default", "$.content.texts['e n'].body",
    ]  # fmt: skip


@pytest.mark.parametrize("href", ["https://x.io", "http://x.io/?a=b", "/path", "#part", "mailto:a@x.io", "tel:+49"])
def test_addresses_that_a_link_may_have(href: str) -> None:
    assert compile_body(f"[x]({href})") == [[["a", "x", href]]]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "//evil.test", "vbscript:x", "\x01javascript:x", "x.io"]
)
def test_addresses_that_a_link_may_not_have(href: str) -> None:
    with pytest.raises(BadParameter):
        compile_body(f"[x]({href})")
    action = [{"id": "see", "label": "See", "do": [{"type": "open", "href": href}]}]
    content = {"default": "en", "texts": {"en": {"title": "x", "actions": action}}}
    with pytest.raises(BadParameter):
        parse_message(document(content=content))


def test_the_inline_subset() -> None:
    assert compile_body("a **b** *c* [d](/d) e\n\nsecond") == [
        ["a ", ["b", "b"], " ", ["em", "c"], " ", ["a", "d", "/d"], " e"],
        ["second"],
    ]
    assert compile_body("<img src=x onerror=alert(1)>") == [["<img src=x onerror=alert(1)>"]], "text stays text"
    assert compile_body("") == []


_INLINE = re.compile(r"\*\*(?P<b>[^*\n]+)\*\*|\*(?P<em>[^*\n]+)\*|\[(?P<text>[^\]\n]+)\]\((?P<href>[^)\s]+)\)")
"""The inline subset as one pattern, which takes quadratic time for a line of brackets."""


@given(st.lists(st.sampled_from(["[", "]", "(", ")", "](", "/", "*", "**", "a", " "]), max_size=30).map("".join))
def test_the_inline_subset_is_that_of_one_pattern(body: str) -> None:
    expected: list[Any] = []
    end = 0
    for found in _INLINE.finditer(body):
        expected += [body[end : found.start()]] if found.start() > end else []
        end = found.end()
        text = found["b"] or found["em"] or found["text"]
        expected.append(["b" if found["b"] else "em" if found["em"] else "a", text, *filter(None, [found["href"]])])
    expected += [body[end:]] if end < len(body) else []
    addresses = [node[2] for node in expected if node[0] == "a" and isinstance(node, list)]
    if not all(re.match(r"/(?!/)", address) for address in addresses):
        with pytest.raises(BadParameter):
            compile_body(body)
    else:
        assert compile_body(body) == ([expected] if body.strip() else [])


@pytest.mark.parametrize("part", ["[", "[a", "[x](", "[x](/", "*", "**a", "[a]"])
def test_the_longest_bodies_in_many_languages(part: str) -> None:
    body = part * (1990 // len(part))
    texts = {f"l{index}": {"title": "T", "body": body} for index in range(110)}
    whole = document(content={"default": "l0", "texts": texts})
    assert MAX_DOCUMENT * 0.8 < len(whole) <= MAX_DOCUMENT
    assert parse_message(whole).content.texts["l9"].body == body


@given(st.text())
def test_no_body_is_an_error_of_ours(body: str) -> None:
    try:
        nodes = compile_body(body)
    except BadParameter:
        return
    for node in (node for paragraph in nodes for node in paragraph):
        assert isinstance(node, str) or node[0] in ("b", "em", "a")


@given(st.binary(max_size=60))
def test_no_document_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(BadParameter):
        parse_message(body)
