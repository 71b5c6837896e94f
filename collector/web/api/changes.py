"""Change feed: all that was committed, in order, so that a copy can be kept elsewhere."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from ...domain.asked import number
from ...errors import BadParameter
from ...schemas.changes import change_lines, end_line
from ...schemas.export_lines import NDJSON
from ...storage.reports.changes import changes as changes_after
from .dependencies import Reader, StoreDependency
from .parameters import whole

MOST = 10_000
USUAL = 1_000


@get("/changes", summary="The change feed", sync_to_thread=True)
def changes(
    store: StoreDependency,
    reader: Reader,
    after: Annotated[str, QueryParameter(description="The `after` of the answer before; 0 from the beginning.")] = "0",
    limit: Annotated[
        str | None, QueryParameter(description=f"Lines, 1 to {MOST}; {USUAL} unless told. Some more may come.")
    ] = None,
) -> Response[bytes]:
    """Events and identity changes of the site in the order of their commits, as NDJSON; commits come whole. The last line has
    `after`, to ask with next."""
    seq = number(after)
    if seq is None:
        raise BadParameter("`after` must be the number that an answer ended with, or 0.")
    lines = USUAL if limit is None else whole("limit", limit, MOST)
    with store.read() as connection:
        found = changes_after(connection, reader.site_id, seq, lines)
        body = change_lines(found) + end_line(found)
    return Response(body, media_type=NDJSON)
