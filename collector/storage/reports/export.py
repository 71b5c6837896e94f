"""The whole history as rows, with resolved people, read in pieces: no export is ever held in memory."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from .columns import EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row
from .lookup import resolve
from .people import people_after
from .shapes import EventRow, PersonRow

_AT_ONCE = 500

_POSITION = sa.tuple_(event.seq, event.device_id, event.message_id)
_POSITION_TYPES = (sa.BigInteger(), sa.BigInteger(), sa.Text())


def export_events(connection: sa.Connection, site_id: int) -> Iterator[EventRow]:
    """Yield every stored event of a site, in the order of their commits, with the person it belongs to today."""
    after: tuple[int, int, str] | None = None
    while rows := _events_after(connection, site_id, after):
        yield from rows
        after = (rows[-1].seq, rows[-1].device_id, rows[-1].message_id)


def export_people(connection: sa.Connection, site_id: int) -> Iterator[PersonRow]:
    """Yield every canonical person of a site, in the order in which they were created."""
    after = 0
    while rows := people_after(connection, site_id, after, _AT_ONCE):
        yield from rows
        after = rows[-1].person_id


def _events_after(connection: sa.Connection, site_id: int, after: tuple[int, int, str] | None) -> list[EventRow]:
    query = sa.select(*EVENT_COLUMNS).select_from(WRITTEN_EVENTS).where(event.site_id == site_id)
    if after is not None:
        query = query.where(event.seq >= after[0], sa.tuple_(*after, types=_POSITION_TYPES) < _POSITION)
    query = query.order_by(event.seq, event.device_id, event.message_id).limit(_AT_ONCE)
    return resolve(connection, site_id, [event_row(row) for row in connection.execute(query)])
