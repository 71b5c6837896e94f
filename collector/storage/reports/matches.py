"""Possible matches: a lead that spoke in a browser whose anonymous part is an account's (rule K15).

Nobody can know that the two are one human, so nothing joins them by itself; both pages show it, with the merge that would.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from .. import tables
from .columns import ANONYMOUS, ASSERTED, device
from .identifiers import names
from .lookup import canonical_ids, members
from .shapes import Name, PossibleMatch

MOST = 20
_said, _held = tables.stream.alias("said"), tables.stream.alias("held")
_MET = (
    sa.select(_said.c.person_id, _held.c.person_id, device.owner)
    .join_from(
        _said,
        _held,
        sa.and_(_held.c.site_id == _said.c.site_id, _held.c.device_id == _said.c.device_id, _held.c.kind == ANONYMOUS),
    )
    .join(tables.device, sa.and_(device.site_id == _said.c.site_id, device.device_id == _said.c.device_id))
    .where(_said.c.kind == ASSERTED, device.virtual.is_(False))
    .order_by(device.owner)
    .distinct()
)
"""Lead or account that spoke in a browser, the owner of its anonymous part, and the browser."""


def possible_matches(
    connection: sa.Connection, site_id: int, person_id: int, anonymous_id: str | None = None
) -> list[PossibleMatch]:
    """Return the leads that may be this account, or the accounts that this lead may be, one line for each browser.

    Not those whose merge was taken back. `person_id` is a canonical person's; `anonymous_id` asks for one browser only.
    """
    own = members(connection, {person_id})
    is_account = bool(names(connection, own)[person_id].users)
    mine, theirs = (_held, _said) if is_account else (_said, _held)
    here = sa.true() if anonymous_id is None else device.owner == anonymous_id
    met = connection.execute(_MET.where(mine.c.person_id.in_(sorted(own)), theirs.c.person_id.not_in(sorted(own)), here)).all()
    others = [(row[0] if is_account else row[1], row[2]) for row in met]
    canonical = canonical_ids(connection, site_id, {other for other, _ in others})
    named = names(connection, members(connection, set(canonical.values())))
    apart = _separated(connection, set(own), canonical.values())
    found = dict.fromkeys(
        (canonical[other], owner)
        for other, owner in others
        if other in canonical and canonical[other] not in apart and bool(named[canonical[other]].users) != is_account
    )
    return [PossibleMatch(Name(other, named[other].label(other)), owner) for other, owner in [*found][:MOST]]


def _separated(connection: sa.Connection, own: set[int], others: Iterable[int]) -> set[int]:
    """Those of the others who were this person once, until somebody took it back."""
    merge = tables.person_merge.c
    of = members(connection, set(others))
    query = sa.select(merge.source_id, merge.target_id).where(
        merge.reversed_at.is_not(None),
        sa.or_(
            sa.and_(merge.source_id.in_(sorted(own)), merge.target_id.in_(sorted(of))),
            sa.and_(merge.target_id.in_(sorted(own)), merge.source_id.in_(sorted(of))),
        ),
    )
    return {of[one] for row in connection.execute(query) for one in row if one in of} if of else set()
