"""Accounts, and who belongs to them: through the streams of people, so that it follows every claim, merge and undo."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.bounds import MOST_ACCOUNTS
from .. import tables
from . import cursors
from .columns import ASSERTED, person, stream
from .shapes import AccountRow, Field, Page

account, membership = tables.account.c, tables.membership.c

_OF_STREAM = sa.and_(
    stream.site_id == membership.site_id,
    stream.device_id == membership.device_id,
    stream.stream_id == membership.stream_id,
)
_REACHED = sa.or_(stream.kind == ASSERTED, stream.attributed_from.is_(None), membership.at >= stream.attributed_from)
"""Asserted, or said while anonymous within the reach of the claim."""


class Accounts(msgspec.Struct):
    """The accounts of a person, the newest first, MOST_ACCOUNTS at most; `unshown` are the others."""

    shown: list[str] = []
    unshown: int = 0


def accounts_of(connection: sa.Connection, of: dict[int, int]) -> defaultdict[int, Accounts]:
    """Return canonical person -> its accounts; `of` is person -> canonical person. Each stream keeps to a bound of its own,
    but a person may have many: what is read is bounded, too."""
    found: defaultdict[int, Accounts] = defaultdict(Accounts)
    newest = sa.func.max(membership.at)
    grouped = (
        sa.select(stream.person_id, membership.account_id, newest.label("at"))
        .select_from(tables.stream.join(tables.membership, _OF_STREAM))
        .where(stream.person_id.in_(sorted(of)), _REACHED)
        .group_by(stream.person_id, membership.account_id)
        .subquery()
    )
    one = grouped.c
    place = sa.func.row_number().over(partition_by=one.person_id, order_by=(one.at.desc(), one.account_id))
    total = sa.func.count().over(partition_by=one.person_id)
    placed = sa.select(*one, place.label("place"), total.label("total")).subquery().c
    query = (
        sa.select(placed.person_id, placed.account_id, placed.place, placed.total)
        .where(placed.place <= MOST_ACCOUNTS)
        .order_by(placed.at.desc(), placed.account_id)
    )
    for person_id, account_id, number, all_of_them in connection.execute(query) if of else ():
        accounts = found[of[person_id]]
        if number == 1:
            accounts.unshown += max(0, all_of_them - MOST_ACCOUNTS)
        if account_id in accounts.shown:
            continue
        if len(accounts.shown) < MOST_ACCOUNTS:
            accounts.shown.append(account_id)
        else:
            accounts.unshown += 1
    return found


def _storable(account_id: str) -> str:
    """PostgreSQL cannot even compare with NUL; no account has such a name, nor the empty one."""
    return "" if "\x00" in account_id else account_id


def people_in(site_id: int, account_id: str) -> sa.Select[Any]:
    """Select the canonical people who are members of an account."""
    account_id = _storable(account_id)
    joined = tables.membership.join(tables.stream, _OF_STREAM).join(tables.person, person.person_id == stream.person_id)
    return (
        sa.select(person.canonical_id)
        .select_from(joined)
        .where(membership.site_id == site_id, membership.account_id == account_id, _REACHED)
        .distinct()
    )


def find_accounts(
    connection: sa.Connection, site_id: int, *, account_id: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[AccountRow]:
    """Return accounts, newest activity first, or only the one named. Raises BadParameter for a wrong cursor."""
    query = sa.select(tables.account).where(account.site_id == site_id)
    if account_id is not None:
        query = query.where(account.account_id == _storable(account_id))
    after = cursors.decode(cursor, tuple[int, str])
    if after is not None:
        key = sa.tuple_(account.last_seen_at, account.account_id)
        query = query.where(key < sa.tuple_(*after, types=(sa.BigInteger(), sa.Text())))
    query = query.order_by(account.last_seen_at.desc(), account.account_id.desc()).limit(limit + 1)
    page = cursors.cut(connection.execute(query).all(), limit, lambda row: (row.last_seen_at, row.account_id))
    return Page([_account_row(connection, site_id, row) for row in page.rows], page.next)


def _account_row(connection: sa.Connection, site_id: int, row: Any) -> AccountRow:
    people = connection.execute(sa.select(sa.func.count()).select_from(people_in(site_id, row.account_id).subquery())).scalar()
    fields = {key: Field(value.get("v"), value["at"], value["by"], value["event"]) for key, value in row.fields.items()}
    return AccountRow(row.account_id, fields, people or 0, row.created_at, row.last_seen_at, row.left_out)
