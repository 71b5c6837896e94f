"""Identity from tables into memory: what a group of events of one site can touch.

On PostgreSQL the devices and people are locked, in the order of their keys, until the transaction ends. SQLite has one
writer anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from msgspec.structs import replace

from ...domain.events import Event
from ...domain.keys import device_key, user_owner
from ...domain.streams import Device, Kind, Merge, State
from .. import tables
from ..faults import StateMoved
from ..rows import STREAM_COLUMNS, decoded, to_boundaries, to_identifier, to_named, to_person, to_stream
from . import device_tombstones, tombstones
from .bulk import select_in

_CLAIMING = frozenset({"identify", "alias"})


def load_touched(connection: sa.Connection, site_id: int, events: list[Event], key: bytes) -> tuple[State, list[Event]]:
    """Read the devices, identifiers and people that these events of one site can touch; of the devices no user's streams.

    Return the events too, on the devices where they belong: one of a deleted anonymous id is taken off its device (rule R28).
    `key` is that of the tombstones.
    """
    names = _names(events)
    state = State(has_tombstones=tombstones.exist(connection, site_id), key=key)
    state.deleted = tombstones.find(connection, site_id, key, names) if state.has_tombstones else {}
    if state.deleted:
        events = [_off_deleted_device(event, state) for event in events]
    load_devices(connection, site_id, device_owners(events), state, is_whole=False)
    events = [_on_own_device(connection, site_id, event, state) for event in events]
    load_devices(connection, site_id, _joined_owners(events, state), state, is_whole=False)
    if state.has_tombstones:
        _load_told(connection, site_id, events, state)
    _load_identifiers(connection, site_id, events, state)
    load_people(connection, state)
    if not _is_alone(connection) and (
        tombstones.exist(connection, site_id) != state.has_tombstones
        or (state.has_tombstones and tombstones.find(connection, site_id, key, names) != state.deleted)
    ):
        raise StateMoved  # deleted while we waited for the locks
    return state, events


def _is_alone(connection: sa.Connection) -> bool:
    """On SQLite a transaction that writes has the store for itself from its begin on."""
    return connection.dialect.name == "sqlite"


def _names(events: list[Event]) -> set[tuple[str, str]]:
    """Every name in the events that a deletion can have left a tombstone for."""
    names: set[tuple[str, str]] = set()
    for event in events:
        handoff, link = event.asserted.handoff, event.asserted.link
        others = (*event.asserted.anonymous_ids, *((handoff.anonymous_id,) if handoff else ()))
        names.update(("anonymous_id", one) for one in (event.anonymous_id, *others) if one is not None)
        names.update(said(event))
        if event.type == "alias" and event.name is not None:
            names.add(("anonymous_id", event.name))
        if link is not None:
            names.add((link.kind, link.value))
    return names


def said(event: Event) -> list[tuple[str, str]]:
    """The identifiers that the event speaks with: its user id and its addresses."""
    asserted = event.asserted
    user = [("user", asserted.user_id)] if asserted.user_id is not None else []
    return [*user, *(("email", address.value) for address in asserted.addresses())]


def _off_deleted_device(event: Event, state: State) -> Event:
    """Give an event that still comes from a deleted anonymous id to its user, if it names one, on the user's virtual device."""
    if event.anonymous_id is None or ("anonymous_id", event.anonymous_id) not in state.deleted:
        return event
    named = event.asserted.named
    owner = event.owner if named is None else user_owner(*named)
    device_id = event.device_id if named is None else device_key(event.site_id, owner)
    asserted = replace(event.asserted, retired=event.anonymous_id)
    return replace(event, anonymous_id=None, owner=owner, device_id=device_id, asserted=asserted)


# -- devices ---------------------------------------------------------------------------------------------------------


