"""A person before and after an operation, line by line, for the preview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ....storage.operations.corrections import Moved
from ....storage.reports import Field, Portrait
from . import format, terms

MOST = 6
"""Items of a list that a line shows; those that change come first."""
NONE = "–"


class Line(msgspec.Struct, frozen=True):
    """One thing about a person as it is now and as it would be."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


class Comparison(msgspec.Struct, frozen=True):
    """One person; `is_new` and `is_gone` tell of one who is a person of their own only after, or only before."""

    person_id: int
    label: str
    lines: list[Line]
    is_new: bool = False
    is_gone: bool = False


def compare(moved: Moved) -> Comparison:
    """Put the two portraits side by side: numbers, names and visits always, the rest where it changes."""
    known = moved.after or moved.before
    label = known.person.label if known else f"Person {moved.person_id}"
    lines = [*_numbers(moved), *_names(moved), *_visits(moved), *_look(moved)]
    return Comparison(moved.person_id, label, lines, is_new=moved.before is None, is_gone=moved.after is None)


def _numbers(moved: Moved) -> Iterator[Line]:
    for name, key in (("Events on the timeline", "events"), ("of which anonymous", "anonymous_events")):
        yield Line(name, *(NONE if side is None else f"{getattr(side, key):,}" for side in (moved.before, moved.after)))


def _names(moved: Moved) -> Iterator[Line]:
    names = (("Anonymous ids", "anonymous_ids"), ("Email", "emails"), ("User id", "user_ids"), ("Accounts", "accounts"))
    for name, key in names:
        before, after = (_list(side, key) for side in (moved.before, moved.after))
        if before or after or key != "accounts":
            yield Line(name, _items(before, after), _items(after, before))


def _visits(moved: Moved) -> Iterator[Line]:
    visits = (
        ("First visit", "first_seen_at"),
        ("First identified visit", "first_identified_at"),
        ("Last seen", "last_seen_at"),
        ("Unsubscribed", "unsubscribed_at"),
    )
    for name, key in visits:
        line = Line(name, _time(moved.before, key), _time(moved.after, key))
        if line.is_changed or key != "unsubscribed_at":
            yield line


def _look(moved: Moved) -> Iterator[Line]:
    before, after = (_list(side, "tags") for side in (moved.before, moved.after))
    if before != after:
        yield Line("Tags", _items(before, after), _items(after, before))
    if moved.before is None or moved.after is None:
        yield from _all_fields(moved)
        return
    was, will = moved.before.person.fields, moved.after.person.fields
    for key in sorted({*was, *will}):
        if was.get(key) != will.get(key):
            yield Line(f"Field {key}", _field(was.get(key)), _field(will.get(key)))


def _all_fields(moved: Moved) -> Iterator[Line]:
    """Of somebody who becomes a person, or is none any longer, only how many there are: none of them is lost."""
    sides = (NONE if side is None else f"{len(side.person.fields):,}" for side in (moved.before, moved.after))
    yield Line("Fields", *sides)


def _list(side: Portrait | None, key: str) -> list[str]:
    return [] if side is None else getattr(side.person, key)


def _items(values: Sequence[str], others: Sequence[str]) -> str:
    """The values as text, those that the other side does not have first, and no more than MOST."""
    ordered = sorted(values, key=lambda value: value in others)
    more = f" and {len(values) - MOST:,} more" if len(values) > MOST else ""
    return (", ".join(format.shorten(value, 60) for value in ordered[:MOST]) or NONE) + more


def _time(side: Portrait | None, key: str) -> str:
    at = None if side is None else getattr(side.person, key)
    return NONE if at is None else format.stamp(at)


def _field(field: Field | None) -> str:
    if field is None:
        return NONE
    value: Any = field.value
    text = value if isinstance(value, str) else format.pretty(value)
    return f"{format.shorten(text)} ({terms.source_of_field(field.by)})"
