"""The answers of the read API: what the reports return, with times as ISO 8601 UTC and person ids as strings."""

from __future__ import annotations

from typing import Any

import msgspec

from ...domain.events import flag_names
from ...domain.times import iso
from ...storage.reports import ActivityRow, EventRow, HourCount, LogRow, Name, PersonRow, QuarantineRow


class PersonName(msgspec.Struct):
    person_id: str
    label: str


class PersonAnswer(msgspec.Struct):
    """A person. `anonymous_ids` are those whose anonymous history became theirs."""

    person_id: str
    label: str
    user_ids: list[str]
    emails: list[str]
    anonymous_ids: list[str]
    fields: dict[str, Any]
    tags: list[str]
    unsubscribed_at: str | None
    first_seen: str | None
    first_identified: str | None
    last_seen: str | None


class PeopleAnswer(msgspec.Struct):
    people: list[PersonAnswer]
    next: str | None


class EventAnswer(msgspec.Struct):
    """A stored event. `was_anonymous` stays true after the visitor turned out to be a person; `person_id` says whom."""

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
    url: str | None
    properties: dict[str, Any]
    context: dict[str, Any]
    flags: list[str]


class EventsAnswer(msgspec.Struct):
    events: list[EventAnswer]
    next: str | None


class VisitorAnswer(msgspec.Struct):
    """An anonymous id, for ever: `mapped_to` is the person it was merged into at `merged_at`, `since` how far back."""

    anonymous_id: str
    first_seen: str
    mapped_to: str | None
    person: PersonName | None
    merged_at: str | None
    since: str | None
    events: list[EventAnswer]
    next: str | None


class EventEntry(EventAnswer, kw_only=True, tag_field="kind", tag="event"):
    at: str
    person: PersonName | None


class LogEntry(msgspec.Struct, kw_only=True, tag_field="kind", tag="other"):
    """What was decided about identity; `person` is who asked for it or got it, `other` who had it before or has it."""

    name: str
    at: str
    anonymous_id: str | None
    person_id: str | None
    person: PersonName | None
    other: PersonName | None
    detail: dict[str, Any]


class AnonymousMerge(LogEntry, kw_only=True, tag="anonymous_merge"):
    """A visitor became a person. `events` of the visitor's events, back to `since`, are the person's now."""

    events: int
    since: str | None
    overridden: bool


class MergeRefused(LogEntry, kw_only=True, tag="merge_refused"):
    reason: str | None


class IllegalId(LogEntry, kw_only=True, tag="illegal_id"):
    """Somebody was to be identified by a placeholder; the event was kept, nobody was identified."""

    value: str | None


Entry = EventEntry | AnonymousMerge | MergeRefused | IllegalId | LogEntry


class ActivityAnswer(msgspec.Struct):
    entries: list[Entry]
    next: str | None


class Ends(msgspec.Struct):
    """received = stored + duplicate + quarantined + refused."""

    received: int
    stored: int
    duplicate: int
    quarantined: int
    refused: int


class HourAnswer(Ends, kw_only=True):
    hour: str


class CountsAnswer(Ends, kw_only=True):
    reasons: dict[str, int]
    identified_people: int
    hours: list[HourAnswer]
    next: str | None


class QuarantineEntry(msgspec.Struct):
    """An event that was set aside. `body` is what came, as text; bytes that are not UTF-8 are replaced."""

    at: str
    reason: str
    detail: str
    source: str
    message_id: str | None
    body: str


class QuarantineAnswer(msgspec.Struct):
    quarantined: list[QuarantineEntry]
    next: str | None


NAMES = {"anonymous_merge": "Anonymous merge", "merge_refused": "Merge refused", "illegal_id": "Illegal id"}
"""The identity log's operations, as people read them."""


def maybe_iso(at: int | None) -> str | None:
    return None if at is None else iso(at)


def maybe_number(person_id: int | None) -> str | None:
    return None if person_id is None else str(person_id)


def person_name(name: Name | None) -> PersonName | None:
    return None if name is None else PersonName(str(name.person_id), name.label)


def person_answer(row: PersonRow) -> PersonAnswer:
    return PersonAnswer(
        person_id=str(row.person_id),
        label=row.label,
        user_ids=row.user_ids,
        emails=row.emails,
        anonymous_ids=row.anonymous_ids,
        fields={key: field.value for key, field in row.fields.items()},
        tags=row.tags,
        unsubscribed_at=maybe_iso(row.unsubscribed_at),
        first_seen=maybe_iso(row.first_seen_at),
        first_identified=maybe_iso(row.first_identified_at),
        last_seen=maybe_iso(row.last_seen_at),
    )


def _event_values(row: EventRow) -> dict[str, Any]:
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
        "url": row.url,
        "properties": row.properties,
        "context": row.context,
        "flags": flag_names(row.flags),
    }


def event_answer(row: EventRow) -> EventAnswer:
    return EventAnswer(**_event_values(row))


def activity_entry(row: ActivityRow) -> Entry:
    if row.event is not None:
        return EventEntry(**_event_values(row.event), at=iso(row.at), person=person_name(row.person))
    assert row.log is not None
    return _log_entry(row.log)


def _log_entry(row: LogRow) -> Entry:
    values: dict[str, Any] = {
        "name": NAMES.get(row.op, row.op),
        "at": iso(row.at),
        "anonymous_id": row.anonymous_id,
        "person_id": maybe_number(row.person.person_id if row.person else None),
        "person": person_name(row.person),
        "other": person_name(row.other),
        "detail": row.detail,
    }
    if row.op == "anonymous_merge":
        return AnonymousMerge(**values, events=row.events, since=maybe_iso(row.since), overridden=row.overridden)
    if row.op == "merge_refused":
        return MergeRefused(**values, reason=row.detail.get("reason"))
    if row.op == "illegal_id":
        return IllegalId(**values, value=row.detail.get("value"))
    return LogEntry(**values)


def hour_answer(row: HourCount) -> HourAnswer:
    return HourAnswer(row.received, row.stored, row.duplicate, row.quarantined, row.refused, hour=iso(row.hour or 0))


def quarantine_entry(row: QuarantineRow) -> QuarantineEntry:
    return QuarantineEntry(
        iso(row.received_at),
        row.reason,
        row.detail,
        row.source,
        row.message_id,
        row.body.decode("utf-8", "replace"),
    )
