"""People: the list with its search, and one person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ....domain.asked import number
from ....errors import NotFound
from ....storage import reports
from ....storage.reports.refusals import MergeEnds, merge_ends
from ..shell.dependencies import SettingsDependency, StoreDependency, ViewDependency

NO_SUCH_PERSON = "There is no person with this number."


class Device(msgspec.Struct, frozen=True):
    """An anonymous id that became a person's, with all its claims: one, unless it was logged out or is a kiosk."""

    anonymous_id: str
    claims: list[reports.Identity]

    @property
    def events(self) -> int:
        return sum(claim.events for claim in self.claims)


class MergeLine(msgspec.Struct, frozen=True):
    """A merge of two people as the page of one of them shows it."""

    row: reports.MergeRow
    ends: MergeEnds


@get("/people", sync_to_thread=True)
def people(
    view: ViewDependency,
    store: StoreDependency,
    settings: SettingsDependency,
    q: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    inactive: FromQuery[str | None] = None,
    notice: FromQuery[str | None] = None,
) -> Response[Any]:
    site_id, before = view.site.site_id, reports.seen_before(settings.clock(), reports.INACTIVE_DAYS)
    wanted = (q or "").strip()
    with store.read() as connection:
        count = reports.count_people(connection, site_id, before)
        visitor = reports.get_visitor(connection, site_id, wanted) if wanted else None
        if wanted:
            page = find(connection, site_id, wanted)
        else:
            page = reports.find_people(connection, site_id, seen_before=before if inactive else None, cursor=cursor)
        span = reports.received_span(connection, site_id)
    part = "rows" if cursor else None
    return view.page(
        "people.html",
        part,
        page=page,
        count=count,
        days=reports.INACTIVE_DAYS,
        q=wanted,
        inactive=bool(inactive),
        visitor=visitor,
        span=span,
        cursor=cursor,
        notice=notice,
    )


def find(connection: sa.Connection, site_id: int, wanted: str) -> reports.Page[reports.PersonRow]:
    """Everyone whose email, user id, anonymous id or number is exactly this."""
    found: dict[int, reports.PersonRow] = {}
    for named in (
        reports.find_people(connection, site_id, email=wanted),
        reports.find_people(connection, site_id, user_id=wanted),
        reports.find_people(connection, site_id, anonymous_id=wanted),
    ):
        found |= {row.person_id: row for row in named.rows}
    person_id = number(wanted)
    numbered = None if person_id is None else reports.get_person(connection, site_id, person_id)
    if numbered is not None:
        found[numbered.person_id] = numbered
    return reports.Page(list(found.values()))


def person_number(text: str) -> int:
    """Return the number of a person. Raises NotFound for what cannot be one."""
    person_id = number(text)
    if person_id is None:
        raise NotFound(NO_SUCH_PERSON)
    return person_id


@get("/people/{person_id:str}", sync_to_thread=True)
def person(
    view: ViewDependency,
    store: StoreDependency,
    person_id: FromPath[str],
    cursor: FromQuery[str | None] = None,
    notice: FromQuery[str | None] = None,
) -> Response[Any]:
    site_id, asked_for = view.site.site_id, person_number(person_id)
    with store.read() as connection:
        found = reports.get_person(connection, site_id, asked_for)
        page = reports.person_events(connection, site_id, asked_for, cursor=cursor)
        if found is None or page is None:
            raise NotFound(NO_SUCH_PERSON)
        devices = [] if cursor else _devices(reports.identities(connection, site_id, found.person_id))
        merges = [] if cursor else _merges(connection, site_id, found.person_id)
        matches = [] if cursor else reports.possible_matches(connection, site_id, found.person_id)
        touches = reports.people_touches(connection, site_id, [found.person_id])[found.person_id]
    return view.page(
        "person.html",
        "rows" if cursor else None,
        person=found,
        page=page,
        devices=devices,
        merges=merges,
        matches=matches,
        touches=touches,
        here=f"/people/{found.person_id}",
        cursor=cursor,
        notice=notice,
    )


def _devices(claims: Iterable[reports.Identity]) -> list[Device]:
    """The claims by anonymous id, newest first as they come."""
    found: dict[str, list[reports.Identity]] = {}
    for claim in claims:
        found.setdefault(claim.anonymous_id, []).append(claim)
    return [Device(anonymous_id, of) for anonymous_id, of in found.items()]


def _merges(connection: sa.Connection, site_id: int, person_id: int) -> list[MergeLine]:
    """Every merge that this person was part of: those in force first."""
    rows = reports.merges_of(connection, site_id, person_id)
    ends = merge_ends(connection, site_id, [row.merge_id for row in rows])
    lines = [MergeLine(row, ends[row.merge_id]) for row in rows]
    return sorted(lines, key=lambda line: line.row.reversed_at is not None)
