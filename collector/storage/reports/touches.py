"""Where somebody came from: the first page view, and the newest one that a campaign led to (docs/identity.md, Touches).

A person can have a million events. So the first is looked for among the earliest few of each stream, in the index of its
times; the last in an index that holds nothing but page views with a campaign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from .. import tables
from .columns import ANONYMOUS, ASSERTED, event, stream
from .lookup import find_device, members
from .shapes import Touch, Touches

EARLIEST = 100
"""A browser's stream begins with a page view; one of a server may hold none at all."""

Row = tuple[int, int, int | None, int | None]
"""(owner, stream, times of its first and last touch)."""
Key = tuple[int, int]
"""(time, stream) of a touch."""

_SINCE = sa.case((stream.kind == ASSERTED, -(2**62)), else_=sa.func.coalesce(stream.attributed_from, -(2**62)))


def people_touches(connection: sa.Connection, site_id: int, people: Iterable[int]) -> dict[int, Touches]:
    """Return the touches of canonical people: of what is on their timelines, anonymous past included."""
    of = members(connection, set(people))
    where = (stream.site_id == site_id, stream.person_id.in_(sorted(of)))
    rows = connection.execute(_times(stream.person_id, _SINCE).where(*where)).all() if of else []
    found = _touches(connection, [(of[row[0]], *row[1:]) for row in rows])
    return {person: found.get(person, Touches()) for person in of.values()}


def visitor_touches(connection: sa.Connection, site_id: int, anonymous_id: str) -> Touches:
    """Return the touches of an anonymous id: of all its events that carried no user, merged into a person or not."""
    device = find_device(connection, site_id, anonymous_id)
    if device is None:
        return Touches()
    where = (stream.site_id == site_id, stream.device_id == device.device_id, stream.kind == ANONYMOUS)
    rows = connection.execute(_times(sa.literal(0), sa.literal(-(2**62))).where(*where)).all()
    return _touches(connection, [(row[0], *row[1:]) for row in rows]).get(0, Touches())


def _times(whose: sa.ColumnElement[int], since: sa.ColumnElement[Any]) -> sa.Select[Any]:
    in_stream = sa.select(event.ts, event.type).where(event.stream_id == stream.stream_id, event.ts >= since)
    earliest = in_stream.order_by(event.ts).limit(EARLIEST).correlate(tables.stream).subquery()
    first = sa.select(sa.func.min(earliest.c.ts)).where(earliest.c.type == "page").scalar_subquery()
    with_campaign = in_stream.with_only_columns(event.ts).where(tables.WITH_CAMPAIGN).order_by(event.ts.desc())
    last = with_campaign.limit(1).correlate(tables.stream).scalar_subquery()
    return sa.select(whose, stream.stream_id, first, last)


def _touches(connection: sa.Connection, rows: Sequence[Row]) -> dict[int, Touches]:
    firsts: dict[int, Key] = {}
    lasts: dict[int, Key] = {}
    for whose, stream_id, first, last in rows:
        if first is not None:
            firsts[whose] = min(firsts.get(whose, (first, stream_id)), (first, stream_id))
        if last is not None:
            lasts[whose] = max(lasts.get(whose, (last, stream_id)), (last, stream_id))
    read = _read(connection, {*firsts.values(), *lasts.values()})
    return {
        whose: Touches(
            read.get((*firsts[whose], False)) if whose in firsts else None,
            read.get((*lasts[whose], True)) if whose in lasts else None,
        )
        for whose in firsts.keys() | lasts.keys()
    }


def _read(connection: sa.Connection, keys: set[Key]) -> dict[tuple[int, int, bool], Touch]:
    """(time, stream, with a campaign or any) -> the page view; of several at the same moment the first by message id."""
    columns = (event.ts, event.stream_id, event.url, event.properties, event.context)
    wanted = sa.tuple_(event.stream_id, event.ts).in_([(stream_id, ts) for ts, stream_id in keys])
    query = sa.select(*columns).where(wanted, event.type == "page").order_by(event.message_id)
    read: dict[tuple[int, int, bool], Touch] = {}
    for ts, stream_id, url, properties, context in connection.execute(query) if keys else ():
        touch = Touch(ts, url, _referrer(properties, context), _campaign(context))
        read.setdefault((ts, stream_id, False), touch)
        if touch.campaign:
            read.setdefault((ts, stream_id, True), touch)
    return read


def _referrer(properties: dict[str, Any], context: dict[str, Any]) -> str | None:
    """Where the page says it was opened from; None for nowhere, and for what is no text."""
    page = context.get("page")
    said = page.get("referrer") if isinstance(page, dict) else properties.get("referrer")
    return said if isinstance(said, str) and said else None


def _campaign(context: dict[str, Any]) -> dict[str, Any] | None:
    campaign = context.get("campaign")
    return campaign if isinstance(campaign, dict) and campaign else None
