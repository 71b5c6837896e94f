"""People, their events, and the anonymous ids they came from."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation

from ...domain.sites import Site
from ...errors import BadParameter, NotFound
from ...storage import reports
from ...storage.engine import Store
from .answers import (
    EventsAnswer,
    PeopleAnswer,
    VisitorAnswer,
    event_answer,
    maybe_iso,
    person_answer,
    person_name,
)
from .parameters import Cursor, Limit, person_number, row_limit

StoreDependency = NamedDependency[SkipValidation[Store]]
Reader = NamedDependency[Site]
"""The site whose secret key the request carries."""


@get("/people", summary="Find people", sync_to_thread=True)
def find_people(
    store: StoreDependency,
    reader: Reader,
    email: Annotated[str | None, QueryParameter(description="Compared without regard to case.")] = None,
    user_id: Annotated[str | None, QueryParameter(description="The customer's own id, exactly.")] = None,
    anonymous_id: Annotated[str | None, QueryParameter(description="An id that was merged into the person.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> PeopleAnswer:
    """People who carry all the names given, or everyone, newest seen first. A name that nobody has gives an empty list."""
    with store.read() as connection:
        page = reports.find_people(
            connection,
            reader.site_id,
            email=email,
            user_id=user_id,
            anonymous_id=anonymous_id,
            limit=row_limit(limit),
            cursor=cursor,
        )
    return PeopleAnswer([person_answer(row) for row in page.rows], page.next)


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


@get("/visitors/{anonymous_id:str}", summary="One anonymous id", sync_to_thread=True)
def visitor(
    store: StoreDependency, reader: Reader, anonymous_id: FromPath[str], limit: Limit = None, cursor: Cursor = None
) -> VisitorAnswer:
    """An anonymous id with its own events. It stays after a merge and then says into whom (`mapped_to`) and when."""
    return _visitor(store, reader, anonymous_id, limit, cursor)


@get("/visitors", summary="One anonymous id that holds a slash", sync_to_thread=True)
def visitor_by_query(
    store: StoreDependency,
    reader: Reader,
    anonymous_id: Annotated[str | None, QueryParameter(description="Any string of 1 to 255 characters.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> VisitorAnswer:
    """The same as `/visitors/{anonymous_id}`, for ids that do not fit into a path."""
    if not anonymous_id:
        raise BadParameter("`anonymous_id` is missing.")
    return _visitor(store, reader, anonymous_id, limit, cursor)


def _visitor(store: Store, reader: Site, anonymous_id: str, limit: str | None, cursor: str | None) -> VisitorAnswer:
    rows = row_limit(limit)
    with store.read() as connection:
        found = reports.get_visitor(connection, reader.site_id, anonymous_id)
        if found is None:
            raise NotFound("This anonymous id was never seen.")
        page = reports.visitor_events(connection, reader.site_id, anonymous_id, limit=rows, cursor=cursor)
    name = person_name(found.mapped_to)
    return VisitorAnswer(
        anonymous_id=found.anonymous_id,
        first_seen=maybe_iso(found.first_seen_at) or "",
        mapped_to=name.person_id if name else None,
        person=name,
        merged_at=maybe_iso(found.merged_at),
        since=maybe_iso(found.since),
        events=[event_answer(row) for row in page.rows],
        next=page.next,
    )
