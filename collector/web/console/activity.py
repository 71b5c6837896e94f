"""The activity log."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get
from litestar.params import FromQuery

from ...errors import BadParameter
from ...storage import reports
from .dependencies import StoreDependency, ViewDependency

TABS = ("identified", "anonymous")
COUNTED = 10_000
"""The numbers on the tabs look at this many events at most; beyond it they say so."""


@get("/activity", sync_to_thread=True)
def activity(
    view: ViewDependency, store: StoreDependency, tab: FromQuery[str] = "identified", cursor: FromQuery[str | None] = None
) -> Response[Any]:
    if tab not in TABS:
        raise BadParameter("There are two tabs: identified and anonymous.")
    site_id = view.site.site_id
    with store.read() as connection:
        page = reports.activity(connection, site_id, cast(reports.Tab, tab), cursor=cursor)
        counts = reports.newest_of_tabs(connection, site_id, COUNTED)
        span = reports.received_span(connection, site_id)
    part = "rows" if cursor else "content"
    return view.page("activity.html", part, tab=tab, page=page, counts=counts, counted=COUNTED, span=span, cursor=cursor)
