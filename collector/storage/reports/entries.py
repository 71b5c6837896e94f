"""The entries of the identity log, with what their stream holds now and whose it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from ...domain.log import Op
from .. import tables
from .columns import ANONYMOUS, ATTRIBUTED, event, stream
from .people import names_of, own_names
from .shapes import LogRow, Name

LogKey = tuple[int, int, int]
"""Commit, when, and the entry's number."""

log = tables.identity_log.c
_held = tables.stream.alias().c
_KEY = (log.seq, log.at, log.log_id)

_OF_LOG = sa.and_(stream.site_id == log.site_id, stream.device_id == log.device_id, stream.stream_id == log.stream_id)
_COUNTED = sa.and_(event.stream_id == stream.stream_id, ATTRIBUTED)
_MOVED = sa.and_(event.stream_id == stream.stream_id, sa.or_(stream.person_id.is_(None), ATTRIBUTED))
"""Events that a claim moved, also when it was taken back since."""

_OWNER_OF_DEVICE = (
    sa.select(_held.person_id)
    .where(
        _held.site_id == log.site_id, _held.device_id == log.device_id, _held.kind == ANONYMOUS, _held.person_id.is_not(None)
    )
    .order_by(_held.claimed_at.desc())
    .limit(1)
    .correlate(tables.identity_log)
    .scalar_subquery()
)
"""Owner, now, of the anonymous part of the entry's device: a refused merge may have been carried out since."""

_BOTH_ENDS = frozenset({Op.PEOPLE_MERGED, Op.PEOPLE_UNMERGED})
"""Entries that name two people by their own names, not by whom they stand for now: that is one and the same."""


def entries(
    connection: sa.Connection, site_id: int, limit: int, after: LogKey | None, ops: Collection[str] | None = None
) -> Sequence[Any]:
    """Return rows, newest first, of all operations or of some. A merge of nothing (login on the very first page) is none."""
    some = sa.select(event.message_id).where(_MOVED).correlate(tables.stream).exists()
    query = _all(site_id).where(sa.or_(log.op != Op.ANONYMOUS_MERGE, some))
    if ops is not None:
        query = query.where(log.op.in_(sorted(ops)))
    if after is not None:
        key = sa.tuple_(*after, types=(sa.BigInteger(), sa.BigInteger(), sa.BigInteger()))
        query = query.where(log.seq <= after[0], sa.tuple_(*_KEY) < key)
    return connection.execute(query.order_by(*(column.desc() for column in _KEY)).limit(limit)).all()


def entries_between(connection: sa.Connection, site_id: int, after: int, upto: int) -> Sequence[Any]:
    """Return the rows of these commits, `upto` included, in their order; merges of nothing too."""
    return connection.execute(_all(site_id).where(log.seq > after, log.seq <= upto).order_by(*_KEY)).all()


def _all(site_id: int) -> sa.Select[Any]:
    counted = sa.select(sa.func.count()).where(_COUNTED).correlate(tables.stream).scalar_subquery()
    return (
        sa.select(
            *tables.identity_log.columns,
            stream.attributed_from,
            sa.func.coalesce(stream.person_id, _OWNER_OF_DEVICE).label("owner_id"),
            sa.case((log.op == Op.ANONYMOUS_MERGE, counted), else_=0).label("events"),
        )
        .select_from(tables.identity_log.outerjoin(tables.stream, _OF_LOG))
        .where(log.site_id == site_id)
    )


def log_rows(connection: sa.Connection, site_id: int, rows: Sequence[Any]) -> list[LogRow]:
    """Return the entries as values, with the names of everyone in them."""
    names = names_of(connection, site_id, {who for row in rows for who in (row.person_id, row.other_id, row.owner_id)})
    ends = {who for row in rows if row.op in _BOTH_ENDS for who in (row.person_id, row.other_id) if who is not None}
    own = own_names(connection, ends)
    return [_log_row(row, own if row.op in _BOTH_ENDS else names, names) for row in rows]


def _log_row(row: Any, called: dict[int, Name], names: dict[int, Name]) -> LogRow:
    got, now_with = called.get(row.person_id), names.get(row.owner_id)
    merge = row.op == Op.ANONYMOUS_MERGE
    return LogRow(
        op=row.op,
        at=row.at,
        anonymous_id=row.anonymous_id,
        person=got,
        other=called.get(row.other_id),
        detail=row.detail,
        events=row.events if merge else 0,
        since=row.attributed_from if merge else None,
        overridden=merge and got != now_with,
        log_id=row.log_id,
        owner=now_with,
    )
