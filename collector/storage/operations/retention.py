"""Retention: removal of unclaimed streams quiet for longer than the site keeps them, and of old quarantined events."""

from __future__ import annotations

import sqlalchemy as sa

from ...domain.events import DAY, HOUR
from ...domain.keys import first_id_of
from ...domain.sites import Site
from ...domain.streams import Kind, State
from .. import tables
from ..engine import Store
from ..write import quarantine
from ..write.bulk import delete_in
from ..write.loading import load_devices
from . import doomed, erasing, jobs
from .removal import remove_empty_devices

STREAMS_AT_ONCE = 200
_stream, _event, _device = tables.stream.c, tables.event.c, tables.device.c


def start(store: Store, site: Site, now: int) -> int | None:
    """Write the job that removes what is older than the site keeps; None when it keeps every visitor, and the quarantine holds
    nothing that is too old."""
    before, set_aside_before = _ends(site, now)
    with store.write() as connection:
        if not before and not quarantine.has_before(connection, site.site_id, set_aside_before):
            return None
        total = connection.execute(sa.select(sa.func.count()).where(*_candidates(site.site_id, 0, before))).scalar_one()
        plan = {"before": before, "after": 0, "steps": [], "set_aside_before": set_aside_before}
        return jobs.add(connection, site.site_id, "retention", plan, total, now)


def start_if_due(store: Store, site: Site, now: int) -> int | None:
    """As `start`, unless there is nothing to look at, or the site's last one began less than an hour ago."""
    before, set_aside_before = _ends(site, now)
    with store.read() as connection:
        some = connection.execute(sa.select(_stream.stream_id).where(*_candidates(site.site_id, 0, before)).limit(1)).first()
        is_due = some is not None or quarantine.has_before(connection, site.site_id, set_aside_before)
        started = [job.created_at for job in jobs.find_jobs(connection, site.site_id) if job.kind == "retention"]
    return start(store, site, now) if is_due and not any(at > now - HOUR for at in started) else None


def _ends(site: Site, now: int) -> tuple[int, int]:
    """Before when visitors, and what was set aside, are too old; 0 where they are kept for ever."""
    days = (site.retention_days, site.quarantine_days)
    return tuple(now - kept * DAY if kept > 0 else 0 for kept in days)  # type: ignore[return-value]


def _candidates(site_id: int, after: int, before: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Unclaimed streams made before that time: a stream's number begins with the time at which it was made."""
    return (
        _stream.site_id == site_id, _stream.person_id.is_(None), _stream.kind != int(Kind.ASSERTED),
        _stream.stream_id > after, _stream.stream_id < first_id_of(before),
    )  # fmt: skip


def _piece(connection: sa.Connection, turn: jobs.Turn, plan: jobs.Plan) -> tuple[int, int]:
    """Remove events of streams that were cut off; when there are none, cut off the next ones; in the end, empty the quarantine
    of what is too old. Counts streams looked at."""
    site_id = turn.site_id
    if plan.get("streams"):
        erasing.adopt(connection, turn, plan, ["events"])
    if plan.get("steps"):
        return 0, erasing.step(connection, turn, plan)
    query = sa.select(_stream.device_id, _stream.stream_id).where(*_candidates(site_id, plan["after"], plan["before"]))
    found = connection.execute(query.order_by(_stream.stream_id).limit(STREAMS_AT_ONCE)).all()
    if found:
        quiet, named = _quiet(connection, turn, [(row[0], row[1]) for row in found], plan["before"])
        doomed.add_numbers(connection, turn.job_id, doomed.STREAM, quiet)
        doomed.add_numbers(connection, turn.job_id, doomed.NAMED_STREAM, named)
        plan.update(steps=["events", "named_events"], after=found[-1][1], is_of_people=False)
    elif quarantine.remove_before(connection, site_id, plan.get("set_aside_before", 0)) < quarantine.AT_ONCE:
        plan.clear()
    return len(found), 0


def _quiet(
    connection: sa.Connection, turn: jobs.Turn, found: list[tuple[int, int]], before: int
) -> tuple[list[int], list[int]]:
    """Cut off those of the streams that are quiet and still unclaimed, under the lock of their devices. Return them, and apart
    those on which somebody was named, who got nothing of them: that must not be told from the claimed ones, which are kept."""
    site_id, state = turn.site_id, State()
    load_devices(connection, site_id, {device_id for device_id, _ in found}, state)
    active = _active(connection, site_id, [stream_id for _, stream_id in found], before)
    quiet: list[int] = []
    named: list[int] = []
    gone: list[tuple[int, int]] = []
    for device_id, stream_id in found:
        device = state.devices.get(device_id)
        stream = next((one for one in device.streams if one.stream_id == stream_id), None) if device else None
        if stream is None or stream.person_id is not None or stream_id in active:
            continue
        is_named = stream.kind == Kind.ANONYMOUS and device is not None and stream.epoch in device.named
        (named if is_named else quiet).append(stream_id)
        is_detached = stream.kind == Kind.ANONYMOUS and not stream.claimable and stream.epoch >= 0
        if not is_detached:  # a detached stream stays, without its events: it must not be claimed again
            gone.append((device_id, stream_id))
    for statement in (_MEMBERS, _STREAMS):
        delete_in(connection, statement, (site_id,), gone)
    remove_empty_devices(connection, turn, sorted({device_id for device_id, _ in found}))
    return quiet, named


_MEMBERS = "DELETE FROM membership WHERE site_id = {mark} AND (device_id, stream_id) IN ({keys})"
_STREAMS = "DELETE FROM stream WHERE site_id = {mark} AND (device_id, stream_id) IN ({keys})"


def _active(connection: sa.Connection, site_id: int, streams: list[int], before: int) -> set[int]:
    """Those of the streams that have an event since `before`."""
    since = sa.exists().where(_event.stream_id == _stream.stream_id, _event.ts >= before)
    unclaimed = (_stream.site_id == site_id, _stream.person_id.is_(None), _stream.stream_id.in_(streams))
    return set(connection.execute(sa.select(_stream.stream_id).where(*unclaimed, since)).scalars())


KINDS = {"retention": jobs.Kind(_piece, erasing.look)}
