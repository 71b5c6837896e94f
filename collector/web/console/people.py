"""People: the list with its search, and one person."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ...errors import NotFound
from ...storage import reports
from .dependencies import StoreDependency, ViewDependency

NO_SUCH_PERSON = "There is no person with this number."


@get("/people", sync_to_thread=True)
def people(
    view: ViewDependency, store: StoreDependency, q: FromQuery[str | None] = None, cursor: FromQuery[str | None] = None
) -> Response[Any]:
    site_id = view.site.site_id
    wanted = (q or "").strip()
    with store.read() as connection:
        total = reports.identified_total(connection, site_id)
        visitor = reports.get_visitor(connection, site_id, wanted) if wanted else None
        page = _search(connection, site_id, wanted) if wanted else reports.find_people(connection, site_id, cursor=cursor)
        span = reports.received_span(connection, site_id)
    part = "rows" if cursor else None
    return view.page("people.html", part, page=page, total=total, q=wanted, visitor=visitor, span=span, cursor=cursor)


def _search(connection: sa.Connection, site_id: int, wanted: str) -> reports.Page[reports.PersonRow]:
    """Everyone whose email, user id or anonymous id is exactly this."""
    found: dict[int, reports.PersonRow] = {}
    for named in (
        reports.find_people(connection, site_id, email=wanted),
        reports.find_people(connection, site_id, user_id=wanted),
        reports.find_people(connection, site_id, anonymous_id=wanted),
    ):
        found |= {row.person_id: row for row in named.rows}
    return reports.Page(list(found.values()))


@get("/people/{person_id:str}", sync_to_thread=True)
def person(
    view: ViewDependency, store: StoreDependency, person_id: FromPath[str], cursor: FromQuery[str | None] = None
) -> Response[Any]:
    if not (person_id.isascii() and person_id.isdigit() and int(person_id[:20]) < 2**63):
        raise NotFound(NO_SUCH_PERSON)
    site_id = view.site.site_id
    with store.read() as connection:
        found = reports.get_person(connection, site_id, int(person_id))
        page = reports.person_events(connection, site_id, int(person_id), cursor=cursor)
        if found is None or page is None:
            raise NotFound(NO_SUCH_PERSON)
        identities = [] if cursor else reports.identities(connection, site_id, found.person_id)
    here = f"/people/{found.person_id}"
    return view.page(
        "person.html", "rows" if cursor else None, person=found, page=page, identities=identities, here=here, cursor=cursor
    )
