"""People: find them, one person, and the anonymous ids that became theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from ...domain.bounds import add_up, counted
from ...domain.identifiers import email_key
from ...domain.profile import Profile
from .. import tables
from . import cursors
from .accounts import Accounts, accounts_of, people_in
from .columns import ANONYMOUS, device, event, person, stream
from .identifiers import Names, names, names_in_short
from .inactive import is_inactive
from .lookup import canonical_ids, find_device, members
from .profiles import profiles
from .shapes import Field, Identity, MergeRow, Name, Page, PersonRow

identifier = tables.identifier.c

CANONICAL = person.person_id == person.canonical_id


def find_people(
    connection: sa.Connection,
    site_id: int,
    *,
    email: str | None = None,
    user_id: str | None = None,
    anonymous_id: str | None = None,
    account_id: str | None = None,
    seen_before: int | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[PersonRow]:
    """Return the people who carry all the names given (or belong to the account), or everyone, newest seen first.

    An anonymous id names the person it was merged into. `seen_before` (microseconds) leaves out who did something since.
    Raises BadParameter for a cursor of another list.
    """
    wanted = _named(connection, site_id, email, user_id, anonymous_id)
    query = sa.select(tables.person).where(person.site_id == site_id, CANONICAL)
    if wanted is not None:
        query = query.where(person.person_id.in_(sorted(wanted)))
    if account_id is not None:
        query = query.where(person.person_id.in_(people_in(site_id, account_id)))
    if seen_before is not None:
        query = query.where(is_inactive(seen_before))
    after = cursors.decode(cursor, tuple[int | None, int])
    if after is not None:
        query = query.where(_older(*after))
    query = query.order_by(person.last_seen_at.desc().nulls_last(), person.person_id.desc()).limit(limit + 1)
    page = cursors.cut(connection.execute(query).all(), limit, lambda row: (row.last_seen_at, row.person_id))
    return Page(_with_names(connection, site_id, page.rows), page.next)


def _older(last_seen_at: int | None, person_id: int) -> sa.ColumnElement[bool]:
    if last_seen_at is None:
        return person.last_seen_at.is_(None) & (person.person_id < person_id)
    same_time = (person.last_seen_at == last_seen_at) & (person.person_id < person_id)
    return sa.or_(person.last_seen_at < last_seen_at, same_time, person.last_seen_at.is_(None))


def _named(
    connection: sa.Connection, site_id: int, email: str | None, user_id: str | None, anonymous_id: str | None
) -> set[int] | None:
    """The canonical people who carry every name given; None when no name was given."""
    found: list[set[int]] = []
    if email is not None:
        found.append(_by_identifier(connection, site_id, "email", email_key(email)))
    if user_id is not None:
        found.append(_by_identifier(connection, site_id, "user", user_id))
    if anonymous_id is not None:
        found.append(_by_anonymous_id(connection, site_id, anonymous_id))
    return set.intersection(*found) if found else None


def _by_identifier(connection: sa.Connection, site_id: int, kind: str, value: str | None) -> set[int]:
    if value is None or "\x00" in value:
        return set()
    rows = connection.execute(
        sa.select(person.canonical_id)
        .join(tables.identifier, identifier.person_id == person.person_id)
        .where(identifier.site_id == site_id, identifier.kind == kind, identifier.value == value)
    )
    return set(rows.scalars())


def _by_anonymous_id(connection: sa.Connection, site_id: int, anonymous_id: str) -> set[int]:
    found = find_device(connection, site_id, anonymous_id)
    if found is None:
        return set()
    rows = connection.execute(
        sa.select(person.canonical_id)
        .join(tables.stream, stream.person_id == person.person_id)
        .where(stream.site_id == site_id, stream.device_id == found.device_id, stream.kind == ANONYMOUS)
    )
    return set(rows.scalars())


def get_person(connection: sa.Connection, site_id: int, person_id: int) -> PersonRow | None:
    """Return one person; someone merged away is answered with whom they were merged into. None if unknown."""
    canonical = canonical_ids(connection, site_id, {person_id}).get(person_id)
    row = connection.execute(sa.select(tables.person).where(person.person_id == canonical)).one_or_none()
    return next(iter(_with_names(connection, site_id, [row] if row else [])), None)


def people_after(
    connection: sa.Connection, site_id: int, after: int, limit: int, seen_before: int | None = None
) -> list[PersonRow]:
    """Return the next `limit` people in the order of their numbers, for the export and for jobs; `seen_before` as above."""
    query = sa.select(tables.person).where(person.site_id == site_id, CANONICAL, person.person_id > after)
    if seen_before is not None:
        query = query.where(is_inactive(seen_before))
    return _with_names(connection, site_id, connection.execute(query.order_by(person.person_id).limit(limit)).all())


def merges_of(connection: sa.Connection, site_id: int, person_id: int) -> list[MergeRow]:
    """Return every merge that this person and whoever it is now were part of, newest first, also those taken back."""
    canonical = canonical_ids(connection, site_id, {person_id}).get(person_id, person_id)
    merge, of = tables.person_merge.c, sorted({person_id, *members(connection, {canonical})})
    query = (
        sa.select(tables.person_merge)
        .where(merge.site_id == site_id, sa.or_(merge.source_id.in_(of), merge.target_id.in_(of)))
        .order_by(merge.at.desc(), merge.merge_id.desc())
    )
    rows = connection.execute(query).all()
    own = own_names(connection, {who for row in rows for who in (row.source_id, row.target_id)})
    return [
        MergeRow(
            merge_id=row.merge_id,
            source_id=row.source_id,
            target_id=row.target_id,
            source=own[row.source_id].label,
            at=row.at,
            by=row.by,
            reversed_at=row.reversed_at,
            target=own[row.target_id].label,
        )
        for row in rows
    ]


def names_of(connection: sa.Connection, site_id: int, person_ids: Iterable[int | None]) -> dict[int, Name]:
    """Return person id -> the canonical person's number and label, for the lines of a list."""
    canonical = canonical_ids(connection, site_id, {found for found in person_ids if found is not None})
    found = names(connection, members(connection, set(canonical.values())))
    return {asked: Name(one, found[one].label(one)) for asked, one in canonical.items()}


