"""Claimant, as far as a claim has to know it: who was merged with it, what it holds, which accounts came along."""

from __future__ import annotations

import sqlalchemy as sa

from ...domain.events import Event
from ...domain.keys import device_key, excluded_key
from ...domain.streams import Device, Identifier, Kind, State
from .. import tables
from ..rows import STREAM_COLUMNS, to_identifier, to_stream
from .bulk import select_in
from .loading import device_owners, load_members, load_touched, said

Name = tuple[str, str]
"""Kind and value of an identifier."""


def load(connection: sa.Connection, site_id: int, events: list[Event], key: bytes) -> tuple[State, list[Event]]:
    """Read what these events of one site can touch: for those that may claim or merge also everything about the
    claimants, which for most is nothing. Return the events too, as `load_touched` does. `key` is that of the tombstones."""
    state, events = load_touched(connection, site_id, events, key)
    _load_users_streams(connection, site_id, events, state)
    claiming = [event for event in events if event.asserted.unproven is None and _may_claim(event)]
    if not all(_is_settled(event, state) for event in claiming):
        claimants = {state.canonical(found.person_id) for event in claiming for found in _named(event, state)}
        load_members(connection, state, claimants)
        if any(event.asserted.user_id is not None and event.asserted.addresses() for event in claiming):
            load_identifiers_of(connection, state, claimants)
        _load_accounts(connection, state, claiming)
    nonces = {event.asserted.handoff.nonce for event in events if event.asserted.handoff is not None}
    if nonces:
        used = tables.used_handoff.c
        state.used = set(
            connection.execute(sa.select(used.nonce).where(used.site_id == site_id, used.nonce.in_(sorted(nonces)))).scalars()
        )
    return state, events


def _named(event: Event, state: State) -> list[Identifier]:
    names = said(event)
    if event.type == "alias" and event.name is not None:
        names.append(("user", event.name))
    if event.asserted.link is not None:
        names.append((event.asserted.link.kind, event.asserted.link.value))
    found = (state.identifiers.get(name) for name in names)
    return [identifier for identifier in found if identifier is not None]


def _may_claim(event: Event) -> bool:
    asserted = event.asserted
    names_both = asserted.user_id is not None and bool(asserted.addresses())
    return event.type in ("identify", "alias") or asserted.link is not None or names_both


def _is_settled(event: Event, state: State) -> bool:
    """The usual identify, on every page: its names are known and one person's, who owns all that came along. It changes no
    owner; and if all of a group are such, none does."""
    names = said(event)
    people = {state.canonical(found.person_id) for found in _named(event, state)}
    if (
        event.type != "identify"
        or event.asserted.link is not None
        or len(_named(event, state)) < len(names)
        or len(people) != 1
    ):
        return False
    own = state.devices.get(event.device_id)
    others = [*event.asserted.anonymous_ids, *(own.joined if own else ())]
    devices = [own, *(state.devices.get(device_key(event.site_id, name)) for name in others)]
    return all(device is not None and _owner(device, event.time, state) in people for device in devices)


def _owner(device: Device, time: int, state: State) -> int | None:
    stream = device.find(Kind.ANONYMOUS, device.epoch_at(time))
    return None if stream is None or stream.person_id is None else state.canonical(stream.person_id)


def load_identifiers_of(connection: sa.Connection, state: State, claimants: set[int]) -> None:
    """Read all identifiers of these canonical people: whether a user and an address may be one person (R26)."""
    members = {person.person_id for person in state.people.values() if person.canonical_id in claimants}
    load_identifiers_of_people(connection, state, members)


def load_identifiers_of_people(connection: sa.Connection, state: State, people: set[int]) -> None:
    """Read all identifiers of these people themselves."""
    members = sorted(people)
    if members:
        for row in connection.execute(sa.select(tables.identifier).where(tables.identifier.c.person_id.in_(members))):
            state.identifiers.setdefault((row.kind, row.value), to_identifier(row))


def _load_accounts(connection: sa.Connection, state: State, claiming: list[Event]) -> None:
    owners = device_owners(claiming)
    devices = [device for device_id, device in state.devices.items() if device_id in owners or device.joined]
    streams = [stream.stream_id for device in devices for stream in device.streams if stream.kind == Kind.ANONYMOUS]
    if streams:
        member = tables.membership.c
        query = sa.select(member.stream_id, member.account_id, member.at).where(member.stream_id.in_(sorted(streams)))
        for stream_id, account_id, at in connection.execute(query):
            state.accounts.setdefault(stream_id, {})[account_id] = at


_OF_USERS = (
    f"SELECT {STREAM_COLUMNS} FROM stream "  # noqa: S608 - names of our own
    "WHERE site_id = {mark} AND (device_id, kind, epoch, user_person) IN ({keys})"
)


def _together(events: list[Event]) -> dict[Name, set[Name]]:
    """Return each name with those that the group's events name beside it, and beside those: an address may have become a
    user's, by an event before, when the next one that names it is decided."""
    found: dict[Name, set[Name]] = {}
    for event in events:
        names = {*said(event), *([("user", event.name)] if event.type == "alias" and event.name is not None else [])}
        beside = names.union(*(found.get(name, ()) for name in names))
        found.update(dict.fromkeys(beside, beside))
    return found


def _names_somebody(event: Event) -> bool:
    asserted = event.asserted
    return bool(asserted.user_id or asserted.email) or asserted.actor is not None or event.type == "alias"


def _load_users_streams(connection: sa.Connection, site_id: int, events: list[Event], state: State) -> None:
    """Read the asserted and excluded streams of those users only whom the events name: an anonymous id that a program
    sends for everybody has one for each of them."""
    keys: set[tuple[int, int, int, int]] = set()
    naming = [event for event in events if _names_somebody(event)]
    together = _together(naming)
    for event in naming:
        names = {one for name in said(event) for one in together[name]}
        found = [state.identifiers[name].person_id for name in names if name in state.identifiers]
        keys.update((event.device_id, int(Kind.ASSERTED), 0, person_id) for person_id in found)
        if event.asserted.user_id is not None or event.asserted.actor is not None:
            excluded = 0 if event.asserted.user_id is None else excluded_key(site_id, event.asserted.user_id)
            keys.add((event.device_id, int(Kind.EXCLUDED), 0, excluded))
    for row in select_in(connection, _OF_USERS, (site_id,), sorted(keys)):
        if row[10] in state.devices:  # not that of an anonymous id that was deleted
            state.devices[row[10]].streams.append(to_stream(row))
