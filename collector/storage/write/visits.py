"""First, last and first identified visit of people: minima and maxima over event time (rule R18).

They only move outwards while events arrive; when a claim or a merge is taken back they are counted anew, from the ends of
each stream's index.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from ...domain.changes import Claim
from ...domain.people import see
from ...domain.streams import Kind, Merge, State
from .. import tables
from .bulk import select_in

_event, _stream, _person = tables.event.c, tables.stream.c, tables.person.c


_ENDS = (
    "SELECT v.column1, v.column2,"
    " (SELECT ts FROM event WHERE stream_id = v.column1 AND ts >= v.column2 ORDER BY ts LIMIT 1),"
    " (SELECT ts FROM event WHERE stream_id = v.column1 AND ts >= v.column2 ORDER BY ts DESC LIMIT 1) FROM ({keys}) AS v"
)
"""Two look-ups a stream, whatever it holds: min and max in one would read the whole stream on SQLite."""


def see_claimed(connection: sa.Connection, claims: list[Claim], state: State) -> None:
    """Take in the first and the last event that each claim brings."""
    reached = sorted({(claim.stream_id, claim.attributed_from) for claim in claims})
    ends = {(row[0], row[1]): (row[2], row[3]) for row in select_in(connection, _ENDS, (), reached)}
    for claim in claims:
        for time in ends[(claim.stream_id, claim.attributed_from)]:
            if time is not None:
                for person_id in {claim.person_id, state.canonical(claim.person_id)}:
                    see(state.people[person_id], time, identified=False)


def widen(state: State, merge: Merge) -> None:
    """The person merged into takes in the visits of the other; both are read already."""
    source, target = state.people[merge.source_id], state.people[state.canonical(merge.target_id)]
    for time in (source.first_seen_at, source.last_seen_at):
        if time is not None:
            see(target, time, identified=False)
    if source.first_identified_at is not None:
        see(target, source.first_identified_at, identified=True)


def recount(connection: sa.Connection, state: State, people: Iterable[int]) -> None:
    """Count the visits of these people, and of whoever they are now, anew from their streams."""
    for person_id in sorted(set(people) | {state.canonical(person_id) for person_id in people}):
        person = state.people[person_id]
        person.first_seen_at = person.last_seen_at = person.first_identified_at = None
        for first, last, is_asserted in _ends(connection, person_id, person.canonical_id == person_id):
            for time in (first, last):
                if time is not None:
                    see(person, time, identified=is_asserted)


def write_recounted(connection: sa.Connection, state: State, people: Iterable[int]) -> None:
    """Count the visits of these people anew, and write them."""
    wanted = set(people)
    recount(connection, state, wanted)
    for person_id in sorted(wanted | {state.canonical(person_id) for person_id in wanted}):
        person = state.people[person_id]
        seen = {name: getattr(person, name) for name in ("first_seen_at", "first_identified_at", "last_seen_at")}
        connection.execute(sa.update(tables.person).where(_person.person_id == person_id).values(seen))


def _ends(connection: sa.Connection, person_id: int, is_canonical: bool) -> list[tuple[int | None, int | None, bool]]:
    """First and last event of each stream of the person, with all its members when it is the canonical one."""
    of = {person_id}
    if is_canonical:
        of |= set(connection.execute(sa.select(_person.person_id).where(_person.canonical_id == person_id)).scalars())
    reached = sa.and_(
        _event.stream_id == _stream.stream_id,
        _event.ts >= sa.func.coalesce(_stream.attributed_from, -(2**62)),
    )
    first = sa.select(_event.ts).where(reached).order_by(_event.ts).limit(1).correlate(tables.stream).scalar_subquery()
    last = sa.select(_event.ts).where(reached).order_by(_event.ts.desc()).limit(1).correlate(tables.stream).scalar_subquery()
    query = sa.select(first, last, _stream.kind == int(Kind.ASSERTED)).where(_stream.person_id.in_(sorted(of)))
    return [(row[0], row[1], bool(row[2])) for row in connection.execute(query)]
