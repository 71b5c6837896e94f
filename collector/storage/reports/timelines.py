"""Timelines: the events of a person, and of one anonymous id, newest first.

A person has several streams. A join of all of them sorts every event (663 ms for 1.1 million on PostgreSQL); so the
newest few of each stream are taken from its own index, and merged. Plain UNION ALL, because SQLite has no LATERAL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from .. import tables
from . import cursors
from .columns import ANONYMOUS, ASSERTED, EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row, same_event, stream
from .lookup import canonical_ids, find_device, members, resolve
from .people import names_of
from .shapes import EventRow, Page, Visitor

Position = tuple[int, int, str]
"""(ts, stream, message id): unique, and within one stream in the order of its index."""

_STREAMS_A_QUERY = 64


def person_events(
    connection: sa.Connection, site_id: int, person_id: int, *, limit: int = 50, cursor: str | None = None
) -> Page[EventRow] | None:
    """Return a person's timeline, newest first: asserted events, and anonymous ones within the reach of their claim.

    None if there is no such person. Raises BadParameter for a cursor of another list.
    """
    canonical = canonical_ids(connection, site_id, {person_id}).get(person_id)
    if canonical is None:
        return None
    head = _head(cursors.decode(cursor, Position))
    query = sa.select(stream.stream_id, stream.device_id, stream.kind, stream.attributed_from, head).where(
        stream.site_id == site_id, stream.person_id.in_(sorted(members(connection, {canonical})))
    )
    found = [row for row in connection.execute(query) if row.head is not None]
    found.sort(key=lambda row: (row.head, row.stream_id), reverse=True)
    reach = [
        (row.device_id, row.stream_id, None if row.kind == ASSERTED else row.attributed_from) for row in found[: limit + 1]
    ]
    return _newest(connection, site_id, reach, limit, cursor)


def _head(after: Position | None) -> sa.Label[Any]:
    """Time of the newest event of a stream that can be on the page: a page of n comes from the n streams whose are newest."""
    since = sa.case((stream.kind == ASSERTED, _from(None)), else_=sa.func.coalesce(stream.attributed_from, _from(None)))
    query = sa.select(event.ts).where(event.stream_id == stream.stream_id, event.ts >= since)
    if after is not None:
        key = sa.tuple_(event.ts, event.stream_id, event.message_id)
        query = query.where(event.ts <= after[0], key < sa.tuple_(*after, types=_KEY_TYPES))
    newest = query.order_by(event.ts.desc(), event.message_id.desc()).limit(1).correlate(tables.stream)
    return newest.scalar_subquery().label("head")


def get_visitor(connection: sa.Connection, site_id: int, anonymous_id: str) -> Visitor | None:
    """Return what is known of an anonymous id, merged or not; None only for one that was never seen."""
    found = find_device(connection, site_id, anonymous_id)
    if found is None:
        return None
    owned = connection.execute(
        sa.select(stream.stream_id, stream.person_id, stream.claimed_at, stream.attributed_from, stream.strength)
        .where(stream.site_id == site_id, stream.device_id == found.device_id)
        .where(stream.kind == ANONYMOUS, stream.person_id.is_not(None))
        .order_by(sa.func.coalesce(stream.claimed_at, 0).desc(), stream.epoch)
    ).first()
    first = connection.execute(
        sa.select(sa.func.min(event.ts)).where(event.stream_id.in_(_anonymous_streams(connection, site_id, found.device_id)))
    ).scalar()
    first_seen_at = found.created_at if first is None else first
    if owned is None:
        return Visitor(anonymous_id, first_seen_at, found.contested_from, None, None, None, 0, None)
    since = owned.attributed_from
    counted = connection.execute(
        sa.select(sa.func.count()).where(event.stream_id == owned.stream_id, event.ts >= _from(since))
    ).scalar_one()
    name = names_of(connection, site_id, [owned.person_id])[owned.person_id]
    return Visitor(anonymous_id, first_seen_at, found.contested_from, name, owned.claimed_at, since, counted, owned.strength)


def visitor_events(
    connection: sa.Connection, site_id: int, anonymous_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[EventRow]:
    """Return all events of an anonymous id that carried no user, newest first, merged into a person or not."""
    found = find_device(connection, site_id, anonymous_id)
    streams = _anonymous_streams(connection, site_id, found.device_id) if found else []
    reach = [(found.device_id, stream_id, None) for stream_id in streams] if found else []
    return _newest(connection, site_id, reach, limit, cursor)


def _anonymous_streams(connection: sa.Connection, site_id: int, device_id: int) -> Sequence[int]:
    query = sa.select(stream.stream_id).where(
        stream.site_id == site_id, stream.device_id == device_id, stream.kind == ANONYMOUS
    )
    return connection.execute(query).scalars().all()


def _from(attributed_from: int | None) -> int:
    return -(2**62) if attributed_from is None else attributed_from


def _newest(
    connection: sa.Connection,
    site_id: int,
    reach: Sequence[tuple[int, int, int | None]],
    limit: int,
    cursor: str | None,
) -> Page[EventRow]:
    """Merge the newest events of several streams, given as (device, stream, first time that counts)."""
    after: Position | None = cursors.decode(cursor, Position)
    rows: list[EventRow] = []
    for start in range(0, len(reach), _STREAMS_A_QUERY):
        some = reach[start : start + _STREAMS_A_QUERY]
        rows += map(event_row, connection.execute(_newest_query(some, after, limit + 1)))
    rows.sort(key=lambda row: (row.ts, row.stream_id), reverse=True)  # stable: keeps the database's message id order
    page = cursors.cut(rows, limit, lambda row: (row.ts, row.stream_id, row.message_id))
    return Page(resolve(connection, site_id, page.rows), page.next)


def _newest_query(reach: Sequence[tuple[int, int, int | None]], after: Position | None, limit: int) -> sa.Select[Any]:
    each = [_keys_of_stream(stream_id, since, after, limit) for _, stream_id, since in reach]
    keys = sa.union_all(*(sa.select(part) for part in each)).subquery()
    newest = (
        sa.select(keys).order_by(keys.c.ts.desc(), keys.c.stream_id.desc(), keys.c.message_id.desc()).limit(limit)
    ).subquery()
    return (
        sa.select(*EVENT_COLUMNS)
        .select_from(newest.join(WRITTEN_EVENTS, same_event(newest)))
        .order_by(event.ts.desc(), event.stream_id.desc(), event.message_id.desc())
    )


def _keys_of_stream(stream_id: int, since: int | None, after: Position | None, limit: int) -> sa.Subquery:
    """By the stream alone, which names it fully: given the device too, SQLite would prefer the primary key, and sort."""
    query = sa.select(event.site_id, event.device_id, event.stream_id, event.message_id, event.ts).where(
        event.stream_id == stream_id, event.ts >= _from(since)
    )
    if after is not None:
        key = sa.tuple_(event.ts, event.stream_id, event.message_id)
        query = query.where(event.ts <= after[0], key < sa.tuple_(*after, types=_KEY_TYPES))
    return query.order_by(event.ts.desc(), event.message_id.desc()).limit(limit).subquery()


_KEY_TYPES = (sa.BigInteger(), sa.BigInteger(), sa.Text())
