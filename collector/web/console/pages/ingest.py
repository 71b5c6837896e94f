"""Ingest page: what became of everything received, and the quarantine."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from ....storage import reports
from ..shell.dependencies import StoreDependency, ViewDependency

HOURS = 48
QUARANTINED = 20
BODY_SHOWN = 20_000
"""Bytes of a quarantined body that a page shows."""


@get("/ingest", sync_to_thread=True)
def ingest(view: ViewDependency, store: StoreDependency, cursor: FromQuery[str | None] = None) -> Response[Any]:
    site_id = view.site.site_id
    with store.read() as connection:
        hours = reports.hours(connection, site_id, limit=HOURS)
        total = reports.totals(connection, site_id)
        reasons = reports.reasons(connection, site_id)
        page = reports.recent_quarantine(connection, site_id, limit=QUARANTINED, cursor=cursor)
    bodies = {row.quarantine_id: row.body[:BODY_SHOWN].decode("utf-8", "replace") for row in page.rows}
    return view.page(
        "ingest.html",
        "quarantined" if cursor else None,
        hours=hours.rows,
        total=total,
        reasons=reasons,
        page=page,
        bodies=bodies,
        cursor=cursor,
    )
