"""Identity from memory into tables: write what was decided; a claim is a compare-and-set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain import changes as domain
from ...domain.merging import roots
from ...domain.people import Person
from ...domain.streams import Merge, State
from .. import tables
from ..faults import StateMoved
from . import accounts, device_tombstones, identity_log, visits
from .bulk import driver_values, insert_rows, update_rows
from .by_kind import ByKind
from .loading import load_people
from .upsert import insert_new


def save(connection: sa.Connection, site_id: int, changes: Iterable[domain.Change], state: State, now: int, seq: int) -> None:
    """Write the changes of one group of events of one site; its events must be inserted already. `seq` is the number of the
    transaction.

    Raises StateMoved when a claim or a new identifier lost a race against another collector.
    """
    sorted_out = ByKind(changes)
    of = sorted_out.of
    named = sorted_out.among(domain.IdentifierWritten, domain.IdentifierMoved)
    moved = sorted_out.among(domain.Claim, domain.Detached)
    new_streams = {change.stream.stream_id for change in of(domain.StreamAdded)}
    new_people = {change.person.person_id for change in of(domain.PersonAdded)}
    _insert_devices(connection, site_id, of(domain.DeviceAdded), now)
    _insert_streams(connection, site_id, of(domain.StreamAdded))
    _update_claims(connection, site_id, [change for change in moved if change.stream_id not in new_streams])
    _update_streams(connection, site_id, sorted_out, state)
    _update_devices(connection, site_id, sorted_out, state)
    lost = _losers(sorted_out, state)
    if lost:  # their visits are counted from the tables: everybody has to be there
        _insert_people(connection, site_id, new_people, state)
    _write_merges(connection, site_id, sorted_out, state)
    _see_moved(connection, sorted_out, state)
    visits.recount(connection, state, lost)
    if not lost:
        _insert_people(connection, site_id, new_people, state)
    _update_people(connection, _touched(sorted_out, state) - (set() if lost else new_people), state)
    _write_identifiers(connection, site_id, named, now)
    _remove_identifiers(connection, site_id, of(domain.IdentifierRemoved))
    accounts.write(connection, site_id, of(domain.MembershipWritten), now)
    insert_new(connection, tables.used_handoff, [{"site_id": site_id, "nonce": used.nonce, "at": used.at}
                                                 for used in of(domain.HandoffUsed)])  # fmt: skip
    identity_log.append(connection, site_id, of(domain.Logged), now, seq)


def _insert_devices(connection: sa.Connection, site_id: int, added: list[domain.DeviceAdded], now: int) -> None:
    rows = [
        (
            site_id, device.device_id, device.owner, device.virtual, device.contested_from, now,
            msgspec.json.encode(device.boundaries).decode(), msgspec.json.encode(device.joined).decode(),
            msgspec.json.encode(device.named).decode(),
        )
        for device in sorted((change.device for change in added), key=lambda device: device.device_id)
    ]  # fmt: skip
    _insert_or_move(connection, tables.device, rows)


def _insert_streams(connection: sa.Connection, site_id: int, added: list[domain.StreamAdded]) -> None:
    rows = [
        (
            site_id, stream.device_id, stream.stream_id, int(stream.kind), int(stream.epoch), stream.user_person,
            stream.claimable, stream.person_id, int(stream.strength), stream.claimed_at, stream.attributed_from,
            msgspec.json.encode(stream.fields).decode(), msgspec.json.encode(stream.left_out).decode(),
        )
        for stream in sorted((change.stream for change in added), key=lambda stream: (stream.device_id, stream.stream_id))
    ]  # fmt: skip
    _insert_or_move(connection, tables.stream, rows)


def _insert_or_move(connection: sa.Connection, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    try:
        insert_rows(connection, table, rows)
    except sa.exc.IntegrityError as error:
        raise StateMoved from error


_STREAM = ("site_id", "device_id", "stream_id")
_OWNER = ("person_id", "strength", "claimed_at", "attributed_from", "claimable")
_UNMOVED = "(claimable OR {0}) AND person_id IS NOT DISTINCT FROM CAST({1} AS BIGINT)"


def _update_claims(connection: sa.Connection, site_id: int, moved: list[domain.Claim | domain.Detached]) -> None:
    """The compare-and-set of every stream that changed hands: from its first owner to its last in this group, exactly
    one row, or somebody else was faster. A stream of this very group was inserted as it ended up."""
    by_stream: dict[tuple[int, int], list[domain.Claim | domain.Detached]] = {}
    for change in moved:
        by_stream.setdefault((change.device_id, change.stream_id), []).append(change)
    rows = [
        (site_id, *key, *_owner(hands[-1]), isinstance(hands[0], domain.Detached) or hands[0].by_hand, hands[0].before)
        for key, hands in sorted(by_stream.items())
    ]
    if update_rows(connection, tables.stream, _STREAM, _OWNER, rows, _UNMOVED) != len(rows):
        raise StateMoved


def _owner(change: domain.Claim | domain.Detached) -> tuple[Any, ...]:
    """In the order of _OWNER."""
    if isinstance(change, domain.Detached):
        return (None, 0, None, None, False)
    return (change.person_id, change.strength, change.claimed_at, change.attributed_from, True)


def _see_moved(connection: sa.Connection, changes: ByKind, state: State) -> None:
    """Visits take in what a claim or a merge brought, as far back as it reaches (rule R18)."""
    visits.see_claimed(connection, changes.of(domain.Claim), state)
    for merged in changes.of(domain.PeopleMerged):
        visits.widen(state, merged.merge)


def _losers(changes: ByKind, state: State) -> set[int]:
    """People from whom something was taken away; their visits have to be counted anew."""
    lost = {detached.before for detached in changes.of(domain.Detached)}
    for claim in changes.of(domain.Claim):
        if claim.before is not None and state.canonical(claim.before) != state.canonical(claim.person_id):
            lost |= {claim.before}
    for unmerged in changes.of(domain.PeopleUnmerged):
        merge = state.merges[unmerged.merge_id]
        lost |= {merge.source_id, merge.target_id}
    return lost


def _update_devices(connection: sa.Connection, site_id: int, changes: ByKind, state: State) -> None:
    """Devices that were there before; one of this very group was inserted as it ended up. Those that are not kept are
    remembered by a hash."""
    written: list[domain.Contested | domain.EpochOpened | domain.Joined | domain.DeviceNamed] = [
        *changes.of(domain.Contested),
        *changes.of(domain.EpochOpened),
        *changes.of(domain.Joined),
        *changes.of(domain.DeviceNamed),
    ]
    touched = {change.device_id for change in written}
    touched -= {change.device.device_id for change in changes.of(domain.DeviceAdded)}
    devices = [state.devices[device_id] for device_id in sorted(touched)]
    names = ("contested_from", "boundaries", "joined", "named")
    rows = [(site_id, device.device_id, *driver_values(tables.device, names, device)) for device in devices if device.is_kept]
    update_rows(connection, tables.device, ("site_id", "device_id"), names, rows)
    told = [device for device in devices if not device.is_kept]
    device_tombstones.put(connection, site_id, state.key, (device for device in told if device.device_id in state.told))
    device_tombstones.add(connection, site_id, state.key, (device for device in told if device.device_id not in state.told))


def _update_streams(connection: sa.Connection, site_id: int, changes: ByKind, state: State) -> None:
    """Fields that an anonymous stream was told; better proofs of who speaks; whether somebody acts for the user."""
    written: list[domain.StreamFieldsWritten | domain.StreamProven | domain.Impersonated] = [
        *changes.of(domain.StreamFieldsWritten),
        *changes.of(domain.StreamProven),
        *changes.of(domain.Impersonated),
    ]
    touched = {(change.device_id, change.stream_id) for change in written}
    names = ("fields", "strength", "claimable", "left_out")
    rows = [
        (site_id, device_id, stream.stream_id, *driver_values(tables.stream, names, stream))
        for device_id in sorted({device_id for device_id, _ in touched})
        for stream in state.devices[device_id].streams
        if (device_id, stream.stream_id) in touched
    ]
    update_rows(connection, tables.stream, _STREAM, names, rows)


def _insert_people(connection: sa.Connection, site_id: int, new_people: set[int], state: State) -> None:
    rows = [_person_row(state.people[person_id], site_id) for person_id in sorted(new_people)]
    if rows:
        connection.execute(tables.person.insert(), rows)


def _update_people(connection: sa.Connection, touched: set[int], state: State) -> None:
    """Write everyone once, however many events touched them."""
    names = [name for name in Person.__struct_fields__ if name != "person_id"]
    rows = [(person_id, *driver_values(tables.person, names, state.people[person_id])) for person_id in sorted(touched)]
    if update_rows(connection, tables.person, ("person_id",), names, rows) != len(rows):
        raise StateMoved  # deleted since we read it


def _touched(changes: ByKind, state: State) -> set[int]:
    """People whose rows change; a merged person and the one who stands for it both carry the visits."""
    own = {change.person_id for change in changes.of(domain.PersonWritten)}
    own |= {change.person_id for change in changes.of(domain.Claim)}
    own |= {claim.before for claim in changes.of(domain.Claim) if claim.before}
    own |= {detached.before for detached in changes.of(domain.Detached)}
    for removed in changes.of(domain.IdentifierRemoved):
        own |= {person.person_id for person in state.members(removed.identifier.person_id)}
    merges = [made.merge for made in changes.of(domain.PeopleMerged)]
    merges += [state.merges[taken_back.merge_id] for taken_back in changes.of(domain.PeopleUnmerged)]
    for merge in merges:
        own |= {person.person_id for end in (merge.source_id, merge.target_id) for person in state.members(end)}
    return own | {state.canonical(person_id) for person_id in own}


def _person_row(person: Person, site_id: int) -> dict[str, Any]:
    return {**{name: getattr(person, name) for name in person.__struct_fields__}, "site_id": site_id}


def _write_merges(connection: sa.Connection, site_id: int, changes: ByKind, state: State) -> None:
    merge = tables.person_merge.c
    for made in changes.of(domain.PeopleMerged):
        row = {name: getattr(made.merge, name) for name in made.merge.__struct_fields__}
        connection.execute(tables.person_merge.insert().values(site_id=site_id, **row))
        # Members whom nobody had to read come along: they point to the source, and from now on to the target.
        at, target = made.merge.at, state.canonical(made.merge.target_id)
        person = tables.person.c
        connection.execute(
            sa.update(tables.person)
            .where(person.canonical_id == made.merge.source_id)
            .values(canonical_id=target, joined_at=sa.case((person.joined_at > at, person.joined_at), else_=at))
        )
    for taken_back in changes.of(domain.PeopleUnmerged):
        connection.execute(
            sa.update(tables.person_merge)
            .where(merge.site_id == site_id, merge.merge_id == taken_back.merge_id)
            .values(reversed_at=taken_back.at)
        )
        undone = state.merges[taken_back.merge_id]
        for one in (*state.members(undone.source_id), *state.members(undone.target_id)):
            _point(connection, one)


def _point(connection: sa.Connection, person: Person) -> None:
    """Set a person's canonical person, before its visits are counted anew with those of everyone who is the same."""
    connection.execute(
        sa.update(tables.person)
        .where(tables.person.c.person_id == person.person_id)
        .values(canonical_id=person.canonical_id, joined_at=person.joined_at)
    )


