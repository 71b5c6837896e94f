"""One transaction: the events of a group of requests, their identity effects, the bad side and the counters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog
from msgspec.structs import replace

from ...domain.applying import apply
from ...domain.changes import Change
from ...domain.deciding import Decision, Policy, policy_of
from ...domain.events import HOUR, Event, Flag, Quarantined, Reason
from ...domain.identity import decide
from ...domain.keys import new_id
from ...domain.limits import MAX_KEPT_BYTES, MAX_MESSAGE_ID
from ...domain.mentions import find_message_id
from ...domain.streams import State
from ...ports import Receipt, Submission
from .. import tables
from ..commit_order import next_seq
from . import quarantine, saving
from .claimants import load
from .deduplication import EventRows, Meeting, Outcome, kept_as
from .upsert import add_counts

log = structlog.get_logger()

QUARANTINE_ROWS = 100_000
QUARANTINE_BYTES = 256 * 1024 * 1024
"""Per site; what would lead past either is counted by reason, but nothing of it is kept."""

_OUTCOMES = ("received", "stored", "duplicate", "quarantined", "refused")
Entry = tuple[Event, Receipt]


def commit_group(
    connection: sa.Connection, submissions: list[Submission], refused: dict[int, int], now: int, key: bytes = b""
) -> list[Receipt]:
    """Write a group of submissions inside the caller's transaction; return one receipt for each, in order.

    `refused` are counts by site of what clients were told was refused since the last group; `key` is that of the
    tombstones. Raises loading.StateMoved when the group has to be decided again, and what the database raises.
    """
    receipts = [Receipt(quarantined=list(submission.quarantined)) for submission in submissions]
    by_site: dict[int, list[Entry]] = defaultdict(list)
    policies: dict[int, Policy] = {}
    for submission, receipt in zip(submissions, receipts, strict=True):
        by_site[submission.site.site_id].extend((event, receipt) for event in submission.events)
        policies[submission.site.site_id] = policy_of(submission.site)
    for site_id, entries in by_site.items():
        if entries:
            _commit_events(connection, site_id, entries, policies[site_id], now, key)
    _keep_quarantined(connection, submissions, receipts)
    _count(connection, submissions, receipts, refused, now)
    return receipts


def _commit_events(
    connection: sa.Connection, site_id: int, entries: list[Entry], policy: Policy, now: int, tombstone_key: bytes
) -> None:
    state, events = load(connection, site_id, [event for event, _ in entries], tombstone_key)
    seq = next_seq(connection, site_id)
    kept = EventRows(connection, site_id, events, tombstone_key, seq, state.has_tombstones)
    changes: list[Change] = []
    for event, (_, receipt) in zip(events, entries, strict=True):
        meeting = kept.meet(event)
        if meeting.outcome in (Outcome.CONFLICT, Outcome.DUPLICATE):
            _answer_again(state, event, receipt, policy)
        if meeting.outcome is Outcome.CONFLICT:
            _set_aside(receipt, event, Reason.ID_CONFLICT, "this messageId was already used for another event")
        elif meeting.outcome is Outcome.DUPLICATE:
            receipt.duplicate += 1
            if meeting.echo is not None:
                kept.note_echo(meeting.echo, event.asserted.sender)
                receipt.echoed += 1
        else:
            met = kept_as(event, meeting)
            decision = _decide(state, met, receipt, policy)
            if decision is not None:
                changes.extend(decision.changes)
                _keep(kept, met, meeting, decision, receipt)
    kept.write()
    if changes:
        saving.save(connection, site_id, changes, state, now, seq)
    kept.recount_visits()


def _answer_again(state: State, event: Event, receipt: Receipt, policy: Policy) -> None:
    """Give up the ids that a new event like this would: a retry comes where the first answer was lost, and what is answered
    does not tell whether the message id was there."""
    with suppress(Exception):  # what cannot be decided was not stored either
        receipt.rotate = (*receipt.rotate, *decide(state, event, partial(new_id, event.received_at), policy).rotate)


def _decide(state: State, event: Event, receipt: Receipt, policy: Policy) -> Decision | None:
    """Decide one event on top of the group so far. One that our own code cannot digest is set aside, alone."""
    try:
        decision = decide(state, event, partial(new_id, event.received_at), policy)
    except Exception as error:
        log.exception("event could not be decided", site_id=event.site_id, type=event.type)
        _set_aside(receipt, event, Reason.PROCESSING_ERROR, type(error).__name__)
        return None
    receipt.rotate = (*receipt.rotate, *decision.rotate)
    for change in decision.changes:
        apply(state, change)
    return decision


def _keep(kept: EventRows, event: Event, meeting: Meeting, decision: Decision, receipt: Receipt) -> None:
    """Take the row of a decided event; of somebody deleted, nothing but that it was there."""
    if decision.stream_id is None:
        kept.bury(event, meeting)
        detail = "of a deleted person; nothing of it was kept"
        receipt.quarantined.append(Quarantined(event.index, Reason.DELETED, detail, b"", ""))
        return
    if decision.changes and decision.has_left_out:
        event = replace(event, flags=event.flags | Flag.LEFT_OUT)
    kept.keep(event, _row(event, decision.stream_id, kept.seq), meeting)
    receipt.stored += meeting.outcome is Outcome.NEW
    receipt.duplicate += meeting.outcome is Outcome.PROVEN


_encode = msgspec.json.Encoder().encode


def _row(event: Event, stream_id: int, seq: int) -> tuple[Any, ...]:
    """The event in the order of the table's columns."""
    return (
        event.site_id,
        event.device_id,
        event.message_id,
        stream_id,
        event.time,
        event.received_at,
        event.original_time,
        event.type,
        event.name,
        event.url,
        event.anonymous_id,
        event.asserted.user_id,
        _encode(event.properties).decode(),
        _encode(event.context).decode(),
        event.flags,
        event.fingerprint,
        int(event.asserted.sender),
        seq,
    )


