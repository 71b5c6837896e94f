"""Rows that the reports return: plain values, times in microseconds since 1970 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One page of rows; `next` is the cursor of the page after it, None on the last."""

    rows: Sequence[Row]
    next: str | None = None


class Name(msgspec.Struct, frozen=True):
    """A person, as short as a line of a list needs it. `label` is the email, else the user id, else the number."""

    person_id: int
    label: str


class EventRow(msgspec.Struct, frozen=True):
    """One stored event with the person it belongs to now. `was_anonymous` is the stream's kind, which never changes."""

    message_id: str
    type: str
    name: str | None
    ts: int
    received_at: int
    original_ts: str | None
    anonymous_id: str | None
    user_id: str | None
    url: str | None
    properties: dict[str, Any]
    context: dict[str, Any]
    flags: int
    was_anonymous: bool
    person_id: int | None
    device_id: int
    stream_id: int
    excluded: bool = False
    seq: int = 0


class LogRow(msgspec.Struct, frozen=True):
    """One entry of the identity log. For a merge: how many events it moved, since when, and whether it still holds.
    `owner` is who has the stream or the device's anonymous part now."""

    op: str
    at: int
    anonymous_id: str | None
    person: Name | None
    other: Name | None
    detail: dict[str, Any]
    events: int = 0
    since: int | None = None
    overridden: bool = False
    log_id: int = 0
    owner: Name | None = None


class ActivityRow(msgspec.Struct, frozen=True):
    """A line of the activity log: an event with its person, or an entry of the identity log."""

    at: int
    event: EventRow | None = None
    person: Name | None = None
    log: LogRow | None = None


class Field(msgspec.Struct, frozen=True):
    """A value of a person's field and where it came from: `by` identify, api, anonymous; `event` the message id."""

    value: Any
    at: int | None = None
    by: str | None = None
    event: str | None = None


class PersonRow(msgspec.Struct, frozen=True):
    """One person. The first of `emails` is the one that counts (K17). `left_out` counts by kind what was over a bound."""

    person_id: int
    label: str
    user_ids: list[str]
    emails: list[str]
    anonymous_ids: list[str]
    accounts: list[str]
    fields: dict[str, Field]
    tags: list[str]
    unsubscribed_at: int | None
    first_seen_at: int | None
    first_identified_at: int | None
    last_seen_at: int | None
    left_out: dict[str, int] = {}


class PossibleMatch(msgspec.Struct, frozen=True):
    """Possible match: a person who may be the same human, as both were in this browser (rule K15)."""

    person: Name
    anonymous_id: str


class Touch(msgspec.Struct, frozen=True):
    """A page view by which somebody came: from where (None when the browser says nothing), with which campaign."""

    ts: int
    url: str | None
    referrer: str | None
    campaign: dict[str, Any] | None


class Touches(msgspec.Struct, frozen=True):
    """`first` is the first page view, `last` the newest one with a campaign; None where there is none."""

    first: Touch | None = None
    last: Touch | None = None


class AccountRow(msgspec.Struct, frozen=True):
    """An account with what group calls say of it, and how many people are members now."""

    account_id: str
    fields: dict[str, Field]
    people: int
    created_at: int
    last_seen_at: int
    left_out: dict[str, int] = {}


class MergeRow(msgspec.Struct, frozen=True):
    """A merge of two people, in force while `reversed_at` is None; `by` is who asked for it."""

    merge_id: int
    source_id: int
    target_id: int
    source: str
    at: int
    by: str
    reversed_at: int | None
    target: str


class Identity(msgspec.Struct, frozen=True):
    """An anonymous id that became a person's: when, how far back, and how many of its events are theirs now."""

    anonymous_id: str
    merged_at: int | None
    since: int | None
    strength: int
    events: int


class Visitor(msgspec.Struct, frozen=True):
    """One anonymous id. `mapped_to` is the person it belongs to now, `merged_at` the moment of that claim, `since`
    how far back the claim reaches (None for all of it), `attributed` how many of its events it gave to the person,
    `strength` how well it was proven (`events.Proof`)."""

    anonymous_id: str
    first_seen_at: int
    contested_from: int | None
    mapped_to: Name | None
    merged_at: int | None
    since: int | None
    attributed: int
    strength: int | None


class HourCount(msgspec.Struct, frozen=True):
    """The four ends of what was received; `hour` is None in a total."""

    hour: int | None
    received: int
    stored: int
    duplicate: int
    quarantined: int
    refused: int


class QuarantineRow(msgspec.Struct, frozen=True):
    """An event set aside. `body` holds the bytes as they came."""

    quarantine_id: int
    received_at: int
    reason: str
    detail: str
    source: str
    message_id: str | None
    body: bytes


class Span(msgspec.Struct, frozen=True):
    """When the first and the newest event of a site were received; None while there is none."""

    first: int | None
    last: int | None