def point_anew(connection: sa.Connection, site_id: int, people: list[int]) -> None:
    """Settle people whose canonical person goes: who they are by their other merges, and since when they were seen."""
    if not people:
        return
    merge = tables.person_merge.c
    rows = connection.execute(sa.select(tables.person_merge).where(merge.site_id == site_id, merge.source_id.in_(people)))
    merges = [Merge(row.merge_id, row.source_id, row.target_id, row.at, row.by, row.reversed_at) for row in rows]
    for person_id, (canonical_id, joined_at) in sorted(roots(people, merges).items()):
        pointed = sa.update(tables.person).where(tables.person.c.person_id == person_id)
        connection.execute(pointed.values(canonical_id=canonical_id, joined_at=joined_at))
    state = State()
    load_people(connection, state, people)
    visits.write_recounted(connection, state, people)


def _write_identifiers(
    connection: sa.Connection, site_id: int, written: list[domain.IdentifierWritten | domain.IdentifierMoved], now: int
) -> None:
    """In the order of their names, as two collectors would wait for each other otherwise; of one name, from its first
    person to its last in this group: exactly one row, or it is somebody else's since we read it."""
    by_name: dict[tuple[str, str], list[domain.IdentifierWritten | domain.IdentifierMoved]] = {}
    for change in written:
        by_name.setdefault((change.identifier.kind, change.identifier.value), []).append(change)
    names = sorted(by_name)
    new = [by_name[name][0].identifier for name in names if isinstance(by_name[name][0], domain.IdentifierWritten)]
    insert_new(connection, tables.identifier, [
        {**{name: getattr(one, name) for name in one.__struct_fields__}, "site_id": site_id, "created_at": now} for one in new
    ])  # fmt: skip
    changed = ("person_id", "display", "strength")
    rows = [
        (site_id, *name, *driver_values(tables.identifier, changed, by_name[name][-1].identifier), _before(by_name[name][0]))
        for name in names
    ]
    if update_rows(connection, tables.identifier, ("site_id", "kind", "value"), changed, rows, "person_id = {0}") != len(rows):
        raise StateMoved


def _before(change: domain.IdentifierWritten | domain.IdentifierMoved) -> int:
    return change.before if isinstance(change, domain.IdentifierMoved) else change.identifier.person_id


def _remove_identifiers(connection: sa.Connection, site_id: int, removed: list[domain.IdentifierRemoved]) -> None:
    known = tables.identifier.c
    for one in (change.identifier for change in removed):
        here = sa.and_(known.site_id == site_id, known.kind == one.kind, known.value == one.value)
        gone = connection.execute(sa.delete(tables.identifier).where(here, known.person_id == one.person_id))
        if gone.rowcount != 1:
            raise StateMoved  # somebody else's since we read it
