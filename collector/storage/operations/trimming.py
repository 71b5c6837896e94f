"""Trimming: inactive people are deleted, as each of them would be by hand, unless something protects them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from ...domain.log import By
from ...domain.sites import Site
from ...errors import NotFound
from ..engine import Store
from ..reports.inactive import count_inactive
from ..reports.people import people_after
from ..reports.shapes import PersonRow
from . import erasing, jobs
from .removal import begin, count_events, cut_off, find_doomed

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
        plan = {"after": 0, "steps": [], **msgspec.to_builtins(trim)}
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


def _piece(connection: sa.Connection, turn: jobs.Turn, plan: jobs.Plan) -> tuple[int, int]:
    """Remove what is left of people who were cut off; when nothing is, cut off the next ones. Counts people looked at."""
    if plan.get("streams"):
        erasing.adopt(connection, turn, plan, ["events"])
    if plan.get("steps"):
        removed = erasing.step(connection, turn, plan)
        if plan.get("is_last") and not plan["steps"]:
            plan.clear()
        return 0, removed
    trim = msgspec.convert(plan, Trim)
    done = going = 0
    for row in people_after(connection, turn.site_id, plan["after"], AT_ONCE, trim.before):
        plan["after"], done = row.person_id, done + 1
        going += trim.takes(row) and _begin(connection, turn, trim, row.person_id)
    if going:
        is_gone = cut_off(connection, turn)
        plan["steps"] = ["log", "events"] if is_gone else ["devices", "log", "events"]
    elif not done:
        plan.update(steps=erasing.FINAL, is_last=True)
    return done, 0


def _begin(connection: sa.Connection, turn: jobs.Turn, trim: Trim, person_id: int) -> bool:
    """Begin to delete a person, unless something happened before it was locked."""
    try:
        doomed = find_doomed(connection, turn.site_id, person_id)
    except NotFound:  # deleted meanwhile
        return False
    if not trim.takes(doomed.shown):
        return False
    begin(connection, turn, doomed.shown.person_id, doomed.people, By.TRIM, count_events(connection, doomed.people))
    return True


KINDS = {"trimming": jobs.Kind(_piece, erasing.look)}
