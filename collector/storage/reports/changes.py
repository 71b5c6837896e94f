"""The change feed: what was committed, in the order of the commits, for whoever keeps a copy elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from .. import tables
from ..commit_order import horizon
from .activity import named
from .columns import EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row
from .entries import entries_between
from .shapes import ActivityRow

_log = tables.identity_log.c


class Changes(msgspec.Struct, frozen=True):
    """Whole commits: each row with its number. `after` is what to ask with next; `is_end` says that this was all for now."""

    rows: Sequence[tuple[int, ActivityRow]]
    after: int
    is_end: bool


def changes(connection: sa.Connection, site_id: int, after: int, limit: int) -> Changes:
    """Return what was committed after `after`: some `limit` rows, and no commit in part, so that nothing is missed between.

    Whose an event is is said as of now; the entries that made it so follow in their place. What a retention or a deletion has
    removed since is not there.
    """
    below = horizon(connection)
    last = _last(connection, site_id, after, below, limit)
    upto = below - 1 if last is None else last
    query = sa.select(*EVENT_COLUMNS).select_from(WRITTEN_EVENTS)
    query = query.where(event.site_id == site_id, event.seq > after, event.seq <= upto)
    order = (event.seq, event.received_at, event.ts, event.device_id, event.message_id)
    events = [event_row(row) for row in connection.execute(query.order_by(*order))]
    entries = entries_between(connection, site_id, after, upto)
    found = sorted([*((row.seq, 0, row) for row in events), *((row.seq, 1, row) for row in entries)], key=lambda one: one[:2])
    seqs = [seq for seq, _, _ in found]
    rows = named(connection, site_id, [row for _, _, row in found])
    return Changes(list(zip(seqs, rows, strict=True)), seqs[-1] if seqs else after, last is None)


def _last(connection: sa.Connection, site_id: int, after: int, below: int, limit: int) -> int | None:
    """Return the commit in which the row after the first `limit - 1` is, None when there are fewer."""
    both = [
        sa.select(column).where(site == site_id, column > after, column < below).order_by(column).limit(limit).subquery()
        for site, column in ((event.site_id, event.seq), (_log.site_id, _log.seq))
    ]
    seqs = sa.union_all(*(sa.select(one.c.seq) for one in both)).subquery()
    return connection.execute(sa.select(seqs.c.seq).order_by(seqs.c.seq).offset(limit - 1).limit(1)).scalar()
