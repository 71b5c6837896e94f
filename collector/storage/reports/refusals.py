"""Why something is not somebody's: the identity log without the events, the two ends of a merge, the epochs of a device."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.streams import CONTESTED
from .. import tables
from . import cursors
from .activity import _OWNER_OF_DEVICE, _log_row
from .columns import ANONYMOUS, ATTRIBUTED, event, stream
from .lookup import find_device
from .people import label, names_of
from .shapes import ActivityRow, Name, Page

REFUSED = frozenset({"merge_refused", "identify_refused", "illegal_id"})
"""The entries that say that something was asked for and not done."""

log, merge, identifier = tables.identity_log.c, tables.person_merge.c, tables.identifier.c
_OF_LOG = sa.and_(stream.site_id == log.site_id, stream.device_id == log.device_id, stream.stream_id == log.stream_id)
_HELD = sa.and_(event.stream_id == stream.stream_id, ATTRIBUTED)
_MOVED = sa.and_(event.stream_id == stream.stream_id, sa.or_(stream.person_id.is_(None), ATTRIBUTED))
"""What a claim moved, also when it was taken back since."""


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
    query = _entries(site_id)
    if ops is not None:
        query = query.where(log.op.in_(sorted(ops)))
    after = cursors.decode(cursor, tuple[int, int])
    if after is not None:
        key = sa.tuple_(*after, types=(sa.BigInteger(), sa.BigInteger()))
        query = query.where(log.at <= after[0], sa.tuple_(log.at, log.log_id) < key)
    rows = connection.execute(query.order_by(log.at.desc(), log.log_id.desc()).limit(limit + 1)).all()
    page = cursors.cut(rows, limit, lambda row: (row.at, row.log_id))
    names = names_of(connection, site_id, {who for row in page.rows for who in (row.person_id, row.other_id, row.owner_id)})
    return Page([ActivityRow(row.at, log=_log_row(row, names)) for row in page.rows], page.next)


def _entries(site_id: int) -> sa.Select[Any]:
    some = sa.select(event.message_id).where(_MOVED).correlate(tables.stream).exists()
    counted = sa.select(sa.func.count()).where(_HELD).correlate(tables.stream).scalar_subquery()
    is_merge = log.op == "anonymous_merge"
    return (
        sa.select(
            *tables.identity_log.columns,
            stream.attributed_from,
            sa.func.coalesce(stream.person_id, _OWNER_OF_DEVICE).label("owner_id"),
            sa.case((is_merge, counted), else_=0).label("events"),
        )
        .select_from(tables.identity_log.outerjoin(tables.stream, _OF_LOG))
        .where(log.site_id == site_id, sa.or_(sa.not_(is_merge), some))
    )


def merge_ends(connection: sa.Connection, site_id: int, merge_ids: Iterable[int]) -> dict[int, MergeEnds]:
    """Return merge id -> the two people, as they are called by their own identifiers: not as whom they are shown now."""
    wanted = sorted(set(merge_ids))
    query = sa.select(tables.person_merge).where(merge.site_id == site_id, merge.merge_id.in_(wanted))
    rows = connection.execute(query).all() if wanted else []
    names = _own_names(connection, {person for row in rows for person in (row.source_id, row.target_id)})
    return {row.merge_id: MergeEnds(names[row.source_id], names[row.target_id], row.reversed_at) for row in rows}


def _own_names(connection: sa.Connection, person_ids: set[int]) -> dict[int, Name]:
    found: dict[int, list[tuple[str, str]]] = {person_id: [] for person_id in person_ids}
    query = (
        sa.select(identifier.person_id, identifier.kind, identifier.display)
        .where(identifier.person_id.in_(sorted(person_ids)))
        .order_by(identifier.created_at, identifier.kind, identifier.value)
    )
    for person_id, kind, display in connection.execute(query) if person_ids else ():
        found[person_id].append((kind, display))
    return {person_id: Name(person_id, label(person_id, own)) for person_id, own in found.items()}


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
