"""The whole history as rows, with resolved people, read in pieces: no export is ever held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from ...domain.events import flag_names
from ...domain.times import iso
from .columns import EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row
from .lookup import resolve
from .people import people_after
from .shapes import EventRow, PersonRow

_AT_ONCE = 500

_POSITION = sa.tuple_(event.seq, event.device_id, event.message_id)
_POSITION_TYPES = (sa.BigInteger(), sa.BigInteger(), sa.Text())


def export_events(connection: sa.Connection, site_id: int) -> Iterator[dict[str, Any]]:
    """Yield every stored event of a site, in the order of their commits, with the person it belongs to today.

    Times are ISO 8601 UTC; `person_id` is a string, or None for an event that belongs to nobody.
    """
    after: tuple[int, int, str] | None = None
    while rows := _events_after(connection, site_id, after):
        yield from map(_event, rows)
        after = (rows[-1].seq, rows[-1].device_id, rows[-1].message_id)


def export_people(connection: sa.Connection, site_id: int) -> Iterator[dict[str, Any]]:
    """Yield every canonical person of a site, in the order in which they were created."""
    after = 0
    while rows := people_after(connection, site_id, after, _AT_ONCE):
        yield from map(_person, rows)
        after = rows[-1].person_id


def _events_after(connection: sa.Connection, site_id: int, after: tuple[int, int, str] | None) -> list[EventRow]:
    query = sa.select(*EVENT_COLUMNS).select_from(WRITTEN_EVENTS).where(event.site_id == site_id)
    if after is not None:
        query = query.where(event.seq >= after[0], sa.tuple_(*after, types=_POSITION_TYPES) < _POSITION)
    query = query.order_by(event.seq, event.device_id, event.message_id).limit(_AT_ONCE)
    return resolve(connection, site_id, [event_row(row) for row in connection.execute(query)])


def _event(row: EventRow) -> dict[str, Any]:
    return {
        "message_id": row.message_id,
        "type": row.type,
        "name": row.name,
        "timestamp": iso(row.ts),
        "received_at": iso(row.received_at),
        "original_timestamp": row.original_ts,
        "anonymous_id": row.anonymous_id,
        "user_id": row.user_id,
        "person_id": None if row.person_id is None else str(row.person_id),
        "was_anonymous": row.was_anonymous,
        "url": row.url,
        "properties": row.properties,
        "context": row.context,
        "flags": flag_names(row.flags),
    }


def _person(row: PersonRow) -> dict[str, Any]:
    return {
        "person_id": str(row.person_id),
        "user_ids": row.user_ids,
        "emails": row.emails,
        "anonymous_ids": row.anonymous_ids,
        "fields": {key: field.value for key, field in row.fields.items()},
        "tags": row.tags,
        "unsubscribed_at": _iso(row.unsubscribed_at),
        "first_seen": _iso(row.first_seen_at),
        "first_identified": _iso(row.first_identified_at),
        "last_seen": _iso(row.last_seen_at),
    }


def _iso(at: int | None) -> str | None:
    return None if at is None else iso(at)
