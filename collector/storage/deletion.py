"""Deleting a person: its events, streams, devices, names and log entries go; keyed hashes of the names stay (rule R28)."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.identifiers import email_key
from ..domain.keys import device_key, excluded_key, new_id
from ..domain.sites import Site
from ..domain.streams import Device, Kind, State
from ..errors import NotFound, Unavailable
from . import jobs, tables, tombstones
from .engine import Store
from .faults import is_of_the_store, is_retried
from .loading import StateMoved, load_devices, load_members, load_people
from .reports.lookup import canonical_ids, members
from .reports.people import get_person
from .reports.shapes import PersonRow

RACES = 5
_stream, _person, _identifier = tables.stream.c, tables.person.c, tables.identifier.c


class Deletion(msgspec.Struct, frozen=True):
    """What a deletion removes, or would (`preview`); `job_id` is the job that removes the events."""

    preview: bool
    person_id: int
    label: str
    events: int
    streams: int
    identifiers: list[str]
    anonymous_ids: list[str]
    job_id: int | None = None


class Doomed(msgspec.Struct):
    """Everything of one person, locked; `shown` is how it looks, `retired` are the devices whose anonymous ids are given up."""

    shown: PersonRow
    people: list[int]
    streams: list[tuple[int, int]]
    retired: list[Device]
    names: list[tuple[str, str]]
    events: int


def delete_person(
    store: Store, site: Site, person_id: int, key: bytes, by: str, now: int, *, preview: bool = False
) -> Deletion:
    """Delete a person and everybody merged with it. Raises NotFound for an unknown one.

    `key` is that of the tombstones. After this returns nothing shows the person any more; the events are removed by the
    job, and `passerby serve` takes it up if nobody else does.
    """
    for _ in range(RACES):
        try:
            with store.write() as connection:
                return _delete(connection, site.site_id, person_id, key, by, now, preview)
        except Exception as error:
            if is_retried(error):
                continue
            if is_of_the_store(error):
                raise Unavailable("The store is busy; nothing was deleted, try again.") from error
            raise
    raise Unavailable("Others are changing the same person; nothing was deleted, try again.")


def _delete(
    connection: sa.Connection, site_id: int, person_id: int, key: bytes, by: str, now: int, preview: bool
) -> Deletion:  # fmt: skip
    doomed = find_doomed(connection, site_id, person_id)
    job_id = None
    if not preview:
        streams = cut_off(connection, site_id, doomed, key, by, now)
        job_id = jobs.add(connection, site_id, "deletion", {"streams": streams} if streams else {}, doomed.events, now)
    return Deletion(
        preview, doomed.shown.person_id, doomed.shown.label, doomed.events, len(doomed.streams),
        [*doomed.shown.user_ids, *doomed.shown.emails],
        [device.owner for device in doomed.retired if not device.virtual], job_id,
    )  # fmt: skip


def find_doomed(connection: sa.Connection, site_id: int, person_id: int) -> Doomed:
    """Find and lock what a deletion of this person removes. Raises NotFound, and StateMoved when ingest was faster.

    Devices are locked first, then people, in the order of ingest; then it is looked again whether a stream was added.
    """
    canonical = canonical_ids(connection, site_id, {person_id}).get(person_id)
    if canonical is None:
        raise NotFound("There is no person with this id.")
    state = State()
    people = sorted(members(connection, {canonical}))
    names = _names(connection, people)
    streams = _streams(connection, site_id, people, names)
    load_devices(connection, site_id, {device_id for device_id, _ in streams}, state)
    load_people(connection, state, people)
    load_members(connection, state, {canonical})
    again = sorted(members(connection, {canonical}))
    if again != people or _streams(connection, site_id, people, names) != streams or not set(people) <= state.people.keys():
        raise StateMoved
    shown = get_person(connection, site_id, canonical)
    if shown is None or shown.person_id != canonical:
        raise StateMoved
    retired = [device for device in state.devices.values() if _is_given_up(device, set(people))]
    return Doomed(shown, people, streams, retired, names, _count_events(connection, streams))


def _names(connection: sa.Connection, people: list[int]) -> list[tuple[str, str]]:
    query = sa.select(_identifier.kind, _identifier.value).where(_identifier.person_id.in_(people))
    return [(row[0], row[1]) for row in connection.execute(query)]


def _streams(connection: sa.Connection, site_id: int, people: list[int], names: list[tuple[str, str]]) -> list[tuple[int, int]]:
    users = [excluded_key(site_id, value) for kind, value in names if kind == "user"]
    excluded = (_stream.kind == int(Kind.EXCLUDED)) & _stream.user_person.in_(users) & _stream.person_id.is_(None)
    query = sa.select(_stream.device_id, _stream.stream_id).where(
        _stream.site_id == site_id, sa.or_(_stream.person_id.in_(people), excluded)
    )
    return sorted((row[0], row[1]) for row in connection.execute(query))


def _is_given_up(device: Device, people: set[int]) -> bool:
    """The browser was this person's: it held the anonymous part, or nobody else is known there."""
    owners = {stream.person_id for stream in device.streams if stream.person_id is not None}
    holds = any(stream.kind == Kind.ANONYMOUS and stream.person_id in people for stream in device.streams)
    spoke = any(stream.kind == Kind.ASSERTED and stream.person_id in people for stream in device.streams)
    return holds or (spoke and owners <= people)


