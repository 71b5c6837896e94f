"""Leads that join late: those that an account named before leads joined accounts (docs/identity.md, K13), as a job.

What accounts named is in the identity log, as refused merges (`email_taken`); and a user id that is an address names it (K18).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import sqlalchemy as sa

from ..domain.deciding import Policy
from ..domain.events import Proof
from ..domain.identifiers import email_key
from ..domain.keys import new_id
from ..domain.lead_joins import Joined, Naming, join
from ..domain.sites import Site
from ..domain.streams import State
from . import jobs, tables
from .claimants import load_identifiers_of
from .engine import Store
from .identity import save
from .loading import load_members, load_people
from .reports.lookup import canonical_ids

AT_ONCE = 20
"""Accounts in one transaction: some milliseconds in which ingest waits."""

_log, _identifier = tables.identity_log.c, tables.identifier.c


def start(store: Store, site: Site, now: int) -> int:
    """Write the job that joins what can be joined; return its number."""
    with store.write() as connection:
        plan = {"after": 0, "is_guarded": site.verify != "off"}
        return jobs.add(connection, site.site_id, "lead_joins", plan, sum(1 for _ in _accounts(connection, site.site_id)), now)


def preview(store: Store, site: Site, now: int) -> list[Joined]:
    """Return what the job would do, and what it would leave with the reason; nothing is written."""
    found: list[Joined] = []
    policy = Policy(is_guarded=site.verify != "off")
    with store.read() as connection:
        accounts = [*_accounts(connection, site.site_id)]
    for account in accounts:
        with store.read() as connection:  # one by one: what is read is locked on PostgreSQL
            found += _decide(connection, site.site_id, account, policy, now)[1]
    return found


def lead_joins_piece(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, int]:
    """Join the leads of the next accounts. Counts accounts."""
    policy = Policy(is_guarded=plan["is_guarded"])
    accounts = [one for one, _ in zip(_accounts(connection, turn.site_id, plan["after"]), range(AT_ONCE), strict=False)]
    for account in accounts:
        changes, _, state = _decide(connection, turn.site_id, account, policy, turn.now)
        save(connection, turn.site_id, changes, state, turn.now)
    if len(accounts) < AT_ONCE:
        plan.clear()
    else:
        plan["after"] = accounts[-1]
    return len(accounts), 0


def _accounts(connection: sa.Connection, site_id: int, after: int = 0) -> Iterator[int]:
    """Everybody who named an address that was somebody else's, in the order of their numbers."""
    refused = sa.select(_log.person_id).where(_log.site_id == site_id, _log.op == "merge_refused", _log.person_id > after)
    named = sa.select(_identifier.person_id).where(_is_address(site_id), _identifier.person_id > after)
    yield from connection.execute(sa.union(refused, named).order_by("person_id")).scalars()


def _is_address(site_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(_identifier.site_id == site_id, _identifier.kind == "user", _identifier.value.contains("@"))


def _decide(
    connection: sa.Connection, site_id: int, account: int, policy: Policy, now: int
) -> tuple[list[Any], list[Joined], State]:  # fmt: skip
    state = State()
    namings = [*_refused(connection, site_id, account), *_own_ids(connection, site_id, account)]
    people = {account, *(naming.lead for naming in namings)}
    known = canonical_ids(connection, site_id, people)
    namings = [naming for naming in namings if {account, naming.lead} <= known.keys()]
    if not namings:
        return [], [], state
    load_people(connection, state, {account, *(naming.lead for naming in namings)})
    canonical = {state.canonical(one) for naming in namings for one in (account, naming.lead)}
    load_members(connection, state, canonical)
    load_identifiers_of(connection, state, canonical)
    return *join(state, namings, site_id, policy, partial(new_id, now)), state


def _refused(connection: sa.Connection, site_id: int, account: int) -> Iterator[Naming]:
    query = sa.select(tables.identity_log).where(
        _log.site_id == site_id, _log.person_id == account, _log.op == "merge_refused", _log.other_id.is_not(None)
    )
    for row in connection.execute(query.order_by(_log.at)):
        if row.detail.get("reason") == "email_taken":
            address = email_key(row.detail.get("address", ""))
            yield Naming(account, row.other_id, row.at, row.device_id, row.anonymous_id, address)


def _own_ids(connection: sa.Connection, site_id: int, account: int) -> Iterator[Naming]:
    """The account's user ids that are addresses, where they are somebody's."""
    query = sa.select(tables.identifier).where(_is_address(site_id), _identifier.person_id == account)
    for row in connection.execute(query).all():
        address = email_key(row.value)
        lead = connection.execute(
            sa.select(tables.identifier).where(
                _identifier.site_id == site_id, _identifier.kind == "email", _identifier.value == address
            )
        ).one_or_none()
        if lead is not None:
            at, strength = max(row.created_at, lead.created_at), max(row.strength, int(Proof.ASSERTED))
            yield Naming(account, lead.person_id, at, address=address, strength=strength)
