"""Profiles of people, put together when asked for: nothing has to be taken back when a merge is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from ...domain.people import Person
from ...domain.profile import Profile, profile
from ...domain.streams import Stream
from .. import tables
from ..rows import to_person, to_stream_of_row
from .columns import ANONYMOUS, person, stream

_NOTHING = "{}"


def profiles(connection: sa.Connection, site_id: int, canonical: Iterable[int]) -> dict[int, Profile]:
    """Return canonical person -> profile."""
    wanted = sorted(set(canonical))
    if not wanted:
        return {}
    members = _members(connection, wanted)
    streams = _streams(connection, {one.person_id: root for root, people in members.items() for one in people})
    historical = _historical(connection, site_id)
    return {root: profile(people, streams[root], historical) for root, people in members.items()}


def _members(connection: sa.Connection, canonical: list[int]) -> dict[int, list[Person]]:
    found: defaultdict[int, list[Person]] = defaultdict(list)
    order = (sa.func.coalesce(person.joined_at, 0), person.person_id)
    query = sa.select(tables.person).where(person.canonical_id.in_(canonical)).order_by(*order)
    for row in connection.execute(query):
        found[row.canonical_id].append(to_person(row))
    return found


def _streams(connection: sa.Connection, of: dict[int, int]) -> defaultdict[int, list[Stream]]:
    """The anonymous streams that can fill a field, and those where something was left out."""
    found: defaultdict[int, list[Stream]] = defaultdict(list)
    fills = sa.and_(stream.kind == ANONYMOUS, sa.cast(stream.fields, sa.Text) != _NOTHING)
    something = sa.or_(fills, sa.cast(stream.left_out, sa.Text) != _NOTHING)
    query = sa.select(tables.stream).where(stream.person_id.in_(sorted(of)), something)
    for row in connection.execute(query):
        found[of[row.person_id]].append(to_stream_of_row(row))
    return found


def _historical(connection: sa.Connection, site_id: int) -> list[str]:
    settings = connection.execute(sa.select(tables.site.c.settings).where(tables.site.c.site_id == site_id)).scalar()
    return list((settings or {}).get("historical_fields", ()))
