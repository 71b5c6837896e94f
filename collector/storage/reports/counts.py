"""Counts of what became of everything received: per hour, in total, by reason; and the quarantine."""

from __future__ import annotations

import sqlalchemy as sa

from .. import tables
from . import cursors
from .columns import event
from .shapes import HourCount, Page, QuarantineRow, Span

hour_count, reason_count, quarantine = tables.hour_count.c, tables.reason_count.c, tables.quarantine.c

_ENDS = (
    hour_count.received,
    hour_count.stored,
    hour_count.duplicate,
    hour_count.quarantined,
    hour_count.refused,
)


def hours(connection: sa.Connection, site_id: int, *, limit: int = 50, cursor: str | None = None) -> Page[HourCount]:
    """Return the hours in which anything was received, newest first. Raises BadParameter for a wrong cursor."""
    query = sa.select(hour_count.hour, *_ENDS).where(hour_count.site_id == site_id)
    after = cursors.decode(cursor, tuple[int])
    if after is not None:
        query = query.where(hour_count.hour < after[0])
    rows = connection.execute(query.order_by(hour_count.hour.desc()).limit(limit + 1)).all()
    return cursors.cut([HourCount(*row) for row in rows], limit, lambda row: (row.hour,))


def totals(connection: sa.Connection, site_id: int) -> HourCount:
    """Return the sums over all hours: received = stored + duplicate + quarantined + refused."""
    sums = (sa.func.coalesce(sa.func.sum(column), 0) for column in _ENDS)
    row = connection.execute(sa.select(*sums).where(hour_count.site_id == site_id)).one()
    return HourCount(None, *(int(value) for value in row))


def reasons(connection: sa.Connection, site_id: int) -> dict[str, int]:
    """Return reason -> how many events were set aside or refused for it, the most frequent first."""
    total = sa.func.sum(reason_count.count).label("total")
    query = (
        sa.select(reason_count.reason, total)
        .where(reason_count.site_id == site_id)
        .group_by(reason_count.reason)
        .order_by(total.desc(), reason_count.reason)
    )
    return {reason: int(count) for reason, count in connection.execute(query)}


def recent_quarantine(
    connection: sa.Connection, site_id: int, *, limit: int = 50, cursor: str | None = None
) -> Page[QuarantineRow]:
    """Return the events that were set aside, newest first. Raises BadParameter for a wrong cursor."""
    query = sa.select(
        quarantine.quarantine_id,
        quarantine.received_at,
        quarantine.reason,
        quarantine.detail,
        quarantine.source,
        quarantine.message_id,
        quarantine.body,
    ).where(quarantine.site_id == site_id)
    after = cursors.decode(cursor, tuple[int, int])
    if after is not None:
        key = sa.tuple_(quarantine.received_at, quarantine.quarantine_id)
        last = sa.tuple_(*after, types=(sa.BigInteger(), sa.BigInteger()))
        query = query.where(quarantine.received_at <= after[0], key < last)
    query = query.order_by(quarantine.received_at.desc(), quarantine.quarantine_id.desc()).limit(limit + 1)
    rows = [QuarantineRow(*row) for row in connection.execute(query)]
    return cursors.cut(rows, limit, lambda row: (row.received_at, row.quarantine_id))


def received_span(connection: sa.Connection, site_id: int) -> Span:
    """Return when the first and the newest event of the site arrived."""
    query = sa.select(event.received_at).where(event.site_id == site_id).limit(1)
    first = connection.execute(query.order_by(event.seq)).scalar()
    return Span(first, connection.execute(query.order_by(event.seq.desc())).scalar())