def device_owners(events: list[Event]) -> dict[int, str]:
    owners = {event.device_id: event.owner for event in events if event.owner != event.asserted.retired}
    for event in events:
        others = event.asserted.anonymous_ids
        if event.type == "alias" and event.name is not None:
            others = (*others, event.name)
        if event.asserted.handoff is not None:
            others = (*others, event.asserted.handoff.anonymous_id)
        owners.update((device_key(event.site_id, other), other) for other in others)
    return owners


def _joined_owners(events: list[Event], state: State) -> dict[int, str]:
    """The devices that a handoff tied to those of the events which may claim."""
    found: dict[int, str] = {}
    for event in events:
        device = state.devices.get(event.device_id) if event.type in _CLAIMING else None
        if device is not None:
            found.update((device_key(event.site_id, other), other) for other in device.joined)
    return {device_id: owner for device_id, owner in found.items() if device_id not in state.devices}


def _load_told(connection: sa.Connection, site_id: int, events: list[Event], state: State) -> None:
    """Read what was said under the anonymous ids that are not kept."""
    owners = device_owners(events) | _joined_owners(events, state)
    unknown = {device_id: owner for device_id, owner in owners.items() if device_id not in state.devices}
    told = device_tombstones.find(connection, site_id, state.key, unknown)
    state.devices |= told
    state.told = {*told}


def _on_own_device(connection: sa.Connection, site_id: int, event: Event, state: State) -> Event:
    """Return an event whose device key belongs to another owner (a 63-bit collision) with the next key."""
    attempt = 0
    while event.device_id in state.devices and state.devices[event.device_id].owner != event.owner:
        attempt += 1
        event = replace(event, device_id=device_key(site_id, event.owner, attempt))
        load_devices(connection, site_id, {event.device_id: event.owner}, state, is_whole=False)
    return event


_DEVICES = (
    "SELECT device.device_id, owner, virtual, contested_from, boundaries, joined, named, " + STREAM_COLUMNS + " "
    "FROM device LEFT JOIN stream ON stream.site_id = device.site_id AND stream.device_id = device.device_id "
    "WHERE device.site_id = {mark} AND device.device_id IN ({keys}) ORDER BY device.device_id"
)
_WITHOUT_USERS = _DEVICES.replace(" WHERE", f" AND kind = {int(Kind.ANONYMOUS)} WHERE", 1)
_LOCK = "SELECT device_id FROM device WHERE site_id = {mark} AND device_id IN ({keys}) ORDER BY device_id FOR UPDATE"


def lock_devices(connection: sa.Connection, site_id: int, sorted_ids: Iterable[int]) -> None:
    """Lock devices in the order of their keys, without reading them."""
    if not _is_alone(connection):
        select_in(connection, _LOCK, (site_id,), ((device_id,) for device_id in sorted_ids))


def load_devices(
    connection: sa.Connection, site_id: int, owners: Iterable[int], state: State, *, is_whole: bool = True
) -> None:
    """Read and lock devices by key, each with all its streams, or with those that are no user's.

    The lock is a statement of its own: in one with the streams, PostgreSQL would wait for the device and then still show
    the streams as they were before.
    """
    keys = [(device_id,) for device_id in sorted(owners)]
    lock_devices(connection, site_id, (device_id for (device_id,) in keys))
    for row in select_in(connection, _DEVICES if is_whole else _WITHOUT_USERS, (site_id,), keys):
        device = state.devices.get(row[0])
        if device is None:
            device = state.devices[row[0]] = Device(
                row[0], row[1], bool(row[2]), row[3], to_boundaries(row[4]), tuple(decoded(row[5])), to_named(row[6])
            )
        if row[7] is not None and all(stream.stream_id != row[7] for stream in device.streams):
            device.streams.append(to_stream(row[7:]))


# -- people ----------------------------------------------------------------------------------------------------------

_IDENTIFIERS = sa.select(tables.identifier).where(
    tables.identifier.c.site_id == sa.bindparam("site_id"),
    tables.identifier.c.kind == sa.bindparam("kind"),
    tables.identifier.c.value.in_(sa.bindparam("values", expanding=True)),
)


