"""A person as one looks at it before and after an operation: who it is, what it holds, how much is its own."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from .. import tables
from .columns import ATTRIBUTED, event, stream
from .lookup import members
from .people import get_person
from .shapes import PersonRow


class Portrait(msgspec.Struct, frozen=True):
    """`events` counts what is on the timeline, `anonymous_events` those of them from before anybody knew them."""

    person: PersonRow
    events: int
    anonymous_events: int


def portrait(connection: sa.Connection, site_id: int, person_id: int) -> Portrait | None:
    """Return the person as it is now; None when the number stands for somebody else now, or for nobody."""
    row = get_person(connection, site_id, person_id)
    if row is None or row.person_id != person_id:
        return None
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((stream.kind == 0, 1), else_=0)), 0))
    query: sa.Select[Any] = counted.select_from(tables.stream.join(tables.event, event.stream_id == stream.stream_id)).where(
        stream.person_id.in_(sorted(members(connection, {person_id}))), ATTRIBUTED
    )
    events, anonymous = connection.execute(query).one()
    return Portrait(row, int(events), int(anonymous))
