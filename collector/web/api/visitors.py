"""One anonymous id: what is known of it, merged into a person or not."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from ...domain.sites import Site
from ...errors import BadParameter, NotFound
from ...schemas.people import VisitorAnswer, event_answer, maybe_iso, person_name, strength_name, touch_values
from ...storage import reports
from ...storage.engine import Store
from .dependencies import Reader, StoreDependency
from .parameters import Cursor, Limit, row_limit


@get("/visitors/{anonymous_id:str}", summary="One anonymous id", sync_to_thread=True)
def visitor(
    store: StoreDependency, reader: Reader, anonymous_id: FromPath[str], limit: Limit = None, cursor: Cursor = None
) -> VisitorAnswer:
    """An anonymous id with its own events. It stays after a merge and then says into whom (`mapped_to`) and when."""
    return _visitor(store, reader, anonymous_id, limit, cursor)


def _called_like(verb: str) -> HTTPRouteHandler:
    @get(f"/visitors/{verb}", include_in_schema=False, sync_to_thread=True)
    def called_like_a_verb(store: StoreDependency, reader: Reader, limit: Limit = None, cursor: Cursor = None) -> VisitorAnswer:
        return _visitor(store, reader, verb, limit, cursor)

    return called_like_a_verb


CALLED_LIKE_VERBS = [_called_like(verb) for verb in ("detach", "attach", "logout")]
"""The same for ids that are called like an operation: of those paths the router knows only the operation's method."""


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
        touches = reports.visitor_touches(connection, reader.site_id, anonymous_id)
    name = person_name(found.mapped_to)
    return VisitorAnswer(
        anonymous_id=found.anonymous_id,
        first_seen=maybe_iso(found.first_seen_at) or "",
        contested_from=maybe_iso(found.contested_from),
        mapped_to=name.person_id if name else None,
        person=name,
        merged_at=maybe_iso(found.merged_at),
        since=maybe_iso(found.since),
        strength=None if found.strength is None else strength_name(found.strength),
        **touch_values(touches),
        events=[event_answer(row) for row in page.rows],
        next=page.next,
    )
