"""One anonymous id. Its page stays, also after a merge."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ....errors import NotFound
from ....storage import reports
from ....storage.reports.refusals import epochs
from ....storage.write import tombstones
from ..shell.dependencies import SettingsDependency, StoreDependency, ViewDependency
from ..words.format import stamp


@get("/visitors/{anonymous_id:str}", sync_to_thread=True)
def visitor(
    view: ViewDependency,
    store: StoreDependency,
    settings: SettingsDependency,
    anonymous_id: FromPath[str],
    cursor: FromQuery[str | None] = None,
) -> Response[Any]:
    return _page(view, store, settings, anonymous_id, cursor)


@get("/visitors", sync_to_thread=True)
def visitor_by_query(
    view: ViewDependency,
    store: StoreDependency,
    settings: SettingsDependency,
    id: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[Any]:
    """For ids that do not fit into a path."""
    return _page(view, store, settings, id, cursor)


def _page(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency, anonymous_id: str, cursor: str | None
) -> Response[Any]:
    site_id = view.site.site_id
    names = [("anonymous_id", anonymous_id)]
    with store.read() as connection:
        deleted = tombstones.find(connection, site_id, settings.tombstone_key, names) if settings.tombstone_key else {}
        found = reports.get_visitor(connection, site_id, anonymous_id)
        if found is None:
            return _nobody(view, next(iter(deleted.values()), None))
        page = reports.visitor_events(connection, site_id, anonymous_id, cursor=cursor)
        times = epochs(connection, site_id, anonymous_id)
        touches = reports.visitor_touches(connection, site_id, anonymous_id)
        mapped = reports.get_person(connection, site_id, found.mapped_to.person_id) if found.mapped_to else None
        matches = reports.possible_matches(connection, site_id, mapped.person_id, anonymous_id) if mapped else []
    return view.page(
        "visitor.html",
        "rows" if cursor else None,
        visitor=found,
        page=page,
        epochs=times,
        touches=touches,
        mapped=mapped,
        matches=matches,
        deleted_at=next(iter(deleted.values()), None),
        is_detached=any(epoch.is_detached for epoch in times),
        cursor=cursor,
    )


def _nobody(view: ViewDependency, deleted_at: int | None) -> Response[Any]:
    """An id that was deleted with its person is told of; one that was never seen is not found."""
    if deleted_at is None:
        raise NotFound("This anonymous id was never seen on this site.")
    sentence = (
        f"This anonymous id was deleted with its person at {stamp(deleted_at)} UTC. Nothing of it is kept, and what its "
        "browser still sends without a user is dropped."
    )
    return view.said("Deleted", sentence, view.url("/people"))
