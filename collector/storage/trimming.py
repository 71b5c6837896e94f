"""Trimming: inactive people are deleted, as each of them would be by hand, unless something protects them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.sites import Site
from ..errors import NotFound
from . import jobs
from .deletion import cut_off, find_doomed
from .engine import Store
from .reports.inactive import count_inactive
from .reports.people import people_after
from .reports.shapes import PersonRow

BY = "trim"
"""Whom the activity log names for the deletions."""
LOOKED_AT = 200
AT_ONCE = 10
"""People deleted in one transaction: some milliseconds in which ingest waits."""


class Trim(msgspec.Struct, frozen=True):
    """Which people go: not seen since `before` (microseconds), where asked unsubscribed, and not protected."""

    before: int
    unsubscribed: bool
    protected: tuple[str, ...]

    def takes(self, person: PersonRow) -> bool:
        seen = person.last_seen_at
        if (seen is not None and seen >= self.before) or (self.unsubscribed and person.unsubscribed_at is None):
            return False
        return not any(is_protected(person, one) for one in self.protected)


def is_protected(person: PersonRow, by: str) -> bool:
    """Say whether one entry of `Site.protected` holds for a person."""
    kind, _, name = by.partition(":")
    if kind == "account":
        return name in person.accounts if name else bool(person.accounts)
    if kind == "tag":
        return name in person.tags
    return name in person.fields and bool(person.fields[name].value)


def trim_of(site: Site, before: int, unsubscribed: bool) -> Trim:
    return Trim(before, unsubscribed, site.protected)


def start(store: Store, site: Site, trim: Trim, now: int) -> int:
    """Write the job that deletes them; return its number."""
    with store.write() as connection:
        total = count_inactive(connection, site.site_id, trim.before)
        plan = {"after": 0, "streams": [], **msgspec.to_builtins(trim)}
        return jobs.add(connection, site.site_id, "trimming", plan, total, now)


def preview(store: Store, site: Site, trim: Trim) -> Iterator[tuple[PersonRow, bool]]:
    """Give all who are inactive, and whether they would go."""
    after = 0
    while True:
        with store.read() as connection:
            rows = people_after(connection, site.site_id, after, LOOKED_AT, trim.before)
        if not rows:
            return
        after = rows[-1].person_id
        yield from ((row, trim.takes(row)) for row in rows)


def trimming_piece(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, int]:
    """Remove events of people who were cut off; when there are none, cut off the next ones. Counts people looked at."""
    if plan["streams"]:
        return 0, jobs.remove_some(connection, turn.site_id, plan["streams"])
    trim = msgspec.convert(plan, Trim)
    done = 0
    for row in people_after(connection, turn.site_id, plan["after"], AT_ONCE, trim.before):
        plan["after"], done = row.person_id, done + 1
        if trim.takes(row):
            plan["streams"] += _cut_off(connection, turn, trim, row.person_id)
    if not done:
        plan.clear()
    return done, 0


def _cut_off(connection: sa.Connection, turn: jobs.Turn, trim: Trim, person_id: int) -> list[int]:
    """Delete a person, unless something happened before it was locked; return the streams whose events are left."""
    try:
        doomed = find_doomed(connection, turn.site_id, person_id)
    except NotFound:  # deleted meanwhile
        return []
    return cut_off(connection, turn.site_id, doomed, turn.key, BY, turn.now) if trim.takes(doomed.shown) else []
