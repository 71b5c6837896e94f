"""What people do to identity by hand, in one transaction each, with a preview that is the operation itself, taken back.

API, command line and console call these same functions. Every one raises NotFound for what does not exist and Conflict
when there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import msgspec
import sqlalchemy as sa

from ...domain import corrections
from ...domain.changes import Change, PeopleMerged, apply
from ...domain.deciding import policy_of
from ...domain.identifiers import email_key
from ...domain.keys import device_key, new_id
from ...domain.sites import Site
from ...domain.streams import Device, Kind, State
from ...errors import NotFound
from .. import tables
from ..commit_order import next_seq
from ..engine import Store
from ..faults import StateMoved
from ..races import carry_out
from ..reports.portraits import Portrait, portrait
from ..write.claimants import load_identifiers_of
from ..write.loading import load_devices, load_members, load_people
from ..write.saving import save


class Moved(msgspec.Struct, frozen=True):
    """How one person looked before an operation and looks after it; None where there was or is no such person."""

    person_id: int
    before: Portrait | None
    after: Portrait | None


class Outcome(msgspec.Struct, frozen=True):
    """What an operation did, or would do (`preview`). `merge_id` is set by a merge."""

    preview: bool
    people: list[Moved]
    merge_id: int | None = None


class _TakenBack(Exception):
    """Ends a preview: nothing of it is kept."""


Plan = Callable[[sa.Connection, State], tuple[list[Change], set[int]]]
"""Reads what it needs into the state; returns the changes, and the people whom they touch."""


def detach(store: Store, site: Site, anonymous_id: str, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Take a device from its person, for good. `by` names who asked; `now` in microseconds."""

    def plan(connection: sa.Connection, state: State) -> tuple[list[Change], set[int]]:
        device = _device(connection, site, anonymous_id, state)
        return corrections.detach(device, now, by), _holders(device)

    return _carry_out(store, site, plan, now, preview)


def attach(store: Store, site: Site, anonymous_id: str, person_id: int, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Give a device to a person, whoever has it now: carries out a refused merge."""

    def plan(connection: sa.Connection, state: State) -> tuple[list[Change], set[int]]:
        device = _device(connection, site, anonymous_id, state)
        _people(connection, site, state, person_id)
        return corrections.attach(state, device, person_id, now, by, policy_of(site)), {person_id, *_holders(device)}

    return _carry_out(store, site, plan, now, preview)


def merge(store: Store, site: Site, source: int, target: int, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Make two people one; `source` is shown as `target` until the merge is taken back."""

    def plan(connection: sa.Connection, state: State) -> tuple[list[Change], set[int]]:
        _people(connection, site, state, source, target)
        return corrections.merge(state, source, target, now, by, partial(new_id, now)), {source, target}

    return _carry_out(store, site, plan, now, preview)


def unmerge(store: Store, site: Site, merge_id: int, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Take one merge back: both people as if it had not been, with what each did in between."""

    def plan(connection: sa.Connection, state: State) -> tuple[list[Change], set[int]]:
        found = tables.person_merge.c
        row = connection.execute(
            sa.select(tables.person_merge).where(found.site_id == site.site_id, found.merge_id == merge_id)
        ).one_or_none()
        if row is None:
            raise NotFound("There is no merge with this id.")
        _people(connection, site, state, row.source_id, row.target_id)
        return corrections.unmerge(state, merge_id, now, by), {row.source_id, row.target_id}

    return _carry_out(store, site, plan, now, preview)


def remove_email(store: Store, site: Site, person_id: int, email: str, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Take an address from a person, who has to have another name."""

    def plan(connection: sa.Connection, state: State) -> tuple[list[Change], set[int]]:
        _people(connection, site, state, person_id)
        load_identifiers_of(connection, state, {state.canonical(person_id)})
        return corrections.remove_email(state, person_id, email_key(email) or email, now, by), {person_id}

    return _carry_out(store, site, plan, now, preview)


def log_out(store: Store, site: Site, anonymous_id: str, at: int, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Tell of a log-out that only the server knows: the device's epoch ends at `at` (rule R13)."""

    def plan(connection: sa.Connection, state: State) -> tuple[list[Change], set[int]]:
        return corrections.log_out(_device(connection, site, anonymous_id, state), at, by), set()

    return _carry_out(store, site, plan, now, preview)


def _device(connection: sa.Connection, site: Site, anonymous_id: str, state: State) -> Device:
    attempt = 0
    while True:
        key = device_key(site.site_id, anonymous_id, attempt)
        load_devices(connection, site.site_id, [key], state)
        device = state.devices.get(key)
        if device is None:
            raise NotFound("This anonymous id was never seen.")
        if device.owner == anonymous_id and not device.virtual:
            load_people(connection, state)
            load_members(connection, state, {state.canonical(person) for person in _owners(device)})
            return device
        attempt += 1


def _owners(device: Device) -> set[int]:
    return {stream.person_id for stream in device.streams if stream.person_id is not None}


def _holders(device: Device) -> set[int]:
    """The people who have its anonymous streams: those whom a detach or an attach changes."""
    return {stream.person_id for stream in device.streams if stream.kind == Kind.ANONYMOUS and stream.person_id is not None}


def _people(connection: sa.Connection, site: Site, state: State, *person_ids: int) -> None:
    """Read and lock the people, everyone who is merged with them, and their merges."""
    person = tables.person.c
    for person_id in sorted(person_ids):
        query = sa.select(person.canonical_id).where(person.site_id == site.site_id, person.person_id == person_id)
        canonical = connection.execute(query).scalar()
        if canonical is None:
            raise NotFound(f"There is no person {person_id}.")
    load_people(connection, state, person_ids)
    if not set(person_ids) <= state.people.keys():
        raise StateMoved  # deleted between the two reads
    load_members(connection, state, {state.canonical(person_id) for person_id in person_ids})


def _carry_out(store: Store, site: Site, plan: Plan, now: int, preview: bool) -> Outcome:
    outcome: list[Outcome] = []

    def once() -> None:
        with suppress(_TakenBack), store.write() as connection:
            outcome.append(_apply(connection, site, plan, now, preview))
            if preview:
                raise _TakenBack

    carry_out(once, "nothing was changed")
    return outcome[-1]


def _apply(connection: sa.Connection, site: Site, plan: Plan, now: int, preview: bool) -> Outcome:
    state = State()
    changes, people = plan(connection, state)
    before = {person_id: portrait(connection, site.site_id, person_id) for person_id in _canonical(state, people)}
    for change in changes:
        apply(state, change)
    save(connection, site.site_id, changes, state, now, next_seq(connection, site.site_id))
    after = {person_id: portrait(connection, site.site_id, person_id) for person_id in _canonical(state, people)}
    moved = [Moved(person_id, before.get(person_id), after.get(person_id)) for person_id in sorted({*before, *after})]
    return Outcome(preview, moved, _merge_id(changes))


def _canonical(state: State, people: set[int]) -> set[int]:
    return {state.canonical(person_id) for person_id in people}


def _merge_id(changes: list[Change]) -> int | None:
    return next((change.merge.merge_id for change in changes if isinstance(change, PeopleMerged)), None)
