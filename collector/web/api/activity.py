"""Activity log, on its two tabs."""

from __future__ import annotations

from typing import Annotated, cast

from litestar import get
from litestar.params import QueryParameter

from ...errors import BadParameter
from ...schemas.activity import ActivityAnswer, activity_entry
from ...storage import reports
from .dependencies import Reader, StoreDependency
from .parameters import Cursor, Limit, row_limit

TABS = ("identified", "anonymous")


@get("/activity", summary="The activity log", sync_to_thread=True)
def activity(
    store: StoreDependency,
    reader: Reader,
    tab: Annotated[str, QueryParameter(description="`identified` or `anonymous`.")] = "identified",
    limit: Limit = None,
    cursor: Cursor = None,
) -> ActivityAnswer:
    """Newest first. The identified tab holds events of people, and everything that was decided about identity."""
    if tab not in TABS:
        raise BadParameter("`tab` must be identified or anonymous.")
    rows = row_limit(limit)
    with store.read() as connection:
        page = reports.activity(connection, reader.site_id, cast(reports.Tab, tab), limit=rows, cursor=cursor)
    return ActivityAnswer([activity_entry(row) for row in page.rows], page.next)
