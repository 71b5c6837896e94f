"""Removal, shared by deletion, trimming and retention: names taken, streams cut off, and what is empty then.

Devices are locked first, then people, in the order of ingest.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ...domain.keys import device_key, excluded_key, new_id
from ...domain.log import Op
from ...domain.streams import Device, Kind, State
from ...errors import NotFound
from .. import tables
from ..commit_order import next_seq
from ..faults import StateMoved
from ..reports.lookup import canonical_ids
from ..reports.people import get_person
from ..reports.shapes import PersonRow
from ..rows import to_boundaries, to_named
from ..write import accounts, device_tombstones, tombstones
from ..write.bulk import delete_in
from ..write.loading import load_devices, load_people, lock_devices
from ..write.saving import point_anew
from . import doomed
from .jobs import Turn

STREAMS_AT_ONCE = 250
"""Streams cut off in one transaction: some milliseconds in which ingest waits."""
_stream, _person, _identifier, _device, _event = (
    tables.stream.c, tables.person.c, tables.identifier.c, tables.device.c, tables.event.c,
)  # fmt: skip


class Doomed(msgspec.Struct):
    """Person to be deleted, locked: how it looks, and everybody merged with it."""

    shown: PersonRow
    people: list[int]


def excluded_streams(site_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Streams in which somebody else acted in a user's name. The number is written out: the index serves who says it so."""
    return _stream.site_id == site_id, sa.text("stream.kind = 2"), _stream.person_id.is_(None)  # type: ignore[return-value]


def given_up_devices(site_id: int, people: sa.Select[tuple[int]]) -> sa.Select[tuple[int, str, bool, list[str]]]:
    """Ask for the devices that are given up: whose anonymous part these people held, or where nobody else is known."""
    here = sa.and_(_stream.site_id == _device.site_id, _stream.device_id == _device.device_id)
    holds = sa.exists().where(here, _stream.kind == int(Kind.ANONYMOUS), _stream.person_id.in_(people))
    spoke = sa.exists().where(here, _stream.kind == int(Kind.ASSERTED), _stream.person_id.in_(people))
    others = sa.exists().where(here, _stream.person_id.is_not(None), _stream.person_id.not_in(people))
    return sa.select(_device.device_id, _device.owner, _device.virtual, _device.joined).where(
        _device.site_id == site_id, sa.or_(holds, sa.and_(spoke, ~others))
    )


# -- taking the names ---------------------------------------------------------------------------------------------------


def find_doomed(connection: sa.Connection, site_id: int, person_id: int) -> Doomed:
    """Find and lock somebody who may have to be deleted. Raises NotFound, and StateMoved when ingest was faster."""
    people = lock_people(connection, site_id, person_id)
    shown = get_person(connection, site_id, person_id)
    if shown is None:
        raise StateMoved
    return Doomed(shown, people)


def lock_people(connection: sa.Connection, site_id: int, person_id: int) -> list[int]:
    canonical = canonical_ids(connection, site_id, {person_id}).get(person_id)
    if canonical is None:
        raise NotFound("There is no person with this id.")
    state = State()
    load_people(connection, state, {canonical})
    return sorted(state.people)


def count_events(connection: sa.Connection, people: list[int]) -> int:
    """Count the events of somebody's streams."""
    streams = sa.select(_stream.stream_id).where(_stream.person_id.in_(people))
    return connection.execute(sa.select(sa.func.count()).where(_event.stream_id.in_(streams))).scalar_one()


def begin(connection: sa.Connection, turn: Turn, person_id: int, people: list[int], by: str, events: int) -> None:
    """Take the names from somebody who is locked, and write down for the job who it is; `cut_off` does the rest."""
    doomed.add_numbers(connection, turn.job_id, doomed.PERSON, people)
    _take_names(connection, turn)
    _log(connection, turn.site_id, person_id, by, events, turn.now)


def _take_names(connection: sa.Connection, turn: Turn) -> None:
    theirs = _identifier.person_id.in_(doomed.numbers(turn.job_id, doomed.PERSON))
    rows = connection.execute(sa.select(_identifier.kind, _identifier.value).where(theirs)).all()
    names = [(row[0], row[1]) for row in rows]
    tombstones.put(connection, turn.site_id, turn.key, names, turn.now)
    doomed.add_names(connection, turn.job_id, names)
    users = [excluded_key(turn.site_id, value) for kind, value in names if kind == "user"]
    doomed.add_numbers(connection, turn.job_id, doomed.EXCLUDED, users)
    connection.execute(sa.delete(tables.identifier).where(theirs))


def _log(connection: sa.Connection, site_id: int, person_id: int, by: str, events: int, now: int) -> None:
    """That somebody was deleted, by whom and how much; not who it was."""
    row = {
        "site_id": site_id, "log_id": new_id(now), "at": now, "op": str(Op.PERSON_DELETED), "device_id": 0, "stream_id": 0,
        "person_id": person_id, "cause": str(person_id), "detail": {"by": by, "events": events},
        "seq": next_seq(connection, site_id),
    }  # fmt: skip
    connection.execute(tables.identity_log.insert().values(row))


# -- cutting off ---------------------------------------------------------------------------------------------------------


def cut_off(connection: sa.Connection, turn: Turn) -> bool:
    """Cut off some streams of the job's people; say whether they were the last, and the people themselves are gone.

    Devices are locked first, then people, in the order of ingest; then it is looked again whether a stream was added.
    """
    people = doomed.numbers(turn.job_id, doomed.PERSON)
    excluded = doomed.numbers(turn.job_id, doomed.EXCLUDED)
    theirs = (_stream.site_id == turn.site_id, _stream.person_id.in_(people))
    acted = (*excluded_streams(turn.site_id), _stream.user_person.in_(excluded))
    left = STREAMS_AT_ONCE
    for whose in (theirs, acted):
        streams = _locked(connection, turn.site_id, whose, left)
        _cut(connection, turn, people, streams)
        left -= len(streams)
        if not left:
            return False
    return _end(connection, turn, people, theirs)


