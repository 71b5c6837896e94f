"""Work that takes longer than one transaction: deletion, retention, trimming inactive people, leads that join late.

It is done in pieces, each a transaction of its own together with the progress. A job that was interrupted goes on where it
was. What is to be removed is cut off first (its streams go, so nothing shows it any more); its events follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.events import MINUTE
from ..domain.keys import new_id
from ..errors import NotFound
from . import tables
from .engine import Store
from .faults import is_retried

Clock = Callable[[], int]
AT_ONCE = 2_000
"""Events removed in one transaction: some milliseconds in which ingest waits."""
RACES = 5
STALE = MINUTE
"""A running job that was not heard of for so long was interrupted, and may be taken up by anyone."""

_job, _event = tables.job.c, tables.event.c
_COLUMNS = (
    _job.job_id, _job.kind, _job.state, _job.done, _job.total, _job.error, _job.created_at, _job.updated_at,
)  # fmt: skip


class JobRow(msgspec.Struct, frozen=True):
    """A job and how far it is: `done` of `total` events, streams or people (None while unknown)."""

    job_id: int
    kind: str
    state: str
    done: int
    total: int | None
    error: str | None
    created_at: int
    updated_at: int


class Turn(msgspec.Struct, frozen=True):
    """One transaction's turn of a job: the site, the time, and the key of the tombstones, which is not in the store."""

    site_id: int
    now: int
    key: bytes


Piece = Callable[[sa.Connection, Turn, dict[str, Any]], tuple[int, int]]
"""One transaction's worth of a job: how much was done, and events removed. It changes the plan, in place, to what is left,
and to {} when nothing is."""


