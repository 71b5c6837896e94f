"""Errors of documents: each field of a message, wrong in each way that its type knows, is named with place and remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from collector.domain.messages import Message, parse_message
from collector.domain.misfits import inside, misfits
from collector.errors import BadParameter

WHOLE: dict[str, Any] = {
    "key": "hello", "name": "N", "schema": 1, "kind": "banner", "status": "live", "run": 1, "priority": 50, "note": "",
    "where": {"pages": [{"op": "is", "part": "query", "name": "a", "value": "/x", "exclude": False}]},
    "who": {"identity": "anonymous"}, "often": {"lifetime": 1, "stop_on": ["act"], "caps": [{"max": 1, "per": "P7D"}]}, "placement": {"edge": "top"},
    "when": {
        "trigger": {"type": "delay", "seconds": 5}, "starts_at": "2026-12-24T09:00:00Z", "ends_at": "2026-12-25T09:00:00+01:00",
        "hours": {"from": 9, "to": 17, "days": ["mo"], "zone": "Europe/Berlin"},
    },
    "content": {"default": "en", "texts": {"en": {"title": "T", "body": "B", "close_label": "C", "actions": [
        {"id": "aa", "label": "A", "style": "link", "do": [
            {"type": "open", "href": "/x"}, {"type": "track", "name": "n"}, {"type": "dismiss"}]}]}}},
}  # fmt: skip
"""Every field that there is."""

Path = tuple[str | int, ...]


def _plain(kind: inspect.Type) -> inspect.Type:
    return _plain(kind.type) if isinstance(kind, inspect.Metadata) else kind


def fields(value: Any, kind: inspect.Type, path: Path = ()) -> Iterator[tuple[Path, inspect.Type]]:
    """Every value of the document with its type, beside one another."""
    kind = _plain(kind)
    if isinstance(kind, inspect.UnionType):
        tagged = {str(one.tag): one for one in kind.types if isinstance(one, inspect.StructType) and one.tag is not None}
        plain = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
        kind = tagged[value["type"]] if tagged else _plain(plain)
    yield path, kind
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            assert field.encode_name in value, f"add {field.encode_name} to WHOLE"
            yield from fields(value[field.encode_name], field.type, (*path, field.encode_name))
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        for index, element in enumerate(value):
            yield from fields(element, kind.item_type, (*path, index))
    elif isinstance(kind, inspect.DictType):
        for name, member in value.items():
            yield from fields(member, kind.value_type, (*path, name))


def wrong(kind: inspect.Type) -> Iterator[tuple[Any, str]]:
    """(a value that does not fit the type, a word of the sentence)."""
    match kind:
        case inspect.StrType():
            yield 7, "is 7; it must be a text"
            if kind.max_length:
                yield "/" * (kind.max_length + 1), f"at most {kind.max_length:,}"
            if kind.min_length:
                yield "", "is empty"
            if kind.pattern:
                yield "\u00fc b", "it must be "
        case inspect.IntType():
            yield "x", "it must be a whole number"
            yield True, "it must be a whole number"
            yield 1.5, "it must be a whole number"
            yield -1, "it can be "
        case inspect.BoolType():
            yield 1, "it must be true or false"
        case inspect.LiteralType():
            for allowed in kind.values:
                yield "nonsense", repr(allowed)
            yield None, "is null"
        case inspect.ListType() | inspect.VarTupleType():
            yield {}, "is an object; it must be a list"
        case inspect.StructType() | inspect.DictType():
            yield [], "is a list; it must be an object"


CASES = [
    (path, value, says)
    for path, kind in fields(WHOLE, inspect.type_info(Message))
    for value, says in wrong(kind)
    if path
]  # fmt: skip


def with_value(path: Path, value: Any) -> bytes:
    whole = json.loads(json.dumps(WHOLE))
    part = whole
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return json.dumps(whole).encode()


def place_of(path: Path) -> str:
    place = "$"
    for name in path:
        place = inside(place, name)
    return place


def test_the_whole_document_fits() -> None:
    parse_message(json.dumps(WHOLE).encode())
    assert misfits(WHOLE, Message) == []
    assert len(CASES) > 60


@pytest.mark.parametrize(("path", "value", "says"), CASES, ids=lambda value: str(value)[:40])
def test_field(path: Path, value: Any, says: str) -> None:
    with pytest.raises(BadParameter) as caught:
        parse_message(with_value(path, value))
    assert f"at `{place_of(path)}`" in caught.value.message
    assert says in caught.value.message


STRUCTS = [path for path, kind in fields(WHOLE, inspect.type_info(Message)) if isinstance(kind, inspect.StructType)]


@pytest.mark.parametrize("path", STRUCTS, ids=place_of)
def test_unknown_field(path: Path) -> None:
    with pytest.raises(BadParameter) as caught:
        parse_message(with_value((*path, "colour"), 1))
    assert "there is no field `colour` here; known: " in caught.value.message
    assert f"at `{place_of((*path, 'colour'))}`" in caught.value.message


REQUIRED = [
    (path, field.encode_name)
    for path, kind in fields(WHOLE, inspect.type_info(Message))
    if isinstance(kind, inspect.StructType)
    for field in kind.fields
    if field.required
]


@pytest.mark.parametrize(("path", "name"), REQUIRED, ids=str)
def test_missing_field(path: Path, name: str) -> None:
    whole = json.loads(json.dumps(WHOLE))
    part = whole
    for step in path:
        part = part[step]
    del part[name]
    with pytest.raises(BadParameter) as caught:
        parse_message(json.dumps(whole).encode())
    assert f"`{name}` is missing - at `{place_of(path)}`" in caught.value.message


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"type": "bomb"}, "`type` is 'bomb'; it can be 'open', 'dismiss' or 'track'"),
        ({"type": 3}, "`type` is 3; it can be 'open', 'dismiss' or 'track'"),
        ({"name": "x"}, "`type` is missing; it can be 'open', 'dismiss' or 'track'"),
        ({"type": "dismiss", "href": "/"}, "there is no field `href` here; known: `type`"),
        ("open", "`do[0]` is 'open'; it must be an object"),
    ],
)
def test_effect(value: Any, sentence: str) -> None:
    path = ("content", "texts", "en", "actions", 0, "do", 0)
    with pytest.raises(BadParameter) as caught:
        parse_message(with_value(path, value))
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x" * 5_000}, {"x" * 5_000: 1}, {"content": {"default": "x" * 5_000, "texts": {}}}, {"key": "x" * 5_000},
        {"content": {"default": "en", "texts": {"x" * 5_000: 1}}}, {str(index): 1 for index in range(5_000)},
        {"content": {"default": "y", "texts": {"y": {"title": "T", "body": f"[x]({'x' * 1_900})"}}}},
    ],
    ids=lambda change: str(change)[:20],
)  # fmt: skip
def test_long_values_are_cut(change: dict[str, Any]) -> None:
    with pytest.raises(BadParameter) as caught:
        parse_message(json.dumps({**WHOLE, **change}).encode())
    assert len(caught.value.message) < 1_500


@pytest.mark.parametrize(
    ("document", "place"), [(b'{"priority": ' + b"9" * 5_000 + b"}", "$.priority"), (b'{"name": ' + b"[" * 100_000, "$.name")]
)
def test_number_that_no_decoder_takes_is_placed(document: bytes, place: str) -> None:
    with pytest.raises(BadParameter) as caught:
        parse_message(document)
    assert caught.value.message.endswith(f" - at `{place}`.")
    assert caught.value.message.count(" - at ") == 1


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WHOLE, "type", "op", "en", "x"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(path=st.sampled_from([path for path, _ in fields(WHOLE, inspect.type_info(Message)) if path]), value=NESTED)
def test_agrees_with_msgspec(path: Path, value: Any) -> None:
    """A document that msgspec refuses has a sentence of ours, and one that it takes has none."""
    document = with_value(path, value)
    found = misfits(json.loads(document), Message)
    try:
        msgspec.json.decode(document, type=Message)
    except msgspec.ValidationError:
        assert found
    else:
        assert found == []
