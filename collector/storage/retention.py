"""Anonymous history has an end: unclaimed streams that were quiet for longer than the site keeps them are removed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..domain.events import DAY, HOUR
from ..domain.keys import first_id_of
from ..domain.sites import Site
from ..domain.streams import Kind, State
from . import jobs, tables
from .deletion import remove_empty_devices
from .engine import Store
from .loading import load_devices

STREAMS_AT_ONCE = 200
_stream, _event, _device = tables.stream.c, tables.event.c, tables.device.c


def start(store: Store, site: Site, now: int) -> int | None:
    """Write the job that removes what is older than the site keeps; None when it keeps everything."""
    if site.retention_days <= 0:
        return None
    before = now - site.retention_days * DAY
    with store.write() as connection:
        total = connection.execute(sa.select(sa.func.count()).where(*_candidates(site.site_id, 0, before))).scalar_one()
        plan = {"before": before, "after": 0, "streams": []}
        return jobs.add(connection, site.site_id, "retention", plan, total, now)


def start_if_due(store: Store, site: Site, now: int) -> int | None:
    """As `start`, unless there is nothing to look at, or the site's last one began less than an hour ago."""
    before = now - site.retention_days * DAY
    with store.read() as connection:
        some = connection.execute(sa.select(_stream.stream_id).where(*_candidates(site.site_id, 0, before)).limit(1)).first()
        started = [job.created_at for job in jobs.find_jobs(connection, site.site_id) if job.kind == "retention"]
    return start(store, site, now) if some and not any(at > now - HOUR for at in started) else None


def _candidates(site_id: int, after: int, before: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Unclaimed streams made before that time: a stream's number begins with the time at which it was made."""
    return (
        _stream.site_id == site_id, _stream.person_id.is_(None), _stream.kind != int(Kind.ASSERTED),
        _stream.stream_id > after, _stream.stream_id < first_id_of(before),
    )  # fmt: skip


def retention_piece(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, int]:
    """Remove events of streams that were cut off; when there are none, cut off the next ones. Counts streams looked at."""
    site_id = turn.site_id
    if plan["streams"]:
        return 0, jobs.remove_some(connection, site_id, plan["streams"])
    query = sa.select(_stream.device_id, _stream.stream_id).where(*_candidates(site_id, plan["after"], plan["before"]))
    found = connection.execute(query.order_by(_stream.stream_id).limit(STREAMS_AT_ONCE)).all()
    if not found:
        plan.clear()
        return 0, 0
    quiet = _quiet(connection, site_id, [(row[0], row[1]) for row in found], plan["before"])
    plan["streams"], plan["after"] = quiet, found[-1][1]
    return len(found), 0


def _quiet(connection: sa.Connection, site_id: int, found: list[tuple[int, int]], before: int) -> list[int]:
    """Cut off those of the streams that are quiet and still unclaimed, under the lock of their devices."""
    state = State()
    load_devices(connection, site_id, {device_id for device_id, _ in found}, state)
    quiet: list[int] = []
    gone: list[int] = []
    for device_id, stream_id in found:
        device = state.devices.get(device_id)
        stream = next((one for one in device.streams if one.stream_id == stream_id), None) if device else None
        if stream is None or stream.person_id is not None or not _is_quiet(connection, stream_id, before):
            continue
        quiet.append(stream_id)
        is_detached = stream.kind == Kind.ANONYMOUS and not stream.claimable and stream.epoch >= 0
        if not is_detached:  # a detached stream stays, without its events: it must not be claimed again
            gone.append(stream_id)
    for table in (tables.membership, tables.stream):
        connection.execute(sa.delete(table).where(table.c.site_id == site_id, table.c.stream_id.in_(gone)))
    remove_empty_devices(connection, site_id, {device_id for device_id, _ in found})
    return quiet


def _is_quiet(connection: sa.Connection, stream_id: int, before: int) -> bool:
    last = connection.execute(
        sa.select(_event.ts).where(_event.stream_id == stream_id).order_by(_event.ts.desc()).limit(1)
    ).scalar()
    return last is None or last < before
