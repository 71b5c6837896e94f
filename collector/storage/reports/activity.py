"""The activity log: events on two tabs, with merges, refused merges and illegal ids among the identified ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from .. import tables
from . import cursors
from .columns import ASSERTED, ATTRIBUTED, EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row, same_event, stream
from .entries import LogKey, entries, log_rows
from .people import names_of
from .shapes import ActivityRow, EventRow, Name, Page

Tab = Literal["identified", "anonymous"]

EventKey = tuple[int, int, int, int, str]
"""Commit, received at, time, device, message id: what came in one request is shown in the order in which it happened."""

SEARCHED_AT_MOST = 50_000
"""Events that one page looks at before it gives what it found."""

_KEY = (event.seq, event.received_at, event.ts, event.device_id, event.message_id)
_KEY_TYPES = (sa.BigInteger(), sa.BigInteger(), sa.BigInteger(), sa.BigInteger(), sa.Text())
_NEWEST_FIRST = tuple(column.desc() for column in _KEY)


def activity(
    connection: sa.Connection, site_id: int, tab: Tab, *, limit: int = 50, cursor: str | None = None
) -> Page[ActivityRow]:
    """Return what happened, newest commit first. Whose an event is is decided now, so a merge moves it at once.

    A page may hold fewer rows than `limit`, and still have a next one: when the tab is rare, and SEARCHED_AT_MOST events
    were looked at. Raises BadParameter for a cursor of another list.
    """
    event_key, log_key = cursors.decode(cursor, tuple[EventKey | None, LogKey | None]) or (None, None)
    events, reached = _events(connection, site_id, tab, limit + 1, event_key)
    keyed: list[tuple[int, int, Any]] = [(row.seq, row.received_at, row) for row in events]
    if tab == "identified":
        logged = entries(connection, site_id, limit + 1, log_key)
        keyed += [(row.seq, row.at, row) for row in logged if reached is None or row.seq >= reached[0]]
    keyed.sort(key=lambda one: (-one[0], -one[1]))  # stable: within one moment events come above the merge that moved them
    shown = [row for _, _, row in keyed[:limit]]
    rows = named(connection, site_id, shown)
    if len(keyed) > limit:
        return Page(rows, cursors.encode(_position(shown, event_key, log_key)))
    if reached is not None:
        return Page(rows, cursors.encode((reached, _position(shown, event_key, log_key)[1])))
    return Page(rows)


def _position(
    shown: Sequence[Any], event_key: EventKey | None, log_key: LogKey | None
) -> tuple[EventKey | None, LogKey | None]:
    """How far each of the two lists was read."""
    for row in shown:
        if isinstance(row, EventRow):
            event_key = (row.seq, row.received_at, row.ts, row.device_id, row.message_id)
        else:
            log_key = (row.seq, row.at, row.log_id)
    return event_key, log_key


def _events(
    connection: sa.Connection, site_id: int, tab: Tab, limit: int, after: EventKey | None
) -> tuple[list[EventRow], EventKey | None]:
    """Return the newest events of a tab; and how far was searched, if the search stopped before it found enough.

    Block by block, each a small limited query: PostgreSQL takes the join to the streams for far more selective than it
    is, and would rather read the whole table than its newest rows.
    """
    found: list[EventRow] = []
    size, searched = max(4 * limit, 200), 0
    while True:
        found += map(event_row, connection.execute(_in_block(site_id, tab, size, after, limit - len(found))))
        if len(found) >= limit:
            return found, None
        last = connection.execute(_newest(site_id, after).offset(size - 1).limit(1)).one_or_none()
        if last is None:
            return found, None
        after = (last.seq, last.received_at, last.ts, last.device_id, last.message_id)
        searched += size
        if searched >= SEARCHED_AT_MOST:
            return found, after
        size *= 4


def _newest(site_id: int, after: EventKey | None) -> sa.Select[Any]:
    query = sa.select(event.site_id, event.device_id, event.message_id, event.seq, event.received_at, event.ts)
    query = query.where(event.site_id == site_id)
    if after is not None:
        query = query.where(event.seq <= after[0], sa.tuple_(*_KEY) < sa.tuple_(*after, types=_KEY_TYPES))
    return query.order_by(*_NEWEST_FIRST)


def _in_block(site_id: int, tab: Tab, size: int, after: EventKey | None, limit: int) -> sa.Select[Any]:
    block = _newest(site_id, after).limit(size).subquery()
    return (
        sa.select(*EVENT_COLUMNS)
        .select_from(block.join(WRITTEN_EVENTS, same_event(block)))
        .where(ATTRIBUTED if tab == "identified" else sa.not_(ATTRIBUTED))
        .order_by(*_NEWEST_FIRST)
        .limit(limit)
    )


def named(connection: sa.Connection, site_id: int, shown: Sequence[Any]) -> list[ActivityRow]:
    """Return events, and rows of entries.py, as lines with the names of everyone in them."""
    names = names_of(connection, site_id, {row.person_id for row in shown if isinstance(row, EventRow)})
    logged = iter(log_rows(connection, site_id, [row for row in shown if not isinstance(row, EventRow)]))
    return [_event_line(row, names) if isinstance(row, EventRow) else ActivityRow(row.at, log=next(logged)) for row in shown]


def _event_line(row: EventRow, names: dict[int, Name]) -> ActivityRow:
    person = None if row.person_id is None else names[row.person_id]
    resolved = msgspec.structs.replace(row, person_id=person.person_id if person else None)
    return ActivityRow(row.received_at, event=resolved, person=person)


def newest_of_tabs(connection: sa.Connection, site_id: int, at_most: int) -> dict[str, int]:
    """Count both tabs among the newest `at_most` events: the numbers beside their names, at a bounded price."""
    newest = (
        sa.select(event.site_id, event.device_id, event.stream_id, event.ts)
        .where(event.site_id == site_id)
        .order_by(event.seq.desc())
        .limit(at_most)
        .subquery()
    )
    joined = sa.and_(
        stream.site_id == newest.c.site_id,
        stream.device_id == newest.c.device_id,
        stream.stream_id == newest.c.stream_id,
    )
    reached = sa.or_(stream.kind == ASSERTED, stream.attributed_from.is_(None), newest.c.ts >= stream.attributed_from)
    theirs = sa.case((sa.and_(stream.person_id.is_not(None), reached), 1), else_=0)
    query = sa.select(sa.func.count(), sa.func.sum(theirs)).select_from(newest.join(tables.stream, joined))
    total, identified = connection.execute(query).one()
    return {"identified": identified or 0, "anonymous": total - (identified or 0)}
