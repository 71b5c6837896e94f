"""People, events and visitors as the API answers them: times as ISO 8601 UTC, person ids as strings."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.events import Proof, flag_names
from ..domain.times import iso
from ..storage.reports import AccountRow, EventRow, Identity, MergeRow, Name, PersonRow, Touch, Touches


class PersonName(msgspec.Struct):
    person_id: str
    label: str


class LeftOut(msgspec.Struct, kw_only=True):
    """`left_out` counts, by kind, values that are with their events only, as there were too many; absent if there are none."""

    left_out: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


class PersonAnswer(LeftOut):
    """A person. `anonymous_ids` are those whose anonymous history became theirs."""

    person_id: str
    label: str
    user_ids: list[str]
    emails: list[str]
    anonymous_ids: list[str]
    accounts: list[str]
    fields: dict[str, Any]
    tags: list[str]
    unsubscribed_at: str | None
    first_seen: str | None
    first_identified: str | None
    last_seen: str | None


class TouchAnswer(msgspec.Struct):
    """A page view by which somebody came: from where, null when the browser says nothing, and with which campaign."""

    timestamp: str
    url: str | None
    referrer: str | None
    campaign: dict[str, Any] | None


class FoundPerson(PersonAnswer, kw_only=True):
    """`first_touch` is the person's first page view, `last_touch` the newest one with a campaign."""

    first_touch: TouchAnswer | None
    last_touch: TouchAnswer | None


class PeopleAnswer(msgspec.Struct):
    people: list[FoundPerson]
    next: str | None


class DeviceAnswer(msgspec.Struct):
    """An anonymous id that became the person's: at the claim `merged_at`, back to `since`, with so many events.

    `strength` is the proof of the claim: link, typed, asserted, proven_email or verified. An id that was logged out on is here
    once for each stretch of time.
    """

    anonymous_id: str
    merged_at: str | None
    since: str | None
    strength: str
    events: int


class MergeAnswer(msgspec.Struct):
    """A merge of two people; in force while `reversed_at` is null. `source` names who is this person by it."""

    merge_id: str
    source_id: str
    source: str | None
    target_id: str
    at: str
    by: str
    reversed_at: str | None


class MatchAnswer(msgspec.Struct):
    """Possible match, as both were in this browser: a lead of an account, or an account of a lead."""

    person: PersonName
    anonymous_id: str


class PersonDetail(FoundPerson, kw_only=True):
    devices: list[DeviceAnswer]
    merges: list[MergeAnswer]
    possible_matches: list[MatchAnswer]


class EventAnswer(msgspec.Struct):
    """A stored event. `was_anonymous` stays true after the visitor turned out to be a person; `person_id` says whom.

    `excluded`: somebody acted in the user's name; it is on nobody's timeline and counted nowhere.
    """

    message_id: str
    type: str
    name: str | None
    timestamp: str
    received_at: str
    original_timestamp: str | None
    anonymous_id: str | None
    user_id: str | None
    person_id: str | None
    was_anonymous: bool
    excluded: bool
    url: str | None
    properties: dict[str, Any]
    context: dict[str, Any]
    flags: list[str]


class EventsAnswer(msgspec.Struct):
    events: list[EventAnswer]
    next: str | None


class VisitorAnswer(msgspec.Struct):
    """An anonymous id, which stays after a merge: `mapped_to` is the person it was merged into at `merged_at`, `since` how far
    back, and `strength` the proof of it: link, typed, asserted, proven_email or verified.

    From `contested_from` on, what comes from it without a user belongs to nobody: several people used it.
    """

    anonymous_id: str
    first_seen: str
    contested_from: str | None
    mapped_to: str | None
    person: PersonName | None
    merged_at: str | None
    since: str | None
    strength: str | None
    first_touch: TouchAnswer | None
    last_touch: TouchAnswer | None
    events: list[EventAnswer]
    next: str | None


class AccountAnswer(LeftOut):
    """An account with what group calls say of it; `members` counts the people who belong to it now."""

    account_id: str
    fields: dict[str, Any]
    members: int
    created_at: str
    last_seen: str


class AccountsAnswer(msgspec.Struct):
    accounts: list[AccountAnswer]
    next: str | None


class AccountDetail(AccountAnswer, kw_only=True):
    people: list[PersonAnswer]
    next: str | None


def maybe_iso(at: int | None) -> str | None:
    return None if at is None else iso(at)


def maybe_number(number: int | None) -> str | None:
    return None if number is None else str(number)


def strength_name(strength: int) -> str:
    """Return the name of a proof, in lower case."""
    return Proof(strength).name.lower()


def person_name(name: Name | None) -> PersonName | None:
    return None if name is None else PersonName(str(name.person_id), name.label)


def person_values(row: PersonRow) -> dict[str, Any]:
    """Return the members of a PersonAnswer."""
    return {
        "person_id": str(row.person_id),
        "label": row.label,
        "user_ids": row.user_ids,
        "emails": row.emails,
        "anonymous_ids": row.anonymous_ids,
        "accounts": row.accounts,
        "fields": plain_fields(row.fields),
        "tags": row.tags,
        "unsubscribed_at": maybe_iso(row.unsubscribed_at),
        "first_seen": maybe_iso(row.first_seen_at),
        "first_identified": maybe_iso(row.first_identified_at),
        "last_seen": maybe_iso(row.last_seen_at),
        "left_out": row.left_out or msgspec.UNSET,
    }


def plain_fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: field.value for key, field in fields.items()}


def person_answer(row: PersonRow) -> PersonAnswer:
    return PersonAnswer(**person_values(row))


def touch_answer(touch: Touch | None) -> TouchAnswer | None:
    return None if touch is None else TouchAnswer(iso(touch.ts), touch.url, touch.referrer, touch.campaign)


def touch_values(touches: Touches) -> dict[str, Any]:
    """Return the members `first_touch` and `last_touch`."""
    return {"first_touch": touch_answer(touches.first), "last_touch": touch_answer(touches.last)}


def device_answer(row: Identity) -> DeviceAnswer:
    return DeviceAnswer(
        row.anonymous_id, maybe_iso(row.merged_at), maybe_iso(row.since), strength_name(row.strength), row.events
    )


def merge_answer(row: MergeRow, source: str | None) -> MergeAnswer:
    return MergeAnswer(
        str(row.merge_id), str(row.source_id), source, str(row.target_id), iso(row.at), row.by, maybe_iso(row.reversed_at)
    )


def event_values(row: EventRow) -> dict[str, Any]:
    """Return the members of an EventAnswer."""
    return {
        "message_id": row.message_id,
        "type": row.type,
        "name": row.name,
        "timestamp": iso(row.ts),
        "received_at": iso(row.received_at),
        "original_timestamp": row.original_ts,
        "anonymous_id": row.anonymous_id,
        "user_id": row.user_id,
        "person_id": maybe_number(row.person_id),
        "was_anonymous": row.was_anonymous,
        "excluded": row.excluded,
        "url": row.url,
        "properties": row.properties,
        "context": row.context,
        "flags": flag_names(row.flags),
    }


def event_answer(row: EventRow) -> EventAnswer:
    return EventAnswer(**event_values(row))


def account_values(row: AccountRow) -> dict[str, Any]:
    """Return the members of an AccountAnswer."""
    return {
        "account_id": row.account_id,
        "fields": plain_fields(row.fields),
        "members": row.people,
        "created_at": iso(row.created_at),
        "last_seen": iso(row.last_seen_at),
        "left_out": row.left_out or msgspec.UNSET,
    }
