"""Every kind of job there is."""

from __future__ import annotations

from collections.abc import Iterator

from ..engine import Store
from . import deletion, jobs, lead_joins, retention, trimming

KINDS: jobs.Kinds = {**deletion.KINDS, **retention.KINDS, **trimming.KINDS, **lead_joins.KINDS}


def run(store: Store, site_id: int, job_id: int, clock: jobs.Clock, key: bytes) -> Iterator[jobs.JobRow]:
    """Carry a job of whatever kind out, as `jobs.run` does."""
    return jobs.run(store, site_id, job_id, clock, key, KINDS)
