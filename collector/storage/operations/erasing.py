"""The steps in which a job erases, each in pieces of bounded size.

A piece reads what it can outside the write transaction (`look`), so that ingest waits only for the removal itself. The steps:
`devices` cuts a person's streams off, `log` removes the entries about it, `events` its events, `named_events` those of nobody's
streams on which somebody was named, `quarantine` what is kept of its bad events, `forget` the list of what was looked for,
`scrub` what all this left in the files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.events import Flag
from ...domain.log import Op
from .. import tables
from ..engine import Store
from ..write import event_tombstones, quarantine
from ..write.bulk import delete_in
from . import doomed, jobs, removal, scrubbing

STREAMS_AT_ONCE = 500
"""Streams whose events are removed in one transaction, if they have few."""
LOOKED_AT = 500
"""Log entries or quarantined events read in one piece."""
LOOKED_AT_BYTES = 4_000_000
"""Of quarantined events."""

_log, _event, _quarantine = tables.identity_log.c, tables.event.c, tables.quarantine.c

FINAL = ["quarantine", "forget", "scrub"]


class Found(msgspec.Struct, frozen=True):
    """Rows that a look found: their numbers, to be removed, where it ended, and whether that was the end."""

    ids: tuple[int, ...] = ()
    after: int = 0
    is_end: bool = True


def look(store: Store, turn: jobs.Turn, plan: dict[str, Any]) -> Found | None:
    """Do the part of the next step that needs no transaction."""
    looking = _LOOKS.get(next(iter(plan.get("steps") or ()), ""))
    return looking(store, turn, plan) if looking else None


def step(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> int:
    """Do a piece of the first step of the plan, and take it off the list with its last piece. Return events removed."""
    steps = plan["steps"]
    removed, is_end = _STEPS[steps[0]](connection, turn, plan)
    if is_end:
        plan["steps"] = steps[1:]
        plan.pop("at", None)
    return removed


def adopt(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any], steps: list[str]) -> None:
    """Take over the plan of a version that kept the streams in it."""
    doomed.add_numbers(connection, turn.job_id, doomed.STREAM, plan.pop("streams"))
    plan["steps"] = steps


# -- devices -------------------------------------------------------------------------------------------------------------


def _cut_off(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    return 0, removal.cut_off(connection, turn)


# -- log -----------------------------------------------------------------------------------------------------------------


def _look_at_log(store: Store, turn: jobs.Turn, plan: dict[str, Any]) -> Found:
    """Find the entries of the people, of their browsers, and those that only name them: what was refused or done in their
    names when nobody had proven to be them."""
    people, devices = (doomed.numbers(turn.job_id, kind) for kind in (doomed.PERSON, doomed.DEVICE))
    theirs = sa.or_(_log.person_id.in_(people), _log.other_id.in_(people), _log.device_id.in_(devices))
    query = sa.select(_log.log_id, _log.anonymous_id, _log.cause, _log.detail, theirs.label("theirs")).where(
        _log.site_id == turn.site_id,
        _log.log_id > plan.get("at", 0),
        sa.or_(_log.op != _NAMES_ITS_OWN, theirs),
        _log.op != Op.PERSON_DELETED,
    )
    with store.read() as connection:
        names = doomed.names(connection, turn.job_id)
        rows = connection.execute(query.order_by(_log.log_id).limit(LOOKED_AT)).all()
    said = (msgspec.json.encode([row.anonymous_id, row.cause, row.detail]).decode() for row in rows)
    ids = tuple(row.log_id for row, text in zip(rows, said, strict=True) if row.theirs or names.are_in_text(text))
    return Found(ids, rows[-1].log_id if rows else 0, len(rows) < LOOKED_AT)


_NAMES_ITS_OWN = Op.ANONYMOUS_MERGE
"""By far the most entries are of this kind; they name nobody but their own person and device."""
_ENTRIES = "DELETE FROM identity_log WHERE site_id = {mark} AND log_id IN ({keys})"


def _remove_entries(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    found: Found = turn.found
    delete_in(connection, _ENTRIES, (turn.site_id,), [(one,) for one in found.ids])
    plan["at"] = found.after
    if found.is_end and "after" in plan:  # of a job that goes on with other people
        doomed.forget(connection, turn.job_id, _NUMBERED, jobs.AT_ONCE)
    return 0, found.is_end


_NUMBERED = (doomed.PERSON, doomed.DEVICE, doomed.EXCLUDED)


# -- events --------------------------------------------------------------------------------------------------------------

_NAMING = Flag.UNVERIFIED | Flag.TYPED | Flag.IMPERSONATED
"""Flags of events that name somebody, perhaps by an address only."""
_EVENTS = "DELETE FROM event WHERE site_id = {mark} AND (device_id, message_id) IN ({keys})"
_STREAMS = "DELETE FROM doomed WHERE job_id = {mark} AND kind = {mark} AND value = '' AND number IN ({keys})"


def _remove_events(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    """Remove some events of some streams; of people, with what the quarantine keeps under their message ids."""
    return _remove_events_of(connection, turn, doomed.STREAM, is_of_people=plan.get("is_of_people", True))


def _remove_named_events(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    return _remove_events_of(connection, turn, doomed.NAMED_STREAM, is_of_people=True)


def _remove_events_of(connection: sa.Connection, turn: jobs.Turn, kind: str, *, is_of_people: bool) -> tuple[int, bool]:
    streams = doomed.numbers(turn.job_id, kind).order_by(tables.doomed.c.number).limit(STREAMS_AT_ONCE)
    numbers = connection.execute(streams).scalars().all()
    keys = connection.execute(
        sa.select(_event.device_id, _event.message_id, _event.fingerprint, _event.sender, _event.flags, _event.user_id)
        .where(_event.site_id == turn.site_id, _event.stream_id.in_(streams.subquery().select()))
        .limit(jobs.AT_ONCE)
    ).all()
    delete_in(connection, _EVENTS, (turn.site_id,), [(row[0], row[1]) for row in keys])
    # What named somebody has a tombstone where it was dropped, or is somebody's and stays: no retry tells them apart.
    named = [row for row in keys if is_of_people or row.user_id is not None or row.flags & _NAMING]
    event_tombstones.bury(connection, turn.site_id, turn.key, (tuple(row)[:5] for row in named))
    if is_of_people:
        quarantine.remove_messages(connection, turn.site_id, (row[1] for row in keys))
    if len(keys) < jobs.AT_ONCE:
        delete_in(connection, _STREAMS, (turn.job_id, kind), [(number,) for number in numbers])
    return len(keys), len(keys) < jobs.AT_ONCE and len(numbers) < STREAMS_AT_ONCE


# -- quarantine ----------------------------------------------------------------------------------------------------------


def _look_at_quarantine(store: Store, turn: jobs.Turn, plan: dict[str, Any]) -> Found:
    """Find what names one of them, in whatever shape."""
    query = sa.select(_quarantine.quarantine_id, _quarantine.body, _quarantine.detail, _quarantine.message_id).where(
        _quarantine.site_id == turn.site_id, _quarantine.quarantine_id > plan.get("at", 0)
    )
    ids: list[int] = []
    after, size, number = 0, 0, 0
    with store.read() as connection:
        names = doomed.names(connection, turn.job_id)
        if not names:
            return Found()
        with connection.execution_options(stream_results=True, max_row_buffer=10).execute(
            query.order_by(_quarantine.quarantine_id).limit(LOOKED_AT)
        ) as rows:
            for row in rows:
                body = bytes(row.body)
                after, size, number = row.quarantine_id, size + len(body), number + 1
                if any(names.are_in(part) for part in (body, row.detail.encode(), (row.message_id or "").encode()) if part):
                    ids.append(row.quarantine_id)
                if size > LOOKED_AT_BYTES:
                    return Found(tuple(ids), after, is_end=False)
    return Found(tuple(ids), after, number < LOOKED_AT)


def _remove_quarantined(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    found: Found = turn.found
    quarantine.remove(connection, turn.site_id, found.ids)
    plan["at"] = found.after
    return 0, found.is_end


# -- the end -------------------------------------------------------------------------------------------------------------


def _forget(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    return 0, doomed.forget(connection, turn.job_id, (*_NUMBERED, *doomed.NAMED, doomed.STREAM), jobs.AT_ONCE)


def _scrub(store: Store, turn: jobs.Turn, plan: dict[str, Any]) -> Found:
    return Found(is_end=scrubbing.scrub(store))


def _end(connection: sa.Connection, turn: jobs.Turn, plan: dict[str, Any]) -> tuple[int, bool]:
    found: Found = turn.found
    return 0, found.is_end


_LOOKS: dict[str, Callable[[Store, jobs.Turn, dict[str, Any]], Found]] = {
    "log": _look_at_log,
    "quarantine": _look_at_quarantine,
    "scrub": _scrub,
}
_STEPS: dict[str, Callable[[sa.Connection, jobs.Turn, dict[str, Any]], tuple[int, bool]]] = {
    "devices": _cut_off,
    "log": _remove_entries,
    "events": _remove_events,
    "named_events": _remove_named_events,
    "quarantine": _remove_quarantined,
    "forget": _forget,
    "scrub": _end,
}
