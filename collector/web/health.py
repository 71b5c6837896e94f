"""Whether the process lives, whether it can store, and what it has done."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..domain.budget import Budget
from ..ports import Receipt
from ..storage.write.journal import WriterJournal
from ..supervised import Supervised


class Metrics:
    """Prometheus metrics of one collector; no label names a person, a page or an address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter("passerby_events", "Events by how they ended", ["outcome"], registry=self.registry)
        self.quarantined = Counter("passerby_quarantined", "Quarantined events", ["reason"], registry=self.registry)
        self.commits = Histogram(
            "passerby_commit_seconds",
            "Duration of a group commit, flush included",
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
        )
        self.group = Histogram(
            "passerby_commit_requests",
            "Requests answered by one commit",
            registry=self.registry,
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
        )
        self.refusals = Counter(
            "passerby_refusals", "Requests refused by a rate or by the memory there is", ["limit"], registry=self.registry
        )
        self.held = Gauge("passerby_held_bytes", "Bytes received and not yet answered", registry=self.registry)
        self.queued = Gauge("passerby_queued_events", "Events waiting for their commit", registry=self.registry)

    def refused_for(self, limit: str) -> None:
        self.refusals.labels(limit).inc()

    def committed(self, seconds: float, receipts: list[Receipt], refused: int) -> None:
        """Count one commit; called by the journal's thread."""
        self.commits.observe(seconds)
        self.group.observe(len(receipts))
        self.events.labels("refused").inc(refused)
        self.events.labels("stored").inc(sum(receipt.stored for receipt in receipts))
        self.events.labels("duplicate").inc(sum(receipt.duplicate for receipt in receipts))
        for receipt in receipts:
            for bad in receipt.quarantined:
                self.events.labels("quarantined").inc()
                self.quarantined.labels(str(bad.reason)).inc()


class Health(msgspec.Struct):
    """Health of the process: what it found out at its start, and the threads without which it is not alive."""

    version: str
    store: str
    unsafe: list[str] = []
    threads: tuple[Supervised, ...] = ()

    @property
    def ended(self) -> list[str]:
        """Names of the threads that do not run any longer."""
        return [thread.name for thread in self.threads if thread.has_ended]


JournalDependency = NamedDependency[SkipValidation[WriterJournal]]
BudgetDependency = NamedDependency[SkipValidation[Budget]]


@get("/healthz", sync_to_thread=False, summary="Is the process alive?")
def healthz(health: NamedDependency[SkipValidation[Health]]) -> Response[dict[str, Any]]:
    """Is the process alive? 503 when one of its threads has ended: only a restart helps."""
    failures = {thread.name: thread.failures for thread in health.threads if thread.failures}
    said = {"version": health.version, "store": health.store, "unsafe": health.unsafe, "thread_failures": failures}
    if health.ended:
        return Response({"status": "failing", "ended": health.ended, **said}, status_code=503)
    return Response({"status": "ok", **said})


@get("/readyz", sync_to_thread=False, summary="Can events be stored?")
def readyz(journal: JournalDependency) -> Response[dict[str, str]]:
    if journal.is_ready:
        return Response({"status": "ready"})
    return Response({"status": "not ready"}, status_code=503, headers={"retry-after": "2"})


@get("/metrics", sync_to_thread=False, include_in_schema=False)
def metrics(
    journal: JournalDependency, budget: BudgetDependency, metrics: NamedDependency[SkipValidation[Metrics]]
) -> Response[bytes]:
    metrics.queued.set(journal.queued)
    metrics.held.set(budget.held)
    return Response(generate_latest(metrics.registry), media_type=MediaType.TEXT)


HEALTH_HANDLERS = [healthz, readyz, metrics]
