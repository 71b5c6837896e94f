"""Everything about one person, read in pieces: no history is ever held in memory, and no reader holds the store open.

Each piece is a short read of its own, because whoever downloads may be slow. What is taken from the person meanwhile
(detached, unmerged, deleted) is not in the pieces that follow. Nothing of anybody else is in any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ..errors import NotFound
from . import tables
from .engine import Store
from .reports.columns import ATTRIBUTED, EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row, stream
from .reports.lookup import canonical_ids, members, resolve
from .reports.people import get_person, identities, merges_of
from .reports.shapes import EventRow, Identity, MergeRow, PersonRow

AT_ONCE = 500

_identifier, _log = tables.identifier.c, tables.identity_log.c

_OWN_DETAILS = frozenset(
    {"since", "strength", "fields_filled", "account", "old_account", "reason", "rotated", "merge_id", "by"}
)  # fmt: skip
_OTHERS_DETAILS = frozenset({"reason"})
"""What may be told of an entry in which the person is the other one: the rest is about whoever asked."""


class IdentifierRecord(msgspec.Struct, frozen=True):
    """One of the person's names; `strength` is the proof with which it was said."""

    type: str
    value: str
    strength: int
    created_at: int


class LogRecord(msgspec.Struct, frozen=True):
    """A decision about identity that this person asked for or got (`role` is person), or had something to do with."""

    op: str
    at: int
    role: str
    anonymous_id: str | None
    detail: dict[str, Any]


class Head(msgspec.Struct, frozen=True):
    """What is told before the log and the events; `merges` come with whether the source is this person now."""

    person: PersonRow
    identifiers: list[IdentifierRecord]
    devices: list[Identity]
    merges: list[tuple[MergeRow, bool]]


Record = Head | LogRecord | EventRow


def open_export(store: Store, site_id: int, person_id: int) -> Iterator[Record]:
    """Return everything about a person: the head, then log entries, then events, by stream and oldest first.

    A number that was merged stands for whom it was merged into. Raises NotFound, at once, for an unknown one.
    """
    with store.read() as connection:
        person = get_person(connection, site_id, person_id)
        if person is None:
            raise NotFound("There is no person with this id.")
        of = sorted(members(connection, {person.person_id}))
        head = _head(connection, site_id, person, of)
        streams = _streams(connection, site_id, of)
    return _records(_Reading(store, site_id, person.person_id, frozenset(of)), head, streams)


def _head(connection: sa.Connection, site_id: int, person: PersonRow, of: list[int]) -> Head:
    merges = merges_of(connection, site_id, person.person_id)
    return Head(
        person,
        _identifiers(connection, of),
        identities(connection, site_id, person.person_id),
        [(merge, merge.source_id in of) for merge in merges],
    )


def _identifiers(connection: sa.Connection, of: list[int]) -> list[IdentifierRecord]:
    query = (
        sa.select(_identifier.kind, _identifier.display, _identifier.strength, _identifier.created_at)
        .where(_identifier.person_id.in_(of))
        .order_by(_identifier.created_at, _identifier.kind, _identifier.value)
    )
    return [IdentifierRecord(*row) for row in connection.execute(query)]


def _streams(connection: sa.Connection, site_id: int, of: list[int]) -> list[int]:
    query = sa.select(stream.stream_id).where(stream.site_id == site_id, stream.person_id.in_(of))
    return list(connection.execute(query.order_by(stream.stream_id)).scalars())


def _records(reading: _Reading, head: Head, streams: list[int]) -> Iterator[Record]:
    yield head
    yield from _log_entries(reading, {device.anonymous_id for device in head.devices})
    for stream_id in streams:
        yield from _events(reading, stream_id)


class _Reading(msgspec.Struct, frozen=True):
    """Whose export it is; `members` are those who were this person when it began."""

    store: Store
    site_id: int
    person_id: int
    members: frozenset[int]

    def still(self, connection: sa.Connection) -> list[int]:
        """Those who are this person still; nobody once it is deleted."""
        canonical = canonical_ids(connection, self.site_id, set(self.members))
        return [member for member, root in canonical.items() if root == canonical.get(self.person_id)]


# -- the log -------------------------------------------------------------------------------------------------------------


def _log_entries(reading: _Reading, devices: set[str]) -> Iterator[LogRecord]:
    after: tuple[int, int] | None = None
    while True:
        with reading.store.read() as connection:
            of = reading.still(connection)
            rows = connection.execute(_log_query(reading.site_id, of, after)).all()
        yield from (_log_record(row, of, devices) for row in rows)
        if len(rows) < AT_ONCE:
            return
        after = (rows[-1].at, rows[-1].log_id)


def _log_query(site_id: int, of: list[int], after: tuple[int, int] | None) -> sa.Select[Any]:
    query = sa.select(tables.identity_log).where(_log.site_id == site_id, sa.or_(_log.person_id.in_(of), _log.other_id.in_(of)))
    if after is not None:
        key = sa.tuple_(_log.at, _log.log_id)
        query = query.where(_log.at >= after[0], key > sa.tuple_(*after, types=(sa.BigInteger(), sa.BigInteger())))
    return query.order_by(_log.at, _log.log_id).limit(AT_ONCE)


def _log_record(row: Any, of: Iterable[int], devices: set[str]) -> LogRecord:
    """As the other one of an entry, a person is told nothing of who asked, nor on which device."""
    is_own = row.person_id in of
    anonymous_id = row.anonymous_id if is_own or row.anonymous_id in devices else None
    told = _OWN_DETAILS if is_own else _OTHERS_DETAILS
    detail = {key: value for key, value in row.detail.items() if key in told}
    return LogRecord(row.op, row.at, "person" if is_own else "other", anonymous_id, detail)


# -- events --------------------------------------------------------------------------------------------------------------


def _events(reading: _Reading, stream_id: int) -> Iterator[EventRow]:
    after: tuple[int, str] | None = None
    while True:
        with reading.store.read() as connection:
            query = _events_query(reading.site_id, reading.still(connection), stream_id, after)
            rows = resolve(connection, reading.site_id, [event_row(row) for row in connection.execute(query)])
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = (rows[-1].ts, rows[-1].message_id)


def _events_query(site_id: int, of: list[int], stream_id: int, after: tuple[int, str] | None) -> sa.Select[Any]:
    """Along the index of streams and times; only while the stream is still this person's."""
    query = (
        sa.select(*EVENT_COLUMNS)
        .select_from(WRITTEN_EVENTS)
        .where(event.stream_id == stream_id, event.site_id == site_id, stream.person_id.in_(of), ATTRIBUTED)
    )
    if after is not None:
        key = sa.tuple_(event.ts, event.message_id)
        query = query.where(event.ts >= after[0], key > sa.tuple_(*after, types=(sa.BigInteger(), sa.Text())))
    return query.order_by(event.ts, event.message_id).limit(AT_ONCE)
