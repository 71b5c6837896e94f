"""Identity from memory into tables: write what was decided; a claim is a compare-and-set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain import changes as domain
from ..domain.keys import new_id
from ..domain.people import Person
from ..domain.streams import State
from . import accounts, tables, visits
from .bulk import insert_rows
from .loading import StateMoved
from .upsert import insert_new


def save(connection: sa.Connection, site_id: int, changes: Iterable[domain.Change], state: State, now: int) -> None:
    """Write the changes of one group of events of one site; its events must be inserted already.

    Raises StateMoved when a claim or a new identifier lost a race against another collector.
    """
    sorted_out: dict[type, list[Any]] = {}
    named: list[domain.IdentifierWritten | domain.IdentifierMoved] = []
    for change in changes:
        if isinstance(change, domain.IdentifierWritten | domain.IdentifierMoved):
            named.append(change)
        sorted_out.setdefault(type(change), []).append(change)

    def of(kind: type) -> list[Any]:
        return sorted_out.get(kind, [])

    new_streams = {change.stream.stream_id for change in of(domain.StreamAdded)}
    new_people = {change.person.person_id for change in of(domain.PersonAdded)}
    _insert_devices(connection, site_id, of(domain.DeviceAdded), now)
    _insert_streams(connection, site_id, of(domain.StreamAdded))
    _update_claims(connection, site_id, [*of(domain.Claim), *of(domain.Detached)], new_streams)
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
    _update_people(connection, site_id, _touched(sorted_out, state) - (set() if lost else new_people), state)
    _write_identifiers(connection, site_id, named, now)
    _remove_identifiers(connection, site_id, of(domain.IdentifierRemoved))
    accounts.write(connection, site_id, of(domain.MembershipWritten), now)
    insert_new(connection, tables.used_handoff, [{"site_id": site_id, "nonce": used.nonce, "at": used.at}
                                                 for used in of(domain.HandoffUsed)])  # fmt: skip
    _insert_log(connection, site_id, of(domain.Logged), now)


def _insert_devices(connection: sa.Connection, site_id: int, added: list[domain.DeviceAdded], now: int) -> None:
    rows = [
        (
            site_id, device.device_id, device.owner, device.virtual, device.contested_from, now,
            msgspec.json.encode(device.boundaries).decode(), msgspec.json.encode(device.joined).decode(),
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


_stream = tables.stream.c

_SET_OWNER = (
    sa.update(tables.stream)
    .where(
        _stream.site_id == sa.bindparam("b_site_id"),
        _stream.device_id == sa.bindparam("b_device_id"),
        _stream.stream_id == sa.bindparam("b_stream_id"),
        sa.or_(_stream.claimable.is_(True), sa.bindparam("b_by_hand", type_=sa.Boolean())),
        _stream.person_id.is_not_distinct_from(sa.bindparam("b_before", type_=sa.BigInteger())),
    )
    .values(
        person_id=sa.bindparam("b_person_id"),
        strength=sa.bindparam("b_strength"),
        claimed_at=sa.bindparam("b_claimed_at"),
        attributed_from=sa.bindparam("b_attributed_from"),
        claimable=sa.bindparam("b_claimable"),
    )
)
_NOBODY: dict[str, Any] = {
    "b_person_id": None, "b_strength": 0, "b_claimed_at": None, "b_attributed_from": None, "b_by_hand": True,
    "b_claimable": False,
}  # fmt: skip


def _update_claims(
    connection: sa.Connection, site_id: int, moved: list[domain.Claim | domain.Detached], new_streams: set[int]
) -> None:
    """The compare-and-set: exactly one row, or somebody else was faster. A stream of this very group was inserted as it
    ended up."""
    for change in moved:
        if change.stream_id not in new_streams:
            said = {f"b_{name}": getattr(change, name) for name in change.__struct_fields__}
            rest = {"b_claimable": True} if isinstance(change, domain.Claim) else _NOBODY
            if connection.execute(_SET_OWNER, {**said, **rest, "b_site_id": site_id}).rowcount != 1:
                raise StateMoved


def _see_moved(connection: sa.Connection, changes: dict[type, list[Any]], state: State) -> None:
    """Visits take in what a claim or a merge brought, as far back as it reaches (rule R18)."""
    for claim in changes.get(domain.Claim, ()):
        visits.see_claimed(connection, claim, state)
    for merged in changes.get(domain.PeopleMerged, ()):
        visits.widen(state, merged.merge)


def _losers(changes: dict[type, list[Any]], state: State) -> set[int]:
    """People from whom something was taken away; their visits have to be counted anew."""
    lost = {detached.before for detached in changes.get(domain.Detached, ())}
    for claim in changes.get(domain.Claim, ()):
        if claim.before is not None and state.canonical(claim.before) != state.canonical(claim.person_id):
            lost |= {claim.before}
    for unmerged in changes.get(domain.PeopleUnmerged, ()):
        merge = state.merges[unmerged.merge_id]
        lost |= {merge.source_id, merge.target_id}
    return lost


def _update_devices(connection: sa.Connection, site_id: int, changes: dict[type, list[Any]], state: State) -> None:
    kinds = (domain.Contested, domain.EpochOpened, domain.Joined)
    touched = {change.device_id for kind in kinds for change in changes.get(kind, ())}
    for device_id in sorted(touched):
        device = state.devices[device_id]
        connection.execute(
            sa.update(tables.device)
            .where(tables.device.c.site_id == site_id, tables.device.c.device_id == device_id)
            .values(contested_from=device.contested_from, boundaries=device.boundaries, joined=device.joined)
        )


def _update_streams(connection: sa.Connection, site_id: int, changes: dict[type, list[Any]], state: State) -> None:
    """Fields that an anonymous stream was told; better proofs of who speaks; whether somebody acts for the user."""
    kinds = (domain.StreamFieldsWritten, domain.StreamProven, domain.Impersonated)
    touched = {(change.device_id, change.stream_id) for kind in kinds for change in changes.get(kind, ())}
    for device_id, stream_id in sorted(touched):
        found = next(stream for stream in state.devices[device_id].streams if stream.stream_id == stream_id)
        connection.execute(
            sa.update(tables.stream)
            .where(_stream.site_id == site_id, _stream.device_id == device_id, _stream.stream_id == stream_id)
            .values(fields=found.fields, strength=int(found.strength), claimable=found.claimable, left_out=found.left_out)
        )


def _insert_people(connection: sa.Connection, site_id: int, new_people: set[int], state: State) -> None:
    rows = [_person_row(state.people[person_id], site_id) for person_id in sorted(new_people)]
    if rows:
        connection.execute(tables.person.insert(), rows)


def _update_people(connection: sa.Connection, site_id: int, touched: set[int], state: State) -> None:
    """Write everyone once, however many events touched them."""
    for person_id in sorted(touched):
        row = _person_row(state.people[person_id], site_id)
        written = connection.execute(sa.update(tables.person).where(tables.person.c.person_id == person_id).values(row))
        if written.rowcount != 1:
            raise StateMoved  # deleted since we read it


def _touched(changes: dict[type, list[Any]], state: State) -> set[int]:
    """People whose rows change; a merged person and the one who stands for it both carry the visits."""
    own = {change.person_id for change in changes.get(domain.PersonWritten, ())}
    own |= {change.person_id for change in changes.get(domain.Claim, ())}
    own |= {change.before for kind in (domain.Claim, domain.Detached) for change in changes.get(kind, ()) if change.before}
    for change in changes.get(domain.IdentifierRemoved, ()):
        own |= {person.person_id for person in state.members(change.identifier.person_id)}
    for kind in (domain.PeopleMerged, domain.PeopleUnmerged):
        for change in changes.get(kind, ()):
            merge = change.merge if kind is domain.PeopleMerged else state.merges[change.merge_id]
            own |= {person.person_id for end in (merge.source_id, merge.target_id) for person in state.members(end)}
    return own | {state.canonical(person_id) for person_id in own}


def _person_row(person: Person, site_id: int) -> dict[str, Any]:
    return {**{name: getattr(person, name) for name in person.__struct_fields__}, "site_id": site_id}


def _write_merges(connection: sa.Connection, site_id: int, changes: dict[type, list[Any]], state: State) -> None:
    merge = tables.person_merge.c
    for made in changes.get(domain.PeopleMerged, ()):
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
    for taken_back in changes.get(domain.PeopleUnmerged, ()):
        connection.execute(
            sa.update(tables.person_merge)
            .where(merge.site_id == site_id, merge.merge_id == taken_back.merge_id)
            .values(reversed_at=taken_back.at)
        )
        undone = state.merges[taken_back.merge_id]
        for one in (*state.members(undone.source_id), *state.members(undone.target_id)):
            _point(connection, one)


def _point(connection: sa.Connection, person: Person) -> None:
    """Whom a person stands for, before its visits are counted anew with those of everyone who is the same."""
    connection.execute(
        sa.update(tables.person)
        .where(tables.person.c.person_id == person.person_id)
        .values(canonical_id=person.canonical_id, joined_at=person.joined_at)
    )


def _write_identifiers(
    connection: sa.Connection, site_id: int, written: list[domain.IdentifierWritten | domain.IdentifierMoved], now: int
) -> None:
    """In the order of their names, as two collectors would wait for each other otherwise; of one name, as it was decided."""
    for change in sorted(written, key=lambda change: (change.identifier.kind, change.identifier.value)):
        one = change.identifier
        row = {name: getattr(one, name) for name in one.__struct_fields__}
        if isinstance(change, domain.IdentifierWritten):
            insert_new(connection, tables.identifier, [{**row, "site_id": site_id, "created_at": now}])
        before = change.before if isinstance(change, domain.IdentifierMoved) else one.person_id
        known = tables.identifier.c
        said = connection.execute(
            sa.update(tables.identifier)
            .where(known.site_id == site_id, known.kind == one.kind, known.value == one.value, known.person_id == before)
            .values(person_id=one.person_id, display=one.display, strength=int(one.strength))
        )
        if said.rowcount != 1:
            raise StateMoved  # somebody else's since we read it


def _remove_identifiers(connection: sa.Connection, site_id: int, removed: list[domain.IdentifierRemoved]) -> None:
    known = tables.identifier.c
    for one in (change.identifier for change in removed):
        here = sa.and_(known.site_id == site_id, known.kind == one.kind, known.value == one.value)
        gone = connection.execute(sa.delete(tables.identifier).where(here, known.person_id == one.person_id))
        if gone.rowcount != 1:
            raise StateMoved  # somebody else's since we read it


def _insert_log(connection: sa.Connection, site_id: int, logged: list[domain.Logged], now: int) -> None:
    rows = [
        {
            **{name: getattr(entry, name) for name in entry.__struct_fields__},
            "site_id": site_id,
            "at": now,
            "log_id": new_id(now),
        }
        for entry in logged
    ]
    insert_new(connection, tables.identity_log, rows)