def _locked(
    connection: sa.Connection, site_id: int, whose: tuple[sa.ColumnElement[bool], ...], at_most: int
) -> list[tuple[int, int]]:
    """Return (device, stream) of some of these streams, with their devices locked; on PostgreSQL, of those that still are
    theirs then."""
    query = sa.select(_stream.device_id, _stream.stream_id).where(*whose)
    streams = [(row[0], row[1]) for row in connection.execute(query.limit(at_most))]
    if not streams or connection.dialect.name == "sqlite":
        return streams
    lock_devices(connection, site_id, sorted({device_id for device_id, _ in streams}))
    still = query.where(sa.tuple_(_stream.device_id, _stream.stream_id).in_(streams))
    return [(row[0], row[1]) for row in connection.execute(still)]


_STREAMS = "DELETE FROM stream WHERE site_id = {mark} AND (device_id, stream_id) IN ({keys})"


def _cut(
    connection: sa.Connection, turn: Turn, people: sa.Select[tuple[int]], streams: list[tuple[int, int]]
) -> None:  # fmt: skip
    """Remove streams whose devices are locked, and what is known of the devices that are given up with them."""
    if not streams:
        return
    device_ids = sorted({device_id for device_id, _ in streams})
    given_up = connection.execute(given_up_devices(turn.site_id, people).where(_device.device_id.in_(device_ids))).all()
    retired = [Device(row.device_id, row.owner, bool(row.virtual), joined=tuple(row.joined)) for row in given_up]
    names = [("anonymous_id", device.owner) for device in retired if not device.virtual]
    tombstones.put(connection, turn.site_id, turn.key, names, turn.now)
    doomed.add_names(connection, turn.job_id, names)
    doomed.add_numbers(connection, turn.job_id, doomed.DEVICE, (device.device_id for device in retired))
    doomed.add_numbers(connection, turn.job_id, doomed.STREAM, (stream_id for _, stream_id in streams))
    accounts.leave(connection, turn.site_id, streams)
    delete_in(connection, _STREAMS, (turn.site_id,), streams)
    _part_from_joined(connection, turn.site_id, retired)
    remove_empty_devices(connection, turn, device_ids, [device.device_id for device in retired])


def _end(
    connection: sa.Connection, turn: Turn, people: sa.Select[tuple[int]], theirs: tuple[sa.ColumnElement[bool], ...]
) -> bool:  # fmt: skip
    """Remove the people, whom nothing points to any more; not yet, if ingest has added a stream."""
    them = _person.person_id.in_(people)
    connection.execute(sa.select(_person.person_id).where(them).order_by(_person.person_id).with_for_update()).all()
    if connection.execute(sa.select(_stream.stream_id).where(*theirs).limit(1)).first():
        return False
    _take_names(connection, turn)
    merge = tables.person_merge.c
    involved = sa.or_(merge.source_id.in_(people), merge.target_id.in_(people))
    connection.execute(sa.delete(tables.person_merge).where(merge.site_id == turn.site_id, involved))
    others = sa.and_(_person.canonical_id.in_(people), _person.person_id.not_in(people))
    left = list(connection.execute(sa.select(_person.person_id).where(others)).scalars())
    point_anew(connection, turn.site_id, left)
    connection.execute(sa.delete(tables.person).where(them))
    return True


def _part_from_joined(connection: sa.Connection, site_id: int, retired: list[Device]) -> None:
    """Browsers that a handoff tied to a given-up one forget it; the entry that says so goes with the others."""
    names = {device.owner for device in retired}
    tied = {device_key(site_id, other) for device in retired for other in device.joined}
    state = State()
    load_devices(connection, site_id, tied, state)
    for device in state.devices.values():
        left = tuple(other for other in device.joined if other not in names)
        here = sa.and_(_device.site_id == site_id, _device.device_id == device.device_id)
        if left != device.joined:
            connection.execute(sa.update(tables.device).where(here).values(joined=left))


def remove_empty_devices(
    connection: sa.Connection, turn: Turn, device_ids: list[int], retired: list[int] | None = None
) -> None:  # fmt: skip
    """Remove devices without a stream. Of a retired one, the tombstone of its anonymous id is left; of another on which
    somebody was named, or that has epochs, what was said there. One that is contested, or tied by a handoff, stays."""
    has_stream = sa.exists().where(_stream.site_id == _device.site_id, _stream.device_id == _device.device_id)
    is_forgotten = sa.or_(_device.contested_from.is_(None), _device.device_id.in_(retired or []))
    empty = (_device.site_id == turn.site_id, _device.device_id.in_(device_ids), is_forgotten, ~has_stream)
    rows = connection.execute(sa.select(tables.device).where(*empty)).all()
    told = {row.device_id for row in rows if row.named or row.boundaries or row.joined} - {*(retired or [])}
    left = [
        Device(row.device_id, row.owner, False, row.contested_from, to_boundaries(row.boundaries), named=to_named(row.named))
        for row in rows
        if row.device_id in told and not row.joined
    ]
    gone = {row.device_id for row in rows} - told | {device.device_id for device in left}
    connection.execute(sa.delete(tables.device).where(_device.site_id == turn.site_id, _device.device_id.in_(sorted(gone))))
    device_tombstones.put(connection, turn.site_id, turn.key, left)
