"""The parts that several questions share: which stream an event is in, whose it is, and how a row becomes a value."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from .. import tables
from .shapes import EventRow

event, stream, device, person = tables.event.c, tables.stream.c, tables.device.c, tables.person.c

ANONYMOUS, ASSERTED, EXCLUDED = 0, 1, 2

IN_STREAM = sa.and_(stream.site_id == event.site_id, stream.device_id == event.device_id, stream.stream_id == event.stream_id)
"""Joins an event to the one stream that it was written to."""

ATTRIBUTED = sa.and_(
    stream.person_id.is_not(None),
    sa.or_(stream.kind == ASSERTED, stream.attributed_from.is_(None), event.ts >= stream.attributed_from),
)
"""True for an event that belongs to a person: asserted, or anonymous and within the reach of the claim."""

EVENT_COLUMNS = (
    event.message_id,
    event.type,
    event.name,
    event.ts,
    event.received_at,
    event.original_ts,
    event.anonymous_id,
    event.user_id,
    event.url,
    event.properties,
    event.context,
    event.flags,
    (stream.kind == ANONYMOUS).label("was_anonymous"),
    sa.case((ATTRIBUTED, stream.person_id)).label("person_id"),
    event.device_id,
    event.stream_id,
    (stream.kind == EXCLUDED).label("excluded"),
    event.seq,
)
"""In the order of EventRow; needs event joined to stream. The person is as claimed: `canonical_ids` resolves it."""

WRITTEN_EVENTS = tables.event.join(tables.stream, IN_STREAM)
"""Without the person: joined in SQL, PostgreSQL expects one row here and scans all people for each."""


def event_row(row: Any) -> EventRow:
    """Turn a row of EVENT_COLUMNS into a value."""
    return EventRow(*row)


def same_event(keys: sa.Subquery) -> sa.ColumnElement[bool]:
    """Join the event to a few keys found before. Through all three columns of the primary key: were the site a constant,
    SQLite would start from all its events and look each of them up among the keys."""
    return sa.and_(event.site_id == keys.c.site_id, event.device_id == keys.c.device_id, event.message_id == keys.c.message_id)
