"""Identifiers of people and what they are called by them: the address that counts first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.people import Said, best_address
from .. import tables
from .shapes import Name

identifier = tables.identifier.c
person = tables.person.c


class Names(msgspec.Struct, frozen=True):
    """A person's identifiers as they were written, oldest first; of the addresses the one first that is its `email` (K17)."""

    users: Sequence[str] = ()
    emails: Sequence[str] = ()

    def label(self, person_id: int) -> str:
        """Return the person's label: its email, else the first user id, else the number."""
        return [*self.emails, *self.users, f"Person {person_id}"][0]


def names(connection: sa.Connection, of: dict[int, int]) -> defaultdict[int, Names]:
    """Return person -> its identifiers, for everyone in `of`: member -> the person that it is taken for."""
    users: defaultdict[int, list[str]] = defaultdict(list)
    emails: defaultdict[int, dict[str, str]] = defaultdict(dict)
    query = (
        sa.select(identifier.person_id, identifier.kind, identifier.value, identifier.display)
        .where(identifier.person_id.in_(sorted(of)))
        .order_by(identifier.created_at, identifier.kind, identifier.value)
    )
    for member, kind, value, display in connection.execute(query) if of else ():
        if kind == "email":
            emails[of[member]][value] = display
        else:
            users[of[member]].append(display)
    said = _said(connection, of, (one for one, found in emails.items() if len(found) > 1))
    found: defaultdict[int, Names] = defaultdict(Names)
    for one in users.keys() | emails.keys():
        best = best_address(said[one], emails[one])
        ordered = [display for _, display in sorted(emails[one].items(), key=lambda known: known[0] != best)]
        found[one] = Names(users[one], ordered)
    return found


def names_in_short(connection: sa.Connection, of: dict[int, int]) -> dict[int, Name]:
    """Return member -> whom it is taken for, and what that one is called."""
    found = names(connection, of)
    return {asked: Name(one, found[one].label(one)) for asked, one in of.items()}


def _said(connection: sa.Connection, of: dict[int, int], people: Iterable[int]) -> defaultdict[int, list[dict[str, Said]]]:
    """Addresses as everyone said them who is one of these people."""
    wanted = set(people)
    members = sorted(member for member, one in of.items() if one in wanted)
    found: defaultdict[int, list[dict[str, Said]]] = defaultdict(list)
    query = sa.select(person.person_id, person.addresses).where(person.person_id.in_(members))
    rows: Sequence[Any] = connection.execute(query).all() if members else ()
    for member, addresses in rows:
        found[of[member]].append(msgspec.convert(addresses, dict[str, Said]))
    return found
