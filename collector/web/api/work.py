"""Work that takes a while: what is under way, and the retention, begun by hand."""

from __future__ import annotations

import msgspec
from litestar import get, post

from ...schemas.corrections import JobsAnswer, job_answer
from ...storage.operations import jobs, retention
from .body import decode, takes
from .dependencies import ClockDependency, Reader, Said, StoreDependency
from .parameters import Limit, row_limit


class RetentionAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing can be chosen: the site's own `--retention-days` holds."""


class RetentionAnswer(msgspec.Struct):
    """The job that removes what is too old; null for a site that keeps everything."""

    job_id: str | None


@get("/jobs", summary="Deletions and retentions", sync_to_thread=True)
def find_jobs(store: StoreDependency, reader: Reader, limit: Limit = None) -> JobsAnswer:
    """The newest first, each with how far it is."""
    rows = row_limit(limit)
    with store.read() as connection:
        found = jobs.find_jobs(connection, reader.site_id, rows)
    return JobsAnswer([job_answer(row) for row in found])


@post(
    "/retention",
    status_code=202,
    operation_class=takes(RetentionAsked),
    summary="Remove what is too old now",
    sync_to_thread=True,
)
def retain(store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said) -> RetentionAnswer:
    """Begin what otherwise happens once an hour: unclaimed streams past `--retention-days` go with their events."""
    decode(said, RetentionAsked)
    job_id = retention.start(store, reader, clock())
    return RetentionAnswer(None if job_id is None else str(job_id))
