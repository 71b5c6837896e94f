"""The activity log: events on two tabs, and what was decided about identity on a third."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromQuery

from ....errors import BadParameter
from ....storage import reports
from ....storage.reports.refusals import REFUSED, MergeEnds, identity_log, merge_ends
from ..shell.dependencies import StoreDependency, ViewDependency
from ..words.sentences import merge_id

TABS = ("identified", "anonymous", "log")
COUNTED = 10_000
"""The numbers on the tabs look at this many events at most; beyond it they say so."""
FILTERS = {"all": None, "refused": REFUSED}
"""Filters of the log -> the operations shown."""


@get("/activity", sync_to_thread=True)
def activity(
    view: ViewDependency,
    store: StoreDependency,
    tab: FromQuery[str] = "identified",
    show: FromQuery[str] = "all",
    cursor: FromQuery[str | None] = None,
) -> Response[Any]:
    if tab not in TABS or show not in FILTERS:
        raise BadParameter("There are three tabs: identified, anonymous and log; and the log shows all or refused.")
    site_id = view.site.site_id
    with store.read() as connection:
        page = _page(connection, site_id, tab, show, cursor)
        ends = _ends(connection, site_id, page.rows)
        counts = reports.newest_of_tabs(connection, site_id, COUNTED)
        span = reports.received_span(connection, site_id)
    return view.page(
        "activity.html",
        "rows" if cursor else "content",
        tab=tab,
        show=show,
        page=page,
        ends=ends,
        counts=counts,
        counted=COUNTED,
        span=span,
        cursor=cursor,
    )


def _page(
    connection: sa.Connection, site_id: int, tab: str, show: str, cursor: str | None
) -> reports.Page[reports.ActivityRow]:
    if tab == "log":
        return identity_log(connection, site_id, FILTERS[show], cursor=cursor)
    return reports.activity(connection, site_id, cast(reports.Tab, tab), cursor=cursor)


def _ends(connection: sa.Connection, site_id: int, rows: Iterable[reports.ActivityRow]) -> dict[int, MergeEnds]:
    """The two people of every merge that the entries name."""
    named = [merge_id(row.log) for row in rows if row.log is not None]
    return merge_ends(connection, site_id, [number for number in named if number is not None])
