"""Leads that join late: those that an account named before leads joined accounts (docs/identity.md, K13), as a job.

What accounts named is in the identity log, as refused merges (`email_taken`, once for a device, an account and an hour: what
else was named in that hour is in the events); and a user id that is an address names it (K18). All in the order of time, so
that a lead is the account's that named it first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...domain.changes import Change
from ...domain.deciding import Policy
from ...domain.events import HOUR, Proof
from ...domain.identifiers import email_key
from ...domain.keys import new_id
from ...domain.lead_joins import Joined, Naming, join
from ...domain.log import Op, Refusal
from ...domain.sites import Site
from ...domain.streams import Kind, State
from .. import tables
from ..commit_order import next_seq
from ..engine import Store
from ..reports.lookup import canonical_ids
from ..write.claimants import load_identifiers_of
from ..write.loading import load_members, load_people
from ..write.saving import save
from . import jobs

AT_ONCE = 20
"""Entries in one transaction: some milliseconds in which ingest waits."""

_log, _identifier, _event, _stream = (
    table.c for table in (tables.identity_log, tables.identifier, tables.event, tables.stream)
)


class Entry(NamedTuple):
    """An account that named an address: in the log (`log` is the row), or by its user id. Ordered by time."""

    at: int
    number: int
    account: int
    namings: tuple[Naming, ...]
    log: Any = None


BEGINNING = (-1, -1)


def start(store: Store, site: Site, now: int) -> int:
    """Write the job that joins what can be joined; return its number."""
    with store.write() as connection:
        total = sum(1 for _ in _entries(connection, site.site_id))
        return jobs.add(
            connection, site.site_id, "lead_joins", {"after": BEGINNING, "is_guarded": site.verify != "off"}, total, now
        )


def preview(store: Store, site: Site, now: int) -> list[Joined]:
    """Return what the job would do, and what it would leave with the reason; nothing is written, nobody is locked."""
    found: list[Joined] = []
    policy, state = Policy(is_guarded=site.verify != "off"), State()
    with store.read() as connection:
        for entry in _entries(connection, site.site_id):
            found += _decide(connection, site.site_id, entry, policy, now, state, is_locking=False)[1]
    return found


def _piece(connection: sa.Connection, turn: jobs.Turn, plan: jobs.Plan) -> tuple[int, int]:
    """Join the leads of the next entries. Counts entries."""
    policy = Policy(is_guarded=plan["is_guarded"])
    entries = _next(connection, turn.site_id, tuple(plan["after"]))
    for entry in entries:
        state = State()
        changes, _ = _decide(connection, turn.site_id, entry, policy, turn.now, state, is_locking=True)
        save(connection, turn.site_id, changes, state, turn.now, next_seq(connection, turn.site_id))
    if len(entries) < AT_ONCE:
        plan.clear()
    else:
        plan["after"] = entries[-1][:2]
    return len(entries), 0


def _entries(connection: sa.Connection, site_id: int) -> Iterator[Entry]:
    after: tuple[int, int] = BEGINNING
    while entries := _next(connection, site_id, after):
        yield from entries
        after = entries[-1][:2]


def _next(connection: sa.Connection, site_id: int, after: tuple[int, ...]) -> list[Entry]:
    """The next entries of both kinds, in the order of time."""
    both = [*_refused(connection, site_id, after), *_own_ids(connection, site_id, after)]
    return sorted(both, key=lambda entry: entry[:2])[:AT_ONCE]


def _after(at: sa.ColumnElement[int], number: sa.ColumnElement[int], after: tuple[int, ...]) -> sa.ColumnElement[bool]:
    return sa.or_(at > after[0], sa.and_(at == after[0], number > after[1]))


def _refused(connection: sa.Connection, site_id: int, after: tuple[int, ...]) -> Iterator[Entry]:
    query = sa.select(tables.identity_log).where(
        _log.site_id == site_id,
        _log.op == Op.MERGE_REFUSED,
        _log.person_id.is_not(None),
        _log.other_id.is_not(None),
        _after(_log.at, _log.log_id, after),
    )
    for row in connection.execute(query.order_by(_log.at, _log.log_id).limit(AT_ONCE)):
        address = email_key(row.detail.get("address", ""))
        naming = Naming(row.person_id, row.other_id, row.at, row.device_id, row.anonymous_id, address)
        is_of_address = row.detail.get("reason") == Refusal.EMAIL_TAKEN
        yield Entry(row.at, row.log_id, row.person_id, (naming,) if is_of_address else (), row if is_of_address else None)


def _own_ids(connection: sa.Connection, site_id: int, after: tuple[int, ...]) -> Iterator[Entry]:
    """Accounts whose user id is an address that somebody else has."""
    user, email = tables.identifier.alias(), tables.identifier.alias()
    at = sa.case((user.c.created_at > email.c.created_at, user.c.created_at), else_=email.c.created_at)
    query = (
        sa.select(user.c.person_id, email.c.person_id.label("lead"), email.c.value, user.c.strength, at.label("at"))
        .join_from(user, email, sa.and_(email.c.site_id == user.c.site_id, email.c.value == sa.func.lower(user.c.value)))
        .where(user.c.site_id == site_id, user.c.kind == "user", user.c.value.contains("@"), email.c.kind == "email")
        .where(email.c.person_id != user.c.person_id, _after(at, user.c.person_id, after))
    )
    for row in connection.execute(query.order_by(at, user.c.person_id).limit(AT_ONCE)):
        strength = max(row.strength, int(Proof.ASSERTED))
        naming = Naming(row.person_id, row.lead, row.at, address=row.value, strength=strength)
        yield Entry(row.at, row.person_id, row.person_id, (naming,))


def _decide(
    connection: sa.Connection, site_id: int, entry: Entry, policy: Policy, now: int, state: State, *, is_locking: bool
) -> tuple[list[Change], list[Joined]]:
    namings = {naming.lead: naming for naming in entry.namings} | {
        naming.lead: naming for naming in (_in_the_hour(connection, site_id, entry.log) if entry.log is not None else ())
    }
    known = canonical_ids(connection, site_id, {entry.account, *namings})
    left = [naming for lead, naming in namings.items() if {entry.account, lead} <= known.keys()]
    if not left:
        return [], []
    load_people(connection, state, {entry.account, *(naming.lead for naming in left)}, is_locking=is_locking)
    canonical = {state.canonical(one) for naming in left for one in (entry.account, naming.lead)}
    load_members(connection, state, canonical)
    load_identifiers_of(connection, state, canonical)
    return join(state, left, site_id, policy, partial(new_id, now))


def _in_the_hour(connection: sa.Connection, site_id: int, log: Any) -> Iterator[Naming]:
    """Every address of somebody else's that the account named on that device in the hour that the entry stands for."""
    hour = log.cause.rpartition(":")[2]
    if not hour.isdigit() or len(hour) > 9:
        return
    begin = int(hour) * HOUR
    identifies = sa.select(_event.properties, _event.received_at).join(tables.stream, _stream.stream_id == _event.stream_id)
    said = connection.execute(
        identifies.where(
            _stream.site_id == site_id,
            _stream.device_id == log.device_id,
            _stream.kind == int(Kind.ASSERTED),
            _stream.user_person == log.person_id,
            _event.type == "identify",
            _event.ts >= begin,
            _event.ts < begin + HOUR,
        ).order_by(_event.received_at)
    ).all()
    at: dict[str, int] = {}
    for properties, received_at in said:
        email = properties.get("email")
        key = email_key(email) if isinstance(email, str) else None
        if key is not None:
            at.setdefault(key, received_at)
    holders = sa.select(_identifier.value, _identifier.person_id).where(
        _identifier.site_id == site_id, _identifier.kind == "email", _identifier.value.in_(sorted(at))
    )
    for value, person_id in connection.execute(holders).all() if at else ():
        if person_id != log.person_id:
            yield Naming(log.person_id, person_id, at[value], log.device_id, log.anonymous_id, value)


KINDS = {"lead_joins": jobs.Kind(_piece)}
