"""Work in the background: what is being removed, and how far it is."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from ....storage.operations.jobs import find_jobs
from ..shell.dependencies import StoreDependency, ViewDependency

SHOWN = 50
OPEN = frozenset({"waiting", "running"})


@get("/jobs", sync_to_thread=True)
def jobs(view: ViewDependency, store: StoreDependency) -> Response[Any]:
    with store.read() as connection:
        found = find_jobs(connection, view.site.site_id, SHOWN)
    return view.page("jobs.html", "jobs", jobs=found, is_working=any(job.state in OPEN for job in found))
