"""Inactive people: those of whom nothing came for a while."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ...domain.events import DAY
from .. import tables
from .columns import person

INACTIVE_DAYS = 90
"""Days after which the console calls a person inactive, unless it is told another number."""

identifier = tables.identifier.c


class PeopleCount(msgspec.Struct, frozen=True):
    """How many people are identified (rule R32), and how many of those are inactive."""

    identified: int
    inactive: int

    @property
    def active(self) -> int:
        return self.identified - self.inactive


def seen_before(now: int, days: int) -> int:
    """Return the time (microseconds) before which somebody was seen last who is inactive for so many days."""
    return now - days * DAY


def is_inactive(before: int) -> sa.ColumnElement[bool]:
    """Say of a row of `person` whether nothing came since `before`; for whoever was only made, making is seeing."""
    return sa.func.coalesce(person.last_seen_at, person.created_at) < before


def count_people(connection: sa.Connection, site_id: int, before: int) -> PeopleCount:
    """Count the identified people, canonical ones with at least one identifier, and those not seen since `before`."""
    member = tables.person.alias()
    named = sa.select(member.c.canonical_id).join(tables.identifier, identifier.person_id == member.c.person_id)
    inactive = sa.func.sum(sa.case((is_inactive(before), 1), else_=0))
    query = sa.select(sa.func.count(), sa.func.coalesce(inactive, 0)).where(
        person.site_id == site_id,
        person.person_id == person.canonical_id,
        person.person_id.in_(named.where(identifier.site_id == site_id)),
    )
    return PeopleCount(*connection.execute(query).one())


def count_inactive(connection: sa.Connection, site_id: int, before: int) -> int:
    """Count everybody not seen since `before`."""
    query = sa.select(sa.func.count()).select_from(tables.person)
    canonical = person.person_id == person.canonical_id
    return connection.execute(query.where(person.site_id == site_id, canonical, is_inactive(before))).scalar_one()
