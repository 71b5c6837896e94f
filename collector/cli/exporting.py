"""Export of the history and of changes to standard output (`passerby export`)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ..domain.sites import Site
    from ..storage.engine import Store

AT_ONCE = 1_000
PAUSE_SECONDS = 1.0


def write_history(store: Store, sites: list[Site], what: str) -> None:
    """Write the events or the people of these sites, a line each."""
    from ..schemas.people import event_answer, person_answer
    from ..storage.reports import export

    encode = msgspec.json.Encoder().encode
    stdout = sys.stdout.buffer
    with store.read() as connection:
        for site in sites:
            people, events = export.export_people, export.export_events
            answers: Iterable[Any] = (
                map(person_answer, people(connection, site.site_id))
                if what == "people"
                else map(event_answer, events(connection, site.site_id))
            )
            begin = b'{"site_id":' + encode(site.uuid) + b","
            stdout.writelines(begin + encode(answer)[1:] + b"\n" for answer in answers)
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