def own_names(connection: sa.Connection, person_ids: set[int]) -> dict[int, Name]:
    """Return person -> what it is called by its own identifiers, whoever it stands for now."""
    return names_in_short(connection, {one: one for one in person_ids})


def identities(connection: sa.Connection, site_id: int, person_id: int) -> list[Identity]:
    """Return every anonymous id that became this person's, newest merge first, with its events counted."""
    of = members(connection, {person_id})
    counted = sa.and_(
        event.stream_id == stream.stream_id,
        sa.or_(stream.attributed_from.is_(None), event.ts >= stream.attributed_from),
    )
    query = (
        sa.select(
            device.owner,
            stream.claimed_at,
            stream.attributed_from,
            stream.strength,
            sa.select(sa.func.count()).where(counted).correlate(tables.stream).scalar_subquery(),
        )
        .join(tables.stream, sa.and_(stream.site_id == device.site_id, stream.device_id == device.device_id))
        .where(stream.site_id == site_id, stream.kind == ANONYMOUS, stream.person_id.in_(sorted(of)))
        .where(device.virtual.is_(False))
        .order_by(sa.func.coalesce(stream.claimed_at, 0).desc(), device.owner)
    )
    return [Identity(*row) for row in connection.execute(query)]


def _with_names(connection: sa.Connection, site_id: int, rows: Sequence[sa.Row[Any]]) -> list[PersonRow]:
    """Return the people with their names; leave out one deleted between two of these queries (PostgreSQL: a snapshot each)."""
    of = members(connection, {row.person_id for row in rows})
    identifiers = names(connection, of)
    anonymous_ids = _anonymous_ids(connection, of)
    accounts = accounts_of(connection, of)
    looks = profiles(connection, site_id, (row.person_id for row in rows))
    return [
        _person_row(
            row, identifiers[row.person_id], anonymous_ids[row.person_id], accounts[row.person_id], looks[row.person_id]
        )
        for row in rows
        if row.person_id in looks
    ]


def _anonymous_ids(connection: sa.Connection, of: dict[int, int]) -> defaultdict[int, list[str]]:
    """Canonical person -> the anonymous ids whose anonymous stream is theirs, oldest claim first."""
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    query = (
        sa.select(stream.person_id, device.owner)
        .join(tables.device, sa.and_(device.site_id == stream.site_id, device.device_id == stream.device_id))
        .where(stream.person_id.in_(sorted(of)), stream.kind == ANONYMOUS, device.virtual.is_(False))
        .order_by(sa.func.coalesce(stream.claimed_at, 0), device.owner)
    )
    for person_id, owner in connection.execute(query) if of else ():
        found[of[person_id]][owner] = None
    return defaultdict(list, {canonical: list(owners) for canonical, owners in found.items()})


def _person_row(
    row: sa.Row[Any], identifiers: Names, anonymous_ids: list[str], accounts: Accounts, looks: Profile
) -> PersonRow:
    return PersonRow(
        person_id=row.person_id,
        label=identifiers.label(row.person_id),
        user_ids=list(identifiers.users),
        emails=list(identifiers.emails),
        anonymous_ids=anonymous_ids,
        accounts=accounts.shown,
        fields={key: Field(value.v, value.at, value.by, value.event) for key, value in sorted(looks.fields.items())},
        tags=sorted(tag for tag, state in looks.tags.items() if state.on),
        unsubscribed_at=looks.unsubscribed_at,
        first_seen_at=row.first_seen_at,
        first_identified_at=row.first_identified_at,
        last_seen_at=row.last_seen_at,
        left_out=add_up((looks.left_out, counted(("accounts", accounts.unshown)))),
    )
