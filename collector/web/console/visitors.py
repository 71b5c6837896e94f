"""One anonymous id. Its page stays for ever, also after a merge."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ...errors import NotFound
from ...storage import reports
from .dependencies import StoreDependency, ViewDependency


@get("/visitors/{anonymous_id:str}", sync_to_thread=True)
def visitor(
    view: ViewDependency, store: StoreDependency, anonymous_id: FromPath[str], cursor: FromQuery[str | None] = None
) -> Response[Any]:
    return _page(view, store, anonymous_id, cursor)


@get("/visitors", sync_to_thread=True)
def visitor_by_query(
    view: ViewDependency, store: StoreDependency, id: FromQuery[str] = "", cursor: FromQuery[str | None] = None
) -> Response[Any]:
    """For ids that do not fit into a path."""
    return _page(view, store, id, cursor)


def _page(view: ViewDependency, store: StoreDependency, anonymous_id: str, cursor: str | None) -> Response[Any]:
    with store.read() as connection:
        found = reports.get_visitor(connection, view.site.site_id, anonymous_id)
        if found is None:
            raise NotFound("This anonymous id was never seen on this site.")
        page = reports.visitor_events(connection, view.site.site_id, anonymous_id, cursor=cursor)
    return view.page("visitor.html", "rows" if cursor else None, visitor=found, page=page, cursor=cursor)
