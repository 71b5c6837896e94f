"""Profile of a person: put together from what it said itself, from merged people, and from its anonymous streams.

Nothing is copied from one to another, so undoing a claim or a merge undoes what came with it, and what was written since
stays. Precedence (rules K9, K12, R20): explicit, newest first; then what merged people had before; then what was said with a
typed address, newest first; then anonymous, earliest claim first. Missing, null and empty values are passed over (R20).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from . import bounds
from .people import RESERVED_FIELDS, FieldValue, Person, TagState, bounded, is_empty
from .streams import Stream


class Profile(msgspec.Struct):
    """Fields with their provenance, tags, and since when the person is unsubscribed (None while subscribed).

    `left_out` counts, by kind, what is with its events only, as it was over a bound."""

    fields: dict[str, FieldValue] = {}
    tags: dict[str, TagState] = {}
    unsubscribed_at: int | None = None
    left_out: dict[str, int] = {}


def profile(members: Iterable[Person], streams: Iterable[Stream], historical: Iterable[str] = ()) -> Profile:
    """Put the profile together from everyone who is this person, and its anonymous streams.

    `members` in the order of joining, the canonical person first. `historical` are fields that anonymous state never
    fills (rule K8).
    """
    everyone, anonymous = list(members), list(streams)
    fields = _explicit(everyone)
    filled, unshown = _filling(anonymous, historical)
    for less in (_typed(everyone), filled):
        for key, value in less.items():
            if key not in fields or is_empty(fields[key].v):
                fields[key] = value
    left_out = (bounds.counted(("fields", unshown)), *(one.left_out for one in everyone), *(one.left_out for one in anonymous))
    return Profile(fields, _tags(everyone), _unsubscribed(everyone), bounds.add_up(left_out))


def _explicit(members: list[Person]) -> dict[str, FieldValue]:
    """The explicit value of every key; one that is empty only where nobody has a better one."""
    found: dict[str, FieldValue] = {}
    for key, value in _by_precedence(members):
        if key not in found or (is_empty(found[key].v) and not is_empty(value.v)):
            found[key] = value
    return found


def _by_precedence(members: list[Person]) -> list[tuple[str, FieldValue]]:
    shared: list[tuple[str, FieldValue]] = []
    before: list[tuple[str, FieldValue]] = []
    for person in members:
        for key, value in person.fields.items():
            (shared if _is_shared(person, value) else before).append((key, value))
    shared.sort(key=lambda said: (said[1].at, said[1].event), reverse=True)
    return [*shared, *before]


def _typed(members: list[Person]) -> dict[str, FieldValue]:
    """Fields that were said together with an address and no user, the newest of each."""
    found: dict[str, FieldValue] = {}
    said = sorted((said for person in members for said in person.typed.items()), key=lambda said: (said[1].at, said[1].event))
    for key, value in said:
        if not is_empty(value.v):
            found[key] = value
    return found


def _is_shared(person: Person, value: FieldValue) -> bool:
    """Said of the person as a whole: by the canonical one, or by a merged one since it joined."""
    return person.joined_at is None or value.at > person.joined_at


def filling(streams: Iterable[Stream], historical: Iterable[str] = ()) -> dict[str, FieldValue]:
    """Return what anonymous streams have to fill empty fields with: within the reach of each claim, earliest claim first."""
    return _filling(streams, historical)[0]


def _filling(streams: Iterable[Stream], historical: Iterable[str]) -> tuple[dict[str, FieldValue], int]:
    """Return the fields that fill, and how many values do not, as many streams together are over the bound of a person.
    Each stream keeps to its own bound; the first is shown whole, so what is over it from before there was one still is."""
    never = RESERVED_FIELDS | {key.lower() for key in historical}
    found: dict[str, FieldValue] = {}
    unshown = 0
    for stream in sorted(streams, key=lambda stream: (stream.claimed_at or 0, stream.device_id, stream.epoch)):
        more: dict[str, FieldValue] = {}
        for key, value in stream.fields.items():
            reached = stream.attributed_from is None or value.at >= stream.attributed_from
            if reached and key not in found and key.lower() not in never and not is_empty(value.v):
                more[key] = FieldValue(value.v, value.at, "anonymous", value.event)
        kept = bounded(found, more, bounds.OF_PERSON) if found else more
        unshown += len(more) - len(kept)
        found |= kept
    return found, unshown


def _tags(members: list[Person]) -> dict[str, TagState]:
    found: dict[str, TagState] = {}
    for person in members:
        for tag, state in person.tags.items():
            known = found.get(tag)
            if known is None or (known.at, not known.on) < (state.at, not state.on):
                found[tag] = state
    return found


def _unsubscribed(members: list[Person]) -> int | None:
    """Return the time of an opt-out: it outlives a merge, until an opt-in that is later than the opt-out and than the merge."""
    out = [person.unsubscribed_at for person in members if person.unsubscribed_at is not None and not _is_back(person, members)]
    return max(out, default=None)


def _is_back(out: Person, members: list[Person]) -> bool:
    return any(
        other.unsubscribed_at is None
        and (other.subscription_at or 0) > max(out.unsubscribed_at or 0, out.joined_at or 0, other.joined_at or 0)
        for other in members
    )
