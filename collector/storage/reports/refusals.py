"""Why something is not somebody's: the identity log without the events, the two ends of a merge, the epochs of a device."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.log import Op, Remedy, remedy
from ...domain.streams import CONTESTED
from .. import tables
from . import cursors
from .columns import ANONYMOUS, event, stream
from .entries import LogKey, entries, log_rows
from .lookup import find_device
from .people import names_of, own_names
from .shapes import ActivityRow, LogRow, Name, Page

REFUSED = frozenset({Op.MERGE_REFUSED, Op.IDENTIFY_REFUSED, Op.ILLEGAL_ID})
"""The entries that say that something was asked for and not done."""

merge = tables.person_merge.c


class MergeEnds(msgspec.Struct, frozen=True):
    """The two people of a merge, each by a name of its own, and when it was taken back (None while in force)."""

    source: Name
    target: Name
    reversed_at: int | None


class Epoch(msgspec.Struct, frozen=True):
    """A stretch of time of one device. `since` is None for the first one; `person` has claimed it."""

    number: int
    since: int | None
    person: Name | None
    claimed_at: int | None
    is_contested: bool
    is_detached: bool
    events: int


def identity_log(
    connection: sa.Connection,
    site_id: int,
    ops: Collection[str] | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ActivityRow]:
    """Return the entries of the identity log, or only those of some operations, newest first.

    As in the activity log, a merge that moved nothing is no entry. Raises BadParameter for a cursor of another list.
    """
    after = cursors.decode(cursor, LogKey)
    page = cursors.cut(entries(connection, site_id, limit + 1, after, ops), limit, lambda row: (row.seq, row.at, row.log_id))
    return Page([ActivityRow(row.at, log=row) for row in log_rows(connection, site_id, page.rows)], page.next)


def merge_ends(connection: sa.Connection, site_id: int, merge_ids: Iterable[int]) -> dict[int, MergeEnds]:
    """Return merge id -> the two people, as they are called by their own identifiers: not as whom they are shown now."""
    wanted = sorted(set(merge_ids))
    query = sa.select(tables.person_merge).where(merge.site_id == site_id, merge.merge_id.in_(wanted))
    rows = connection.execute(query).all() if wanted else []
    names = own_names(connection, {person for row in rows for person in (row.source_id, row.target_id)})
    return {row.merge_id: MergeEnds(names[row.source_id], names[row.target_id], row.reversed_at) for row in rows}


def remedy_of(row: LogRow) -> Remedy | None:
    """Return what carries a refused merge out by hand, of those who still are somebody; None for every other entry."""
    if row.op != Op.MERGE_REFUSED:
        return None
    person, other, owner = (None if name is None else name.person_id for name in (row.person, row.other, row.owner))
    return remedy(row.detail, person, other, row.anonymous_id, owner)


def epochs(connection: sa.Connection, site_id: int, anonymous_id: str) -> list[Epoch]:
    """Return the epochs of a device that hold or held something anonymous, oldest first, the contested one last."""
    device = find_device(connection, site_id, anonymous_id)
    if device is None:
        return []
    counted = sa.select(sa.func.count()).where(event.stream_id == stream.stream_id).correlate(tables.stream).scalar_subquery()
    rows = connection.execute(
        sa.select(stream.epoch, stream.person_id, stream.claimed_at, stream.claimable, counted.label("events")).where(
            stream.site_id == site_id, stream.device_id == device.device_id, stream.kind == ANONYMOUS
        )
    ).all()
    names = names_of(connection, site_id, {row.person_id for row in rows})
    begins = {number: since for since, number in device.boundaries}
    found = [_epoch(row, names, device.contested_from if row.epoch == CONTESTED else begins.get(row.epoch)) for row in rows]
    return sorted(found, key=_in_time)


def _epoch(row: Any, names: dict[int, Name], since: int | None) -> Epoch:
    is_contested = row.epoch == CONTESTED
    return Epoch(
        number=row.epoch,
        since=since,
        person=names.get(row.person_id),
        claimed_at=row.claimed_at,
        is_contested=is_contested,
        is_detached=not is_contested and not row.claimable and row.person_id is None,
        events=row.events,
    )


def _in_time(epoch: Epoch) -> tuple[bool, int, int]:
    return epoch.is_contested, epoch.since or 0, epoch.number
