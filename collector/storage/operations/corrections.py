"""Carry out corrections by hand, in one transaction each; a preview is the same, taken back."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import assert_never

import msgspec
import sqlalchemy as sa

from ...domain import corrections
from ...domain.applying import apply
from ...domain.changes import Change, PeopleMerged
from ...domain.corrections import Attach, Correction, Detach, LogOut, MergePeople, RemoveEmail, Unmerge
from ...domain.deciding import policy_of
from ...domain.identifiers import email_key
from ...domain.keys import new_id
from ...domain.sites import Site
from ...domain.streams import State
from .. import races
from ..commit_order import next_seq
from ..engine import Store
from ..reports.portraits import Portrait, portrait
from ..write.saving import save
from .concerned import Concerned, holders


class Moved(msgspec.Struct, frozen=True):
    """How one person looked before a correction and looks after it; None where there was or is no such person."""

    person_id: int
    before: Portrait | None
    after: Portrait | None


class Outcome(msgspec.Struct, frozen=True):
    """Outcome of a correction, done or only shown (`preview`). `merge_id` is set by a merge."""

    preview: bool
    people: list[Moved]
    merge_id: int | None = None


class _TakenBack(Exception):
    """Ends a preview: nothing of it is kept."""


def carry_out(store: Store, site: Site, correction: Correction, by: str, now: int, *, preview: bool = False) -> Outcome:
    """Carry a correction out, or say what it would do; `by` names who asked, `now` is in microseconds.

    Raises NotFound for what does not exist, Conflict when there is nothing to do, and Unavailable when it cannot be done now.
    """
    outcomes: list[Outcome] = []

    def once() -> None:
        with suppress(_TakenBack), store.write() as connection:
            outcomes.append(_apply(connection, site, correction, by, now, preview))
            if preview:
                raise _TakenBack

    races.carry_out(once, "nothing was changed")
    return outcomes[-1]


def _apply(connection: sa.Connection, site: Site, correction: Correction, by: str, now: int, preview: bool) -> Outcome:
    state = State()
    changes, people = _changes(Concerned(connection, site.site_id, state), site, correction, by, now)
    before = {person_id: portrait(connection, site.site_id, person_id) for person_id in _canonical(state, people)}
    for change in changes:
        apply(state, change)
    save(connection, site.site_id, changes, state, now, next_seq(connection, site.site_id))
    after = {person_id: portrait(connection, site.site_id, person_id) for person_id in _canonical(state, people)}
    moved = [Moved(person_id, before.get(person_id), after.get(person_id)) for person_id in sorted({*before, *after})]
    return Outcome(preview, moved, _merge_id(changes))


def _changes(concerned: Concerned, site: Site, correction: Correction, by: str, now: int) -> tuple[list[Change], set[int]]:
    """Load whom a correction is about; return its changes, and the people whom they touch."""
    state = concerned.state
    match correction:
        case Detach(anonymous_id):
            device = concerned.device(anonymous_id)
            return corrections.detach(device, now, by), holders(device)
        case Attach(anonymous_id, person_id):
            device = concerned.device(anonymous_id)
            concerned.people(person_id)
            touched = {person_id, *holders(device)}
            return corrections.attach(state, device, person_id, now, by, policy_of(site)), touched
        case MergePeople(source, target):
            concerned.people(source, target)
            return corrections.merge(state, source, target, now, by, partial(new_id, now)), {source, target}
        case Unmerge(merge_id):
            ends = concerned.ends(merge_id)
            return corrections.unmerge(state, merge_id, now, by), ends
        case RemoveEmail(person_id, email):
            concerned.identifiers(person_id)
            return corrections.remove_email(state, person_id, email_key(email) or email, now, by), {person_id}
        case LogOut(anonymous_id, at):
            return corrections.log_out(concerned.device(anonymous_id), at, by), set()
        case _:
            assert_never(correction)


def _canonical(state: State, people: set[int]) -> set[int]:
    return {state.canonical(person_id) for person_id in people}


def _merge_id(changes: list[Change]) -> int | None:
    return next((change.merge.merge_id for change in changes if isinstance(change, PeopleMerged)), None)
