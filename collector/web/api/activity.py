"""What happened, and what became of everything received."""

from __future__ import annotations

from typing import Annotated, cast

from litestar import get
from litestar.params import QueryParameter

from ...errors import BadParameter
from ...storage import reports
from .answers import (
    ActivityAnswer,
    CountsAnswer,
    QuarantineAnswer,
    activity_entry,
    hour_answer,
    quarantine_entry,
)
from .parameters import Cursor, Limit, row_limit
from .people import Reader, StoreDependency

TABS = ("identified", "anonymous")


@get("/activity", summary="The activity log", sync_to_thread=True)
def activity(
    store: StoreDependency,
    reader: Reader,
    tab: Annotated[str, QueryParameter(description="`identified` or `anonymous`.")] = "identified",
    limit: Limit = None,
    cursor: Cursor = None,
) -> ActivityAnswer:
    """Newest first. The identified tab holds events of people, merges, refused merges and illegal ids."""
    if tab not in TABS:
        raise BadParameter("`tab` must be identified or anonymous.")
    rows = row_limit(limit)
    with store.read() as connection:
        page = reports.activity(connection, reader.site_id, cast(reports.Tab, tab), limit=rows, cursor=cursor)
    return ActivityAnswer([activity_entry(row) for row in page.rows], page.next)


@get("/counts", summary="What became of everything received", sync_to_thread=True)
def counts(store: StoreDependency, reader: Reader, limit: Limit = None, cursor: Cursor = None) -> CountsAnswer:
    """Totals, and the same per hour, newest first: received = stored + duplicate + quarantined + refused."""
    rows = row_limit(limit)
    with store.read() as connection:
        total = reports.totals(connection, reader.site_id)
        page = reports.hours(connection, reader.site_id, limit=rows, cursor=cursor)
        reasons = reports.reasons(connection, reader.site_id)
        identified = reports.identified_total(connection, reader.site_id)
    return CountsAnswer(
        total.received,
        total.stored,
        total.duplicate,
        total.quarantined,
        total.refused,
        reasons=reasons,
        identified_people=identified,
        hours=[hour_answer(row) for row in page.rows],
        next=page.next,
    )


@get("/quarantine", summary="Events that were set aside", sync_to_thread=True)
def quarantine(store: StoreDependency, reader: Reader, limit: Limit = None, cursor: Cursor = None) -> QuarantineAnswer:
    """Newest first, each with the reason and with the body as it came."""
    rows = row_limit(limit)
    with store.read() as connection:
        page = reports.recent_quarantine(connection, reader.site_id, limit=rows, cursor=cursor)
    return QuarantineAnswer([quarantine_entry(row) for row in page.rows], page.next)