def _set_aside(receipt: Receipt, event: Event, reason: Reason, detail: str) -> None:
    kept = event.raw[:MAX_KEPT_BYTES]
    receipt.quarantined.append(Quarantined(event.index, reason, detail, kept, event.message_id))


def _keep_quarantined(connection: sa.Connection, submissions: list[Submission], receipts: list[Receipt]) -> None:
    by_site: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for submission, receipt in zip(submissions, receipts, strict=True):
        for bad in receipt.quarantined:
            by_site[submission.site.site_id].append(
                {
                    "site_id": submission.site.site_id,
                    "quarantine_id": new_id(submission.received_at),
                    "received_at": submission.received_at,
                    "reason": str(bad.reason),
                    "detail": bad.detail.encode("utf-8", "replace").decode().replace("\x00", "\ufffd"),
                    "source": submission.source,
                    "message_id": find_message_id(bad.body) if bad.message_id is None else bad.message_id[:MAX_MESSAGE_ID],
                    "body": bad.body,
                }
            )
    limit = quarantine.Size(QUARANTINE_ROWS, QUARANTINE_BYTES)
    for site_id, rows in sorted(by_site.items()):  # in this order: two collectors cannot then wait for each other in a circle
        quarantine.keep(connection, site_id, rows, limit)


def _count(
    connection: sa.Connection, submissions: list[Submission], receipts: list[Receipt], refused: dict[int, int], now: int
) -> None:
    """received is what came in, the others are where it ended: two sums made apart, so that they can disagree."""
    hours: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_OUTCOMES, 0))
    reasons: dict[tuple[int, int, str], int] = defaultdict(int)
    for submission, receipt in zip(submissions, receipts, strict=True):
        key = (submission.site.site_id, submission.received_at // HOUR * HOUR)
        totals = hours[key]
        totals["received"] += submission.received
        totals["stored"] += receipt.stored
        totals["duplicate"] += receipt.duplicate
        totals["quarantined"] += len(receipt.quarantined)
        for bad in receipt.quarantined:
            reasons[(*key, str(bad.reason))] += 1
    for site_id, count in refused.items():
        totals = hours[(site_id, now // HOUR * HOUR)]
        totals["received"] += count
        totals["refused"] += count
    _write_counts(connection, hours, reasons)


def _write_counts(
    connection: sa.Connection,
    hours: dict[tuple[int, int], dict[str, int]],
    reasons: dict[tuple[int, int, str], int],
) -> None:
    # Rows in key order: two collectors that add to the same hours cannot then wait for each other in a circle.
    rows = [{"site_id": site_id, "hour": hour, **totals} for (site_id, hour), totals in sorted(hours.items())]
    add_counts(connection, tables.hour_count, rows, _OUTCOMES)
    named: Iterable[dict[str, Any]] = (
        {"site_id": site_id, "hour": hour, "reason": reason, "count": count}
        for (site_id, hour, reason), count in sorted(reasons.items())
    )
    add_counts(connection, tables.reason_count, list(named), ("count",))
