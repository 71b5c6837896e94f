"""Identity between memory and tables: load what a group of events touches, write what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain import changes as domain
from ..domain.events import Event
from ..domain.keys import device_key, new_id
from ..domain.people import FieldValue, Person, TagState, see
from ..domain.streams import Device, Epoch, Identifier, Kind, State, Stream
from . import tables
from .bulk import insert_rows, select_in
from .upsert import insert_new


class StateMoved(Exception):
    """Another collector changed the same rows between our reading and our writing: decide the group again."""


def load(connection: sa.Connection, site_id: int, events: list[Event]) -> State:
    """Read the devices, identifiers and people that these events of one site can touch.

    On PostgreSQL the devices are locked, in key order, until the transaction ends. SQLite has one writer anyway.
    """
    state = State()
    _load_devices(connection, site_id, _device_owners(events), state)
    for event in events:
        _settle_device(connection, site_id, event, state)
    _load_identifiers(connection, site_id, events, state)
    _load_people(connection, state)
    return state


def _device_owners(events: list[Event]) -> dict[int, str]:
    owners = {event.device_id: event.owner for event in events}
    for event in events:
        for other in event.anonymous_ids:
            owners[device_key(event.site_id, other)] = other
    return owners


def _settle_device(connection: sa.Connection, site_id: int, event: Event, state: State) -> None:
    """Give an event whose device key belongs to another owner (a 63-bit collision) the next key."""
    attempt = 0
    while event.device_id in state.devices and state.devices[event.device_id].owner != event.owner:
        attempt += 1
        event.device_id = device_key(site_id, event.owner, attempt)
        _load_devices(connection, site_id, {event.device_id: event.owner}, state)


_DEVICES = (
    "SELECT device.device_id, owner, virtual, contested_from, stream_id, kind, epoch, user_person, claimable, "
    "person_id, strength, claimed_at, attributed_from, fields "
    "FROM device LEFT JOIN stream ON stream.site_id = device.site_id AND stream.device_id = device.device_id "
    "WHERE device.site_id = {mark} AND device.device_id IN ({keys}) ORDER BY device.device_id"
)
_LOCK = " FOR UPDATE OF device"


def _load_devices(connection: sa.Connection, site_id: int, owners: dict[int, str], state: State) -> None:
    select = _DEVICES if connection.dialect.name == "sqlite" else _DEVICES + _LOCK
    for row in select_in(connection, select, (site_id,), ((device_id,) for device_id in sorted(owners))):
        device = state.devices.get(row[0])
        if device is None:
            device = state.devices[row[0]] = Device(row[0], row[1], bool(row[2]), row[3])
        if row[4] is not None and all(stream.stream_id != row[4] for stream in device.streams):
            device.streams.append(_stream(row))


def _stream(row: Any) -> Stream:
    return Stream(
        row[4], row[0], Kind(row[5]), Epoch(row[6]), row[7], bool(row[8]), row[9], row[10], row[11], row[12],
        _fields(row[13]),
    )  # fmt: skip


def _fields(stored: Any) -> dict[str, FieldValue]:
    """Fields as the driver gives them: text on SQLite, decoded already on PostgreSQL."""
    if not stored or stored == "{}":
        return {}
    if isinstance(stored, str):
        return msgspec.json.decode(stored, type=dict[str, FieldValue])
    return msgspec.convert(stored, dict[str, FieldValue])


_IDENTIFIERS = sa.select(tables.identifier).where(
    tables.identifier.c.site_id == sa.bindparam("site_id"),
    tables.identifier.c.kind == sa.bindparam("kind"),
    tables.identifier.c.value.in_(sa.bindparam("values", expanding=True)),
)


def _load_identifiers(connection: sa.Connection, site_id: int, events: list[Event], state: State) -> None:
    users = {event.user_id for event in events if event.user_id is not None}
    emails = {event.email for event in events if event.email is not None}
    for kind, values in (("user", users), ("email", emails)):
        if values:
            found = connection.execute(_IDENTIFIERS, {"site_id": site_id, "kind": kind, "values": sorted(values)})
            for row in found:
                state.identifiers[(kind, row.value)] = Identifier(kind, row.value, row.display, row.person_id, row.strength)


_PEOPLE = sa.select(tables.person).where(tables.person.c.person_id.in_(sa.bindparam("ids", expanding=True)))


def _load_people(connection: sa.Connection, state: State) -> None:
    """Read the people who are pointed at, then those whom they were merged into."""
    wanted = {found.person_id for found in state.identifiers.values()}
    for device in state.devices.values():
        wanted.update(stream.person_id for stream in device.streams if stream.person_id is not None)
    while wanted:
        for row in connection.execute(_PEOPLE, {"ids": sorted(wanted)}):
            state.people[row.person_id] = _person(row)
        wanted = {person.canonical_id for person in state.people.values()} - state.people.keys()


def _person(row: Any) -> Person:
    return Person(
        row.person_id, row.canonical_id, row.created_at, row.first_seen_at, row.first_identified_at, row.last_seen_at,
        _fields(row.fields), msgspec.convert(row.tags, dict[str, TagState]), row.unsubscribed_at, row.subscription_at,
    )  # fmt: skip


def save(connection: sa.Connection, site_id: int, changes: Iterable[domain.Change], state: State, now: int) -> None:
    """Write the changes of one group of events of one site; its events must be inserted already.

    Raises StateMoved when a claim or a new identifier lost a race against another collector.
    """
    sorted_out: dict[type, list[Any]] = {}
    for change in changes:
        sorted_out.setdefault(type(change), []).append(change)
    new_streams = {change.stream.stream_id for change in sorted_out.get(domain.StreamAdded, ())}
    new_people = {change.person.person_id for change in sorted_out.get(domain.PersonAdded, ())}
    _insert_devices(connection, site_id, sorted_out.get(domain.DeviceAdded, []), now)
    _insert_streams(connection, site_id, sorted_out.get(domain.StreamAdded, []))
    _update_claims(connection, site_id, sorted_out.get(domain.Claim, []), new_streams, state)
    _update_devices(connection, site_id, sorted_out.get(domain.Contested, []))
    _update_stream_fields(connection, site_id, sorted_out.get(domain.StreamFieldsWritten, []), state)
    _write_people(connection, site_id, sorted_out, new_people, state)
    _write_identifiers(connection, site_id, sorted_out.get(domain.IdentifierWritten, []), now)
    _insert_log(connection, site_id, sorted_out.get(domain.Logged, []), now)


def _insert_devices(connection: sa.Connection, site_id: int, added: list[domain.DeviceAdded], now: int) -> None:
    rows = [
        (site_id, device.device_id, device.owner, device.virtual, device.contested_from, now)
        for device in (change.device for change in added)
    ]
    _insert_or_move(connection, tables.device, rows)


def _insert_streams(connection: sa.Connection, site_id: int, added: list[domain.StreamAdded]) -> None:
    rows = [
        (
            site_id, stream.device_id, stream.stream_id, int(stream.kind), int(stream.epoch), stream.user_person,
            stream.claimable, stream.person_id, int(stream.strength), stream.claimed_at, stream.attributed_from,
            msgspec.json.encode(stream.fields).decode(),
        )
        for stream in (change.stream for change in added)
    ]  # fmt: skip
    _insert_or_move(connection, tables.stream, rows)


def _insert_or_move(connection: sa.Connection, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    try:
        insert_rows(connection, table, rows)
    except sa.exc.IntegrityError as error:
        raise StateMoved from error


_CLAIM = (
    sa.update(tables.stream)
    .where(
        tables.stream.c.site_id == sa.bindparam("b_site_id"),
        tables.stream.c.device_id == sa.bindparam("b_device_id"),
        tables.stream.c.stream_id == sa.bindparam("b_stream_id"),
        tables.stream.c.claimable.is_(True),
        tables.stream.c.person_id.is_not_distinct_from(sa.bindparam("b_before")),
    )
    .values(
        person_id=sa.bindparam("b_person_id"),
        strength=sa.bindparam("b_strength"),
        claimed_at=sa.bindparam("b_claimed_at"),
        attributed_from=sa.bindparam("b_attributed_from"),
    )
)


def _update_claims(
    connection: sa.Connection, site_id: int, claims: list[domain.Claim], new_streams: set[int], state: State
) -> None:
    """The compare-and-set. A stream of this very group was inserted as already claimed."""
    for claim in claims:
        if claim.stream_id not in new_streams:
            values = {f"b_{name}": getattr(claim, name) for name in claim.__struct_fields__}
            if connection.execute(_CLAIM, {**values, "b_site_id": site_id}).rowcount != 1:
                raise StateMoved
        _see_claimed(connection, claim, state)


def _see_claimed(connection: sa.Connection, claim: domain.Claim, state: State) -> None:
    """First and last visit take in what the claim brought, as far back as the lookback reaches (rule R18)."""
    found = connection.execute(
        sa.select(sa.func.min(tables.event.c.ts), sa.func.max(tables.event.c.ts)).where(
            tables.event.c.stream_id == claim.stream_id, tables.event.c.ts >= claim.attributed_from
        )
    ).one()
    person = state.people[state.canonical(claim.person_id)]
    for time in found:
        if time is not None:
            see(person, time, identified=False)


def _update_devices(connection: sa.Connection, site_id: int, contested: list[domain.Contested]) -> None:
    for change in contested:
        connection.execute(
            sa.update(tables.device)
            .where(tables.device.c.site_id == site_id, tables.device.c.device_id == change.device_id)
            .values(contested_from=change.since)
        )


def _update_stream_fields(
    connection: sa.Connection, site_id: int, written: list[domain.StreamFieldsWritten], state: State
) -> None:
    for device_id, stream_id in {(change.device_id, change.stream_id) for change in written}:
        fields = next(found.fields for found in state.devices[device_id].streams if found.stream_id == stream_id)
        connection.execute(
            sa.update(tables.stream)
            .where(
                tables.stream.c.site_id == site_id,
                tables.stream.c.device_id == device_id,
                tables.stream.c.stream_id == stream_id,
            )
            .values(fields=fields)
        )


def _write_people(
    connection: sa.Connection, site_id: int, changes: dict[type, list[Any]], new_people: set[int], state: State
) -> None:
    """Insert new people as they ended up; update the others once, however many events touched them."""
    touched = {change.person_id for change in changes.get(domain.PersonWritten, ())}
    touched |= {state.canonical(change.person_id) for change in changes.get(domain.Claim, ())}
    rows = [_person_row(state.people[person_id], site_id) for person_id in sorted(new_people)]
    if rows:
        connection.execute(tables.person.insert(), rows)
    for person_id in sorted(touched - new_people):
        row = _person_row(state.people[person_id], site_id)
        connection.execute(sa.update(tables.person).where(tables.person.c.person_id == person_id).values(row))


def _person_row(person: Person, site_id: int) -> dict[str, Any]:
    return {**{name: getattr(person, name) for name in person.__struct_fields__}, "site_id": site_id}


def _write_identifiers(connection: sa.Connection, site_id: int, written: list[domain.IdentifierWritten], now: int) -> None:
    for identifier in (change.identifier for change in written):
        row = {name: getattr(identifier, name) for name in identifier.__struct_fields__}
        insert_new(connection, tables.identifier, [{**row, "site_id": site_id, "created_at": now}])
        key = (
            tables.identifier.c.site_id == site_id,
            tables.identifier.c.kind == identifier.kind,
            tables.identifier.c.value == identifier.value,
        )
        owner = connection.execute(sa.select(tables.identifier.c.person_id).where(*key)).scalar_one()
        if owner != identifier.person_id:
            raise StateMoved
        connection.execute(sa.update(tables.identifier).where(*key).values(strength=int(identifier.strength)))


def _insert_log(connection: sa.Connection, site_id: int, logged: list[domain.Logged], now: int) -> None:
    rows = [
        {
            **{name: getattr(entry, name) for name in entry.__struct_fields__},
            "site_id": site_id,
            "at": now,
            "log_id": new_id(),
        }
        for entry in logged
    ]
    insert_new(connection, tables.identity_log, rows)
