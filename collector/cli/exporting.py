"""What `passerby export` writes to standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ..domain.sites import Site
    from ..storage.engine import Store

AT_ONCE = 1_000
PAUSE_SECONDS = 1.0


def write_history(store: Store, sites: list[Site], what: str) -> None:
    """Write the events or the people of these sites, a line each."""
    from ..storage.reports import export

    rows_of: Callable[[Any, int], Iterable[Any]] = export.export_people if what == "people" else export.export_events
    encoder = msgspec.json.Encoder()
    stdout = sys.stdout.buffer
    with store.read() as connection:
        for site in sites:
            for row in rows_of(connection, site.site_id):
                stdout.write(encoder.encode({"site_id": site.uuid, **row}) + b"\n")
    stdout.flush()


def write_changes(store: Store, site: Site, after: int, *, follow: bool) -> None:
    """Write what was committed after `after`, a line each; and go on with what comes, if asked to follow."""
    from ..schemas.changes import change_lines
    from ..storage.reports.changes import changes

    stdout = sys.stdout.buffer
    while True:
        with store.read() as connection:
            found = changes(connection, site.site_id, after, AT_ONCE)
            lines = change_lines(found)
        after = found.after
        stdout.write(lines)
        stdout.flush()
        if found.is_end:
            if not follow:
                return
            time.sleep(PAUSE_SECONDS)
