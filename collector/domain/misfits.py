"""Validation errors that name the place, the value and what is allowed, derived from the msgspec types themselves.

msgspec decodes, and stops at the first error with a sentence that names neither the allowed values nor the key of a map. So a
value that it refuses is walked once more, beside the type that it should have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import inspect

MOST_SHOWN = 60
"""Characters shown of a value that does not fit."""
MOST_FOUND = 100
"""Problems of one document that are looked for."""
_PLAIN_NAME = re.compile(r"[A-Za-z_$][\w$-]*\Z")
_KINDS: tuple[tuple[type[inspect.Type], tuple[type, ...], str], ...] = (
    (inspect.StrType, (str,), "a text"),
    (inspect.BoolType, (bool,), "true or false"),
    (inspect.StructType, (dict,), "an object"),
    (inspect.DictType, (dict,), "an object"),
    (inspect.ListType, (list,), "a list"),
    (inspect.VarTupleType, (list,), "a list"),
    (inspect.NoneType, (type(None),), "null"),
)


class Misfit(msgspec.Struct, frozen=True):
    """One value that does not fit: where it is (`$.where.pages[0]`), and a sentence without its full stop."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.problem} - at `{self.place}`"


def misfits(value: Any, kind: Any) -> list[Misfit]:
    """Return what of a decoded value does not fit the type, in the order of the value; empty when all of it does."""
    return list(islice(_walk(value, inspect.type_info(kind), "$"), MOST_FOUND))


def texts(value: Any, place: str = "$") -> Iterator[tuple[str, str]]:
    """Return each text of a decoded value with its place, names of members among them."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield place, name
            yield from texts(member, inside(place, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from texts(element, inside(place, index))


def inside(place: str, name: str | int) -> str:
    """Return the place of a member or an element."""
    if isinstance(name, int):
        return f"{place}[{name}]"
    return f"{place}.{name}" if _PLAIN_NAME.match(name) else f"{place}[{name!r}]"


def _walk(value: Any, kind: inspect.Type, place: str, about: str = "") -> Iterator[Misfit]:
    match kind:
        case inspect.Metadata():
            yield from _walk(value, kind.type, place, (kind.extra_json_schema or {}).get("description", ""))
        case inspect.LiteralType():
            if not any(value == allowed and type(value) is type(allowed) for allowed in kind.values):
                yield Misfit(place, f"`{_name(place)}` is {shown(value)}; it can be {either(map(repr, kind.values))}")
        case inspect.UnionType():
            yield from _in_union(value, kind, place, about)
        case inspect.IntType():
            yield from _number(value, kind, place)
        case _:
            yield from _of_kind(value, kind, place, about)


def _of_kind(value: Any, kind: inspect.Type, place: str, about: str) -> Iterator[Misfit]:
    """Compare with a type that has one Python type; what is in it only when that fits."""
    types, word = next((types, word) for wanted, types, word in _KINDS if isinstance(kind, wanted))
    fits: bool = isinstance(value, types)
    if not fits:
        yield Misfit(place, f"`{_name(place)}` is {shown(value)}; it must be {word}")
    elif isinstance(kind, inspect.StrType):
        yield from _text(value, kind, place, about)
    elif isinstance(kind, inspect.StructType):
        yield from _members(value, kind, place)
    elif isinstance(kind, inspect.DictType):
        for name, member in value.items():
            yield from _walk(member, kind.value_type, inside(place, name[:MOST_SHOWN]))
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        yield from _length(value, kind, place, "entries", "entry")
        for index, element in enumerate(value):
            yield from _walk(element, kind.item_type, inside(place, index))


def _members(value: dict[str, Any], kind: inspect.StructType, place: str) -> Iterator[Misfit]:
    known = {field.encode_name: field for field in kind.fields}
    tag = {kind.tag_field} if kind.tag_field else set()
    for name, member in value.items():
        if name in known:
            yield from _walk(member, known[name].type, inside(place, name))
        elif name not in tag and kind.forbid_unknown_fields:
            there = ", ".join(f"`{field}`" for field in (*sorted(tag), *known)) or "none"
            yield Misfit(inside(place, name[:MOST_SHOWN]), f"there is no field `{name[:MOST_SHOWN]}` here; known: {there}")
    for name, field in known.items():
        if field.required and name not in value:
            yield Misfit(place, f"`{name}` is missing")


def _in_union(value: Any, kind: inspect.UnionType, place: str, about: str) -> Iterator[Misfit]:
    """Compare with the one member that is meant: by its tag, else null, else the other one."""
    tagged = {str(one.tag): one for one in kind.types if isinstance(one, inspect.StructType) and one.tag is not None}
    if tagged and isinstance(value, dict):
        field = next(iter(tagged.values())).tag_field or "type"
        if field not in value:
            yield Misfit(place, f"`{field}` is missing; it can be {either(map(repr, tagged))}")
        elif not isinstance(value[field], str) or value[field] not in tagged:
            where = inside(place, field)
            yield Misfit(where, f"`{field}` is {shown(value[field])}; it can be {either(map(repr, tagged))}")
        else:
            yield from _members(value, tagged[value[field]], place)
    elif value is not None or not any(isinstance(one, inspect.NoneType) for one in kind.types):
        yield from _walk(value, next(one for one in kind.types if not isinstance(one, inspect.NoneType)), place, about)


def _number(value: Any, kind: inspect.IntType, place: str) -> Iterator[Misfit]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield Misfit(place, f"`{_name(place)}` is {shown(value)}; it must be a whole number")
    elif (kind.ge is not None and value < kind.ge) or (kind.le is not None and value > kind.le):
        span = f"{kind.ge} to {kind.le}" if kind.le is not None else f"{kind.ge} or more"
        yield Misfit(place, f"`{_name(place)}` is {shown(value)}; it can be {span}")


def _text(value: str, kind: inspect.StrType, place: str, about: str) -> Iterator[Misfit]:
    too_long = list(_length(value, kind, place, "characters", "character"))
    yield from too_long
    if not too_long and kind.pattern is not None and not _has_form(value, kind.pattern):
        yield Misfit(place, f"`{_name(place)}` is {shown(value)}; it must be {about or kind.pattern}")


def _has_form(value: str, pattern: str) -> bool:
    """Say whether msgspec takes the text: the pattern is the type's, and stands nowhere else."""
    try:
        msgspec.convert(value, Annotated[str, msgspec.Meta(pattern=pattern)])
    except msgspec.ValidationError:
        return False
    return True


def _length(value: Any, kind: Any, place: str, many: str, single: str) -> Iterator[Misfit]:
    size = len(value)
    if kind.min_length is not None and size < kind.min_length:
        least = f"{kind.min_length} {single if kind.min_length == 1 else many}"
        yield Misfit(place, f"`{_name(place)}` is empty; it needs {least} or more")
    elif kind.max_length is not None and size > kind.max_length:
        yield Misfit(place, f"`{_name(place)}` has {size:,} {many}; at most {kind.max_length:,}")


def _name(place: str) -> str:
    """The last name of a place, with what follows it: `pages[0]` of `$.where.pages[0]`."""
    return place.rpartition(".")[2] if place != "$" else "the document"


def shown(value: Any) -> str:
    """Return a value as a sentence shows it: not all of a long one."""
    match value:
        case bool() | None:
            return msgspec.json.encode(value).decode()
        case dict():
            return "an object"
        case list():
            return "a list"
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def either(words: Iterable[str]) -> str:
    """Return `a`, `a or b`, `a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
