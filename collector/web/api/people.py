"""People: find them, look at one, its events, and all of it in one export."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from ...errors import NotFound
from ...schemas.details import people_answer, person_detail
from ...schemas.export_lines import NDJSON, lines
from ...schemas.people import EventsAnswer, PeopleAnswer, PersonDetail, event_answer
from ...storage import reports
from ...storage.reports.person_export import open_export
from ..streaming import Streamed
from .dependencies import ClockDependency, Reader, StoreDependency
from .parameters import Cursor, Limit, days, person_number, row_limit


@get("/people", summary="Find people", sync_to_thread=True)
def find_people(
    store: StoreDependency,
    reader: Reader,
    clock: ClockDependency,
    email: Annotated[str | None, QueryParameter(description="Compared without regard to case.")] = None,
    user_id: Annotated[str | None, QueryParameter(description="The customer's own id, exactly.")] = None,
    anonymous_id: Annotated[str | None, QueryParameter(description="An id that was merged into the person.")] = None,
    account: Annotated[str | None, QueryParameter(description="An account that the person belongs to.")] = None,
    inactive_days: Annotated[str | None, QueryParameter(description="Only people without an event for so many days.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> PeopleAnswer:
    """People who carry all the names given, or everyone, newest seen first. A name that nobody has gives an empty list."""
    rows, before = row_limit(limit), None if inactive_days is None else reports.seen_before(clock(), days(inactive_days))
    with store.read() as connection:
        page = reports.find_people(
            connection,
            reader.site_id,
            email=email,
            user_id=user_id,
            anonymous_id=anonymous_id,
            account_id=account,
            seen_before=before,
            limit=rows,
            cursor=cursor,
        )
        return people_answer(connection, reader.site_id, page)


@get("/people/{person_id:str}", summary="One person", sync_to_thread=True)
def person(store: StoreDependency, reader: Reader, person_id: FromPath[str]) -> PersonDetail:
    """A person with its devices and with the merges of two people that it was part of, also those taken back."""
    number = person_number(person_id)
    with store.read() as connection:
        return person_detail(connection, reader.site_id, number)


@get("/people/{person_id:str}/events", summary="A person's timeline", sync_to_thread=True)
def person_events(
    store: StoreDependency, reader: Reader, person_id: FromPath[str], limit: Limit = None, cursor: Cursor = None
) -> EventsAnswer:
    """Everything the person did, newest first, also what they did before anybody knew them (`was_anonymous`)."""
    number, rows = person_number(person_id), row_limit(limit)
    with store.read() as connection:
        page = reports.person_events(connection, reader.site_id, number, limit=rows, cursor=cursor)
    if page is None:
        raise NotFound("There is no person with this id.")
    return EventsAnswer([event_answer(row) for row in page.rows], page.next)


@get(
    "/people/{person_id:str}/export",
    summary="Everything about one person",
    sync_to_thread=True,
    responses={200: ResponseSpec(str, False, "One JSON object a line.", NDJSON)},
)
def export_person(store: StoreDependency, reader: Reader, person_id: FromPath[str]) -> Streamed:
    """One JSON object a line, each with its `kind`; the last is `end`. Events come device by device, oldest first."""
    number = person_number(person_id)
    records = open_export(store, reader.site_id, number)
    headers = {"content-disposition": f'attachment; filename="person-{number}.ndjson"', "cache-control": "no-store"}
    return Streamed(lines(records), NDJSON, headers)
