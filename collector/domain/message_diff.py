"""Difference of two messages: a flat list of places with what was there and what is there now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .messages import Message
from .misfits import inside


class Difference(msgspec.Struct, frozen=True):
    """One place (`$.content.texts.en.title`) that differs. `before` is absent for what was added, `after` for what was
    removed; null is a value."""

    path: str
    before: Any = msgspec.UNSET
    after: Any = msgspec.UNSET


def differences(before: Message | None, after: Message | None) -> list[Difference]:
    """Return what differs, defaults written out; nothing when one of the two is None, as there is nothing to compare with."""
    if before is None or after is None:
        return []
    return list(_differing(whole(before), whole(after), "$"))


def whole(part: Any) -> Any:
    """Return a part of a document as JSON, with the fields that stand at their defaults."""
    if isinstance(part, msgspec.Struct):
        config = part.__struct_config__
        tag = {} if config.tag_field is None else {config.tag_field: config.tag}
        return tag | {name: whole(getattr(part, name)) for name in part.__struct_fields__}
    if isinstance(part, dict):
        return {name: whole(value) for name, value in part.items()}
    return [whole(value) for value in part] if isinstance(part, list | tuple) else part


def _differing(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        names: list[Any] = list(dict.fromkeys([*before, *after]))
        pairs = [(name, before.get(name, msgspec.UNSET), after.get(name, msgspec.UNSET)) for name in names]
    elif isinstance(before, list) and isinstance(after, list):
        longest = range(max(len(before), len(after)))
        pairs = [(index, _at(before, index), _at(after, index)) for index in longest]
    else:
        if before != after:
            yield Difference(path, before, after)
        return
    for name, old, new in pairs:
        yield from _differing(old, new, inside(path, name))


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else msgspec.UNSET