def _count_events(connection: sa.Connection, streams: list[tuple[int, int]]) -> int:
    event = tables.event.c
    total = 0
    for _, stream_id in streams:
        total += connection.execute(sa.select(sa.func.count()).where(event.stream_id == stream_id)).scalar_one()
    return total


def cut_off(connection: sa.Connection, site_id: int, doomed: Doomed, key: bytes, by: str, now: int) -> list[int]:
    """Remove everything of a person but its events; return the streams whose events are left. `key` as above."""
    retired = [("anonymous_id", device.owner) for device in doomed.retired if not device.virtual]
    tombstones.put(connection, site_id, key, [*doomed.names, *retired], now)
    numbers = [stream_id for _, stream_id in doomed.streams]
    for table in (tables.membership, tables.stream):
        connection.execute(sa.delete(table).where(table.c.site_id == site_id, table.c.stream_id.in_(numbers)))
    _forget_entries(connection, site_id, doomed)
    _part_from_joined(connection, site_id, doomed.retired)
    merge = tables.person_merge.c
    involved = sa.or_(merge.source_id.in_(doomed.people), merge.target_id.in_(doomed.people))
    connection.execute(sa.delete(tables.person_merge).where(merge.site_id == site_id, involved))
    connection.execute(sa.delete(tables.identifier).where(_identifier.person_id.in_(doomed.people)))
    connection.execute(sa.delete(tables.person).where(_person.person_id.in_(doomed.people)))
    remove_empty_devices(connection, site_id, {device_id for device_id, _ in doomed.streams})
    _log(connection, site_id, doomed.shown.person_id, by, doomed.events, now)
    return numbers


def _forget_entries(connection: sa.Connection, site_id: int, doomed: Doomed) -> None:
    """Remove the log entries of the person, of its browsers, and those that only name it: what was refused or done in its
    name when nobody had proven to be it."""
    gone = [device.device_id for device in doomed.retired]
    theirs = sa.or_(_log_of.person_id.in_(doomed.people), _log_of.other_id.in_(doomed.people), _log_of.device_id.in_(gone))
    connection.execute(sa.delete(tables.identity_log).where(_log_of.site_id == site_id, theirs))
    query = sa.select(_log_of.log_id, _log_of.detail).where(_log_of.site_id == site_id, _log_of.op.in_(_NAMING))
    naming = [row.log_id for row in connection.execute(query) if _names_any(row.detail, set(doomed.names))]
    connection.execute(
        sa.delete(tables.identity_log).where(_log_of.site_id == site_id, _log_of.log_id.in_(naming))
    )  # fmt: skip


_log_of = tables.identity_log.c
_NAMING = ("identify_refused", "impersonation")
"""Entries whose detail holds names as they were said."""


def _names_any(detail: dict[str, Any], names: set[tuple[str, str]]) -> bool:
    email = detail.get("email")
    return ("user", detail.get("user_id")) in names or (email is not None and ("email", email_key(email)) in names)


def _part_from_joined(connection: sa.Connection, site_id: int, retired: list[Device]) -> None:
    """Browsers that a handoff tied to a given-up one forget it; so does the entry that says so."""
    names = {device.owner for device in retired}
    tied = {device_key(site_id, other) for device in retired for other in device.joined}
    state = State()
    load_devices(connection, site_id, tied, state)
    device_of = tables.device.c
    for device in state.devices.values():
        left = tuple(other for other in device.joined if other not in names)
        here = sa.and_(device_of.site_id == site_id, device_of.device_id == device.device_id)
        connection.execute(sa.update(tables.device).where(here).values(joined=left))
    entries = connection.execute(
        sa.select(_log_of.log_id, _log_of.detail).where(
            _log_of.site_id == site_id, _log_of.op == "handoff", _log_of.device_id.in_(sorted(tied))
        )
    )
    said = [row.log_id for row in entries if row.detail.get("other") in names]
    connection.execute(sa.delete(tables.identity_log).where(_log_of.site_id == site_id, _log_of.log_id.in_(said)))


def remove_empty_devices(connection: sa.Connection, site_id: int, device_ids: set[int]) -> None:
    """Remove devices without a stream that nothing has to be remembered of."""
    device = tables.device.c
    has_stream = sa.exists().where(_stream.site_id == device.site_id, _stream.device_id == device.device_id)
    connection.execute(
        sa.delete(tables.device).where(
            device.site_id == site_id, device.device_id.in_(sorted(device_ids)), device.contested_from.is_(None), ~has_stream
        )
    )


def _log(connection: sa.Connection, site_id: int, person_id: int, by: str, events: int, now: int) -> None:
    """That somebody was deleted, by whom and how much; not who it was."""
    row = {
        "site_id": site_id, "log_id": new_id(now), "at": now, "op": "person_deleted", "device_id": 0, "stream_id": 0,
        "person_id": person_id, "cause": str(person_id), "detail": {"by": by, "events": events},
    }  # fmt: skip
    connection.execute(tables.identity_log.insert().values(row))
