"""Counts of what became of everything received, and the quarantine."""

from __future__ import annotations

import msgspec
from litestar import get

from ...domain.times import iso
from ...storage import reports
from ...storage.reports import HourCount, QuarantineRow
from .dependencies import Reader, StoreDependency
from .parameters import Cursor, Limit, row_limit


class Ends(msgspec.Struct):
    """received = stored + duplicate + quarantined + refused."""

    received: int
    stored: int
    duplicate: int
    quarantined: int
    refused: int


class HourAnswer(Ends, kw_only=True):
    hour: str


class CountsAnswer(Ends, kw_only=True):
    reasons: dict[str, int]
    identified_people: int
    hours: list[HourAnswer]
    next: str | None


class QuarantineEntry(msgspec.Struct):
    """An event that was set aside. `body` is what came, as text; bytes that are not UTF-8 are replaced."""

    at: str
    reason: str
    detail: str
    source: str
    message_id: str | None
    body: str


class QuarantineAnswer(msgspec.Struct):
    quarantined: list[QuarantineEntry]
    next: str | None


@get("/counts", summary="What became of everything received", sync_to_thread=True)
def counts(store: StoreDependency, reader: Reader, limit: Limit = None, cursor: Cursor = None) -> CountsAnswer:
    """Totals, and the same per hour, newest first: received = stored + duplicate + quarantined + refused."""
    rows = row_limit(limit)
    with store.read() as connection:
        total = reports.totals(connection, reader.site_id)
        page = reports.hours(connection, reader.site_id, limit=rows, cursor=cursor)
        reasons = reports.reasons(connection, reader.site_id)
        identified = reports.count_people(connection, reader.site_id, 0).identified
    return CountsAnswer(
        total.received,
        total.stored,
        total.duplicate,
        total.quarantined,
        total.refused,
        reasons=reasons,
        identified_people=identified,
        hours=[_hour_answer(row) for row in page.rows],
        next=page.next,
    )


@get("/quarantine", summary="Events that were set aside", sync_to_thread=True)
def quarantine(store: StoreDependency, reader: Reader, limit: Limit = None, cursor: Cursor = None) -> QuarantineAnswer:
    """Newest first, each with the reason and with the body as it came."""
    rows = row_limit(limit)
    with store.read() as connection:
        page = reports.recent_quarantine(connection, reader.site_id, limit=rows, cursor=cursor)
    return QuarantineAnswer([_quarantine_entry(row) for row in page.rows], page.next)


def _hour_answer(row: HourCount) -> HourAnswer:
    return HourAnswer(row.received, row.stored, row.duplicate, row.quarantined, row.refused, hour=iso(row.hour or 0))


def _quarantine_entry(row: QuarantineRow) -> QuarantineEntry:
    return QuarantineEntry(
        iso(row.received_at),
        row.reason,
        row.detail,
        row.source,
        row.message_id,
        row.body.decode("utf-8", "replace"),
    )
