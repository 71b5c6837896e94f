"""Work that takes longer than one transaction: deletion, retention, trimming inactive people, leads that join late.

It is done in pieces, each a transaction of its own together with the progress. A job that was interrupted goes on where it
was. What is to be removed is cut off first (its streams go, so nothing shows it any more); its events follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from ...domain.events import MINUTE
from ...domain.keys import new_id
from ...errors import NotFound
from ...logs import described
from .. import tables
from ..engine import Store
from ..faults import is_of_the_store, is_retried
from ..races import retry

log = structlog.get_logger()
Clock = Callable[[], int]
AT_ONCE = 2_000
"""Events removed in one transaction: some milliseconds in which ingest waits."""
STALE = MINUTE
"""A running job that was not heard of for so long was interrupted, and may be taken up by anyone."""

_job = tables.job.c
_COLUMNS = (
    _job.job_id,
    _job.kind,
    _job.state,
    _job.done,
    _job.total,
    _job.error,
    _job.created_at,
    _job.updated_at,
)


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
    """One transaction's turn of a job: the site, the time, the key of the tombstones, which is not in the store, the job, and
    what was found before the transaction began."""

    site_id: int
    now: int
    key: bytes
    job_id: int = 0
    found: Any = None


Plan = dict[str, Any]
"""Rest of a job; {} when nothing is left."""


def _nothing_to_find(_store: Store, _turn: Turn, _plan: Plan) -> Any:
    return None


class Kind(msgspec.Struct, frozen=True):
    """How jobs of one kind are done. `piece` is one transaction's worth: it changes the plan, in place, to what is left, and
    returns how much was done, and events removed. `look` finds out, before the transaction, what the piece needs to know."""

    piece: Callable[[sa.Connection, Turn, Plan], tuple[int, int]]
    look: Callable[[Store, Turn, Plan], Any] = _nothing_to_find


Kinds = Mapping[str, Kind]


def add(
    connection: sa.Connection,
    site_id: int,
    kind: str,
    plan: dict[str, Any],
    total: int | None,
    now: int,
    state: str = "waiting",
) -> int:
    """Write a job that is to be done, inside the caller's transaction; return its number. One that the caller does at once
    is `running`."""
    job_id = new_id(now)
    row = {
        "site_id": site_id,
        "job_id": job_id,
        "kind": kind,
        "state": state,
        "plan": plan,
        "done": 0,
        "total": total,
        "removed": 0,
        "created_at": now,
        "updated_at": now,
    }
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


def run(store: Store, site_id: int, job_id: int, clock: Clock, key: bytes, kinds: Kinds) -> Iterator[JobRow]:
    """Carry a job out, giving its state after each transaction. Does nothing when somebody else is at it.

    `key` is that of the tombstones.
    """
    if not _take(store, site_id, job_id, clock()):
        return
    while True:
        found = _turn(store, Turn(site_id, clock(), key, job_id), kinds)
        yield found
        if found.state != "running":
            return


def run_begun(store: Store, turn: Turn, steps: tuple[str, ...], kinds: Kinds) -> None:
    """Do these steps of a job that was added as running, and leave the rest, and whatever fails, to whoever comes next."""
    try:
        while _plan_of(store, turn)[1].get("steps", [""])[0] in steps:
            _turn(store, turn, kinds)
    except Exception as error:
        if not (is_retried(error) or is_of_the_store(error)):
            raise
        log.warning("a job goes on later", job=turn.job_id, error=described(error))
    put_back(store, turn.site_id, turn.job_id, turn.now)


def _plan_of(store: Store, turn: Turn) -> tuple[str, Plan]:
    with store.read() as connection:
        here = (_job.site_id == turn.site_id, _job.job_id == turn.job_id)
        kind, plan = connection.execute(sa.select(_job.kind, _job.plan).where(*here)).one()
        return kind, dict(plan)


def _turn(store: Store, turn: Turn, kinds: Kinds) -> JobRow:
    """Do one piece; again where ingest was faster, and its rows are others now."""

    def once() -> JobRow:
        kind, plan = _plan_of(store, turn)
        looked = msgspec.structs.replace(turn, found=kinds[kind].look(store, turn, plan))
        with store.erase() as connection:
            return _advance(connection, turn.job_id, looked, kinds)

    return retry(once)


def _take(store: Store, site_id: int, job_id: int, now: int) -> bool:
    free = sa.or_(_job.state.in_(("waiting", "failed")), (_job.state == "running") & (_job.updated_at < now - STALE))
    with store.write() as connection:
        taken = connection.execute(
            sa.update(tables.job)
            .where(_job.site_id == site_id, _job.job_id == job_id, free)
            .values(state="running", updated_at=now, error=None)
        )
        return taken.rowcount == 1


def _advance(connection: sa.Connection, job_id: int, turn: Turn, kinds: Kinds) -> JobRow:
    here = sa.and_(_job.site_id == turn.site_id, _job.job_id == job_id)
    row = connection.execute(sa.select(tables.job).where(here).with_for_update()).one()
    plan = dict(row.plan)
    some, removed = kinds[row.kind].piece(connection, turn, plan)
    done = row.done + some
    state = "running" if plan else "done"
    total = row.total if plan or row.total is None else done
    progress = {"plan": plan, "done": done, "total": total, "removed": row.removed + removed, "state": state}
    connection.execute(sa.update(tables.job).where(here).values(**progress, updated_at=turn.now))
    return get_job(connection, turn.site_id, job_id)


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