def add(connection: sa.Connection, site_id: int, kind: str, plan: dict[str, Any], total: int | None, now: int) -> int:
    """Write a job that is to be done, inside the caller's transaction; return its number."""
    job_id = new_id(now)
    row = {
        "site_id": site_id, "job_id": job_id, "kind": kind, "state": "waiting", "plan": plan, "done": 0, "total": total,
        "removed": 0,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    connection.execute(tables.job.insert().values(row))
    return job_id


def find_jobs(connection: sa.Connection, site_id: int, limit: int = 50) -> list[JobRow]:
    """Return the newest jobs of a site."""
    query = sa.select(*_COLUMNS).where(_job.site_id == site_id).order_by(_job.job_id.desc()).limit(limit)
    return [JobRow(*row) for row in connection.execute(query)]


def get_job(connection: sa.Connection, site_id: int, job_id: int) -> JobRow:
    """Return one job. Raises NotFound."""
    row = connection.execute(sa.select(*_COLUMNS).where(_job.site_id == site_id, _job.job_id == job_id)).one_or_none()
    if row is None:
        raise NotFound("There is no job with this id.")
    return JobRow(*row)


def open_jobs(connection: sa.Connection, now: int) -> list[tuple[int, int]]:
    """Return (site, job) of what waits, and of what was interrupted."""
    stale = (_job.state == "running") & (_job.updated_at < now - STALE)
    query = sa.select(_job.site_id, _job.job_id).where(sa.or_(_job.state == "waiting", stale)).order_by(_job.job_id)
    return [(row[0], row[1]) for row in connection.execute(query)]


def run(store: Store, site_id: int, job_id: int, clock: Clock, key: bytes) -> Iterator[JobRow]:
    """Carry a job out, giving its state after each transaction. Does nothing when somebody else is at it.

    `key` is that of the tombstones.
    """
    if not _take(store, site_id, job_id, clock()):
        return
    while True:
        found = _turn(store, job_id, Turn(site_id, clock(), key))
        yield found
        if found.state != "running":
            return


def _turn(store: Store, job_id: int, turn: Turn) -> JobRow:
    """Do one piece; again where ingest was faster, and its rows are others now."""
    for left in reversed(range(RACES)):
        try:
            with store.write() as connection:
                return _advance(connection, job_id, turn)
        except Exception as error:
            if not left or not is_retried(error):
                raise
    raise AssertionError("unreachable")


def _take(store: Store, site_id: int, job_id: int, now: int) -> bool:
    free = sa.or_(_job.state.in_(("waiting", "failed")), (_job.state == "running") & (_job.updated_at < now - STALE))
    with store.write() as connection:
        taken = connection.execute(
            sa.update(tables.job)
            .where(_job.site_id == site_id, _job.job_id == job_id, free)
            .values(state="running", updated_at=now, error=None)
        )
        return taken.rowcount == 1


def _advance(connection: sa.Connection, job_id: int, turn: Turn) -> JobRow:
    here = sa.and_(_job.site_id == turn.site_id, _job.job_id == job_id)
    row = connection.execute(sa.select(tables.job).where(here).with_for_update()).one()
    plan = dict(row.plan)
    some, removed = _pieces()[row.kind](connection, turn, plan)
    done = row.done + some
    state = "running" if plan else "done"
    total = row.total if plan or row.total is None else done
    progress = {"plan": plan, "done": done, "total": total, "removed": row.removed + removed, "state": state}
    connection.execute(sa.update(tables.job).where(here).values(**progress, updated_at=turn.now))
    return get_job(connection, turn.site_id, job_id)


def _pieces() -> dict[str, Piece]:
    from .lead_joins import lead_joins_piece
    from .retention import retention_piece
    from .trimming import trimming_piece

    return {
        "deletion": deletion_piece, "retention": retention_piece, "trimming": trimming_piece, "lead_joins": lead_joins_piece,
    }  # fmt: skip


def fail(store: Store, site_id: int, job_id: int, error: str, now: int) -> None:
    """Write down why a job could not go on; it can be run again."""
    with store.write() as connection:
        connection.execute(
            sa.update(tables.job)
            .where(_job.site_id == site_id, _job.job_id == job_id)
            .values(state="failed", error=error[:500], updated_at=now)
        )


def put_back(store: Store, site_id: int, job_id: int, now: int) -> None:
    """Leave a running job to whoever comes next: this process is stopping."""
    with store.write() as connection:
        connection.execute(
            sa.update(tables.job)
            .where(_job.site_id == site_id, _job.job_id == job_id, _job.state == "running")
            .values(state="waiting", updated_at=now)
        )


def put_back_all(store: Store, now: int) -> None:
    """Leave every running job to whoever comes next: this process has the store for itself and has just started."""
    with store.write() as connection:
        running = sa.update(tables.job).where(_job.state == "running")
        connection.execute(running.values(state="waiting", updated_at=now))


def doomed_streams(connection: sa.Connection) -> list[int]:
    """Return the streams that are gone, while their events are still being removed."""
    plans = connection.execute(sa.select(_job.plan).where(_job.state != "done")).scalars()
    return [stream for plan in plans for stream in plan.get("streams", [])]


def deletion_piece(connection: sa.Connection, turn: Turn, plan: dict[str, Any]) -> tuple[int, int]:
    """Remove some events of the streams that the plan lists."""
    removed = remove_some(connection, turn.site_id, plan.get("streams", []))
    if not plan.get("streams"):
        plan.clear()
    return removed, removed


def remove_some(connection: sa.Connection, site_id: int, streams: list[int]) -> int:
    """Remove some events of the first of these streams, and it from the list when they were its last; return how many."""
    if not streams:
        return 0
    removed = remove_events(connection, site_id, streams[0], AT_ONCE)
    if removed < AT_ONCE:
        streams.pop(0)
    return removed


def remove_events(connection: sa.Connection, site_id: int, stream_id: int, at_most: int) -> int:
    """Remove events of a stream, oldest first; return how many."""
    keys = connection.execute(
        sa.select(_event.device_id, _event.message_id)
        .where(_event.site_id == site_id, _event.stream_id == stream_id)
        .order_by(_event.ts)
        .limit(at_most)
    ).all()
    by_device: dict[int, list[str]] = {}
    for device_id, message_id in keys:
        by_device.setdefault(device_id, []).append(message_id)
    for device_id, message_ids in by_device.items():
        connection.execute(
            sa.delete(tables.event).where(
                _event.site_id == site_id, _event.device_id == device_id, _event.message_id.in_(message_ids)
            )
        )
    return len(keys)