def _load_identifiers(connection: sa.Connection, site_id: int, events: list[Event], state: State) -> None:
    users = {event.asserted.user_id for event in events if event.asserted.user_id is not None}
    users |= {event.name for event in events if event.type == "alias" and event.name is not None}
    emails = {address.value for event in events for address in event.asserted.addresses()}
    for event in events:
        if event.asserted.link is not None:
            (users if event.asserted.link.kind == "user" else emails).add(event.asserted.link.value)
    for kind, values in (("user", users), ("email", emails)):
        if values:
            found = connection.execute(_IDENTIFIERS, {"site_id": site_id, "kind": kind, "values": sorted(values)})
            for row in found:
                state.identifiers[(kind, row.value)] = to_identifier(row)


def load_people(connection: sa.Connection, state: State, more: Iterable[int] = (), *, is_locking: bool = True) -> None:
    """Read and lock the people who are pointed at, and everyone who is one person with them; a preview only reads.

    All in one statement and in the order of their numbers: were some locked first and the others later, two collectors
    would wait for each other. Raises StateMoved when somebody was deleted since the pointer was read.
    """
    wanted = {found.person_id for found in state.identifiers.values()} | set(more)
    for device in state.devices.values():
        wanted.update(stream.person_id for stream in device.streams if stream.person_id is not None)
    wanted -= state.people.keys()
    if not wanted:
        return
    for row in connection.execute(_LOCKED if is_locking else _WITH_MEMBERS, {"ids": sorted(wanted)}):
        state.people[row.person_id] = to_person(row)
    if not wanted <= state.people.keys():
        raise StateMoved


def load_members(connection: sa.Connection, state: State, canonical: Iterable[int]) -> None:
    """Read the merges of these people, who are read already, and the anonymous streams that they hold."""
    roots = set(canonical)
    members = sorted(person.person_id for person in state.people.values() if person.canonical_id in roots)
    if members:
        _load_merges(connection, state, members)
        _load_held(connection, state, members)


_person = tables.person.c
_asked = tables.person.alias().c
_WITH_MEMBERS = (
    sa.select(tables.person)
    .where(
        _person.canonical_id.in_(
            sa.select(_asked.canonical_id).where(_asked.person_id.in_(sa.bindparam("ids", expanding=True)))
        )
    )
    .order_by(_person.person_id)
)
_LOCKED = _WITH_MEMBERS.with_for_update()
"""SQLite leaves `FOR UPDATE` out."""


def _load_merges(connection: sa.Connection, state: State, members: list[int]) -> None:
    merge = tables.person_merge.c
    rows = connection.execute(
        sa.select(tables.person_merge).where(sa.or_(merge.source_id.in_(members), merge.target_id.in_(members)))
    ).all()
    for row in rows:
        state.merges[row.merge_id] = Merge(row.merge_id, row.source_id, row.target_id, row.at, row.by, row.reversed_at)
    # Those of merges that were taken back are not locked: nothing of them is changed.
    others = {person for row in rows for person in (row.source_id, row.target_id)} - state.people.keys()
    for row in connection.execute(sa.select(tables.person).where(_person.person_id.in_(sorted(others)))) if others else ():
        state.people[row.person_id] = to_person(row)


_HELD = f"SELECT {STREAM_COLUMNS} FROM stream WHERE kind = {{mark}} AND person_id IN ({{keys}})"  # noqa: S608 - names of our own


def _load_held(connection: sa.Connection, state: State, members: list[int]) -> None:
    """The same stream is one value in memory, whether found through its device or through its person."""
    for row in select_in(connection, _HELD, (int(Kind.ANONYMOUS),), ((person_id,) for person_id in members)):
        device = state.devices.get(row[10])
        known = [stream for stream in device.streams if stream.stream_id == row[0]] if device else []
        state.held.setdefault(row[0], known[0] if known else to_stream(row))
