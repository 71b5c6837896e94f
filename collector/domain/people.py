"""A person and what is written to it: fields with their provenance, tags, subscription, first and last visits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from .bounds import MOST_ADDRESSES, Bound, fitting

RESERVED_FIELDS = frozenset(
    {"email", "id", "user_id", "userid", "anonymous_id", "anonymousid", "unsubscribed_at", "subscribed", "consent"}
)
"""Identifiers, subscription and consent are never plain fields, and never filled from anonymous state (rule R20)."""


class FieldValue(msgspec.Struct):
    """A field with its provenance: `at` the event's time, `by` identify, api or anonymous, `event` the message id."""

    v: Any
    at: int
    by: str
    event: str


class TagState(msgspec.Struct):
    on: bool
    at: int


class Said(msgspec.Struct, frozen=True):
    """When an address was last said with the best proof that it ever had from this person: the event's time."""

    strength: int
    at: int


class Person(msgspec.Struct):
    """One human, as far as its own events tell. `canonical_id` is the person it was merged into, or its own id.

    Fields, tags and subscription are its own explicit ones; `typed` are fields that somebody said together with an address
    and no user (K12), `addresses` when each address was said (K17). `profile` puts together what the merged person looks like.
    `joined_at` is when it came to the canonical person: the last merge on the way there, None for that person itself.
    """

    person_id: int
    canonical_id: int
    created_at: int
    first_seen_at: int | None = None
    first_identified_at: int | None = None
    last_seen_at: int | None = None
    fields: dict[str, FieldValue] = {}
    typed: dict[str, FieldValue] = {}
    addresses: dict[str, Said] = {}
    tags: dict[str, TagState] = {}
    unsubscribed_at: int | None = None
    subscription_at: int | None = None
    joined_at: int | None = None
    left_out: dict[str, int] = {}
    """How many values were not written, as they were over a bound (bounds.py): of fields, of tags."""


def is_empty(value: object) -> bool:
    """Undefined, null and the empty string count as not known (rule K9); 0 and False are values."""
    return value is None or value == ""


def written_fields(known: dict[str, FieldValue], fields: dict[str, Any], at: int, by: str, event: str) -> dict[str, FieldValue]:
    """Return the writes that change something of what is `known`: the newest event time wins.

    Two writes of the same microsecond are ordered by message id, so that the result does not depend on arrival.
    """
    return {
        key: FieldValue(value, at, by, event)
        for key, value in fields.items()
        if key.lower() not in RESERVED_FIELDS and _wins(known.get(key), at, event)
    }


def bounded(known: dict[str, FieldValue], fields: dict[str, FieldValue], bound: Bound) -> dict[str, FieldValue]:
    """Return the writes that fit beside what is `known`."""
    if not fields:
        return fields
    fits = fitting(_values(known), _values(fields), bound)
    return {key: value for key, value in fields.items() if key in fits}


def _values(fields: dict[str, FieldValue]) -> dict[str, Any]:
    return {key: value.v for key, value in fields.items()}


def _wins(known: FieldValue | None, at: int, event: str) -> bool:
    return known is None or (known.at, known.event) < (at, event)


def say_address(person: Person, address: str, strength: int, at: int) -> None:
    """Note that an address was said; the best proof counts, and of that the last time, in whatever order they arrive."""
    known = person.addresses.get(address)
    if known is None and len(person.addresses) >= MOST_ADDRESSES:
        return
    if known is None or (known.strength, known.at) < (strength, at):
        person.addresses[address] = Said(strength, at)


def best_address(said: Iterable[dict[str, Said]], held: Iterable[str]) -> str | None:
    """Return which of the `held` addresses is a person's `email`: the one said last with the best proof (K17).

    `said` is what everyone who is this person has said. Of several that nobody has said the first. None when nothing is held.
    """
    found: dict[str, tuple[int, int]] = {}
    for addresses in said:
        for address, one in addresses.items():
            found[address] = max(found.get(address, (0, 0)), (one.strength, one.at))
    return max(held, key=lambda one: (found[one], one) if one in found else ((0, 0), ""), default=None)


def see(person: Person, at: int, identified: bool) -> None:
    """Move the person's visit times; all three are monotone, so arrival order does not matter (rule R18)."""
    person.first_seen_at = at if person.first_seen_at is None else min(person.first_seen_at, at)
    person.last_seen_at = at if person.last_seen_at is None else max(person.last_seen_at, at)
    if identified:
        first = person.first_identified_at
        person.first_identified_at = at if first is None else min(first, at)


def set_subscription(person: Person, subscribed: bool, at: int) -> None:
    """Opt in or out; the newest event decides, and opting out wins a tie."""
    known = person.subscription_at
    if known is not None and (at < known or (at == known and subscribed)):
        return
    person.subscription_at = at
    person.unsubscribed_at = None if subscribed else at


def set_tag(person: Person, tag: str, on: bool, at: int) -> None:
    """Add or remove a tag; the newest event decides, and removing wins a tie."""
    known = person.tags.get(tag)
    if known is None or known.at < at or (known.at == at and not on):
        person.tags[tag] = TagState(on, at)
