"""The background of a running collector: jobs that wait, and once an hour what is too old to be kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from ...domain.events import HOUR
from ...domain.sites import Site
from ...logs import described
from ...supervised import Supervised
from ..engine import Store
from ..faults import is_of_the_store
from . import jobs, kinds, retention

log = structlog.get_logger()

LOOK_SECONDS = 5.0
PAUSE_SECONDS = 0.02
"""Between two transactions of a job, so that ingest never waits for more than one of them."""


class Housekeeping:
    """One thread: takes up waiting jobs, and starts each site's retention every hour."""

    def __init__(
        self,
        store: Store,
        sites: Callable[[], Sequence[Site]],
        clock: Callable[[], int],
        key: bytes,
        kinds: jobs.Kinds = kinds.KINDS,
    ) -> None:
        """`key` is that of the tombstones."""
        self._store = store
        self._sites = sites
        self._clock = clock
        self._key = key
        self._kinds = kinds
        self._stop = threading.Event()
        self._next_retention = 0
        self.thread = Supervised("housekeeping", self._run)

    def start(self) -> None:
        """Begin; on SQLite, whose store one process has alone, with what the last one left in the middle."""
        if self._store.is_sqlite:
            jobs.put_back_all(self._store, self._clock())
        self.thread.start()

    def stop(self) -> None:
        """Return when the piece under way is done; a job that is cut short goes on at the next start."""
        self._stop.set()
        self.thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:
                if is_of_the_store(error):
                    log.warning("housekeeping waits for the store", error=type(error).__name__)
                else:
                    log.exception("housekeeping failed; it is tried again")

    def look(self) -> None:
        """Do everything that is due now."""
        now = self._clock()
        if now >= self._next_retention:
            self._next_retention = now + HOUR
            for site in self._sites():
                retention.start_if_due(self._store, site, now)
        with self._store.read() as connection:
            waiting = jobs.open_jobs(connection, now)
        for site_id, job_id in waiting:
            self._carry_out(site_id, job_id)

    def _carry_out(self, site_id: int, job_id: int) -> None:
        try:
            for _ in jobs.run(self._store, site_id, job_id, self._clock, self._key, self._kinds):
                if self._stop.wait(PAUSE_SECONDS):
                    jobs.put_back(self._store, site_id, job_id, self._clock())
                    return
        except Exception as error:
            if is_of_the_store(error):  # no fault of the job's: it goes on once it was not heard of for a minute
                raise
            log.exception("a job failed", job=job_id)
            jobs.fail(self._store, site_id, job_id, described(error), self._clock())
