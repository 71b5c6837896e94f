"""Everything about one person, read in pieces: no history is ever held in memory, and no reader holds the store open.

Each piece is a short read of its own, because whoever downloads may be slow. What is taken from the person meanwhile
(detached, unmerged, deleted) is not in the pieces that follow. Nothing of anybody else is in any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ...errors import NotFound
from .. import tables
from ..engine import Store
from .columns import ASSERTED, EVENT_COLUMNS, WRITTEN_EVENTS, event, event_row, same_event, stream
from .lookup import canonical_ids, members, resolve
from .people import get_person, identities, merges_of
from .shapes import EventRow, Identity, MergeRow, PersonRow

AT_ONCE = 500
STREAMS_AT_ONCE = 50

_identifier, _log = tables.identifier.c, tables.identity_log.c

_OWN_DETAILS = frozenset(
    {"since", "strength", "fields_filled", "account", "old_account", "reason", "rotated", "merge_id", "by"}
)
_OTHERS_DETAILS = frozenset({"reason"})
"""Details that may be told of an entry in which the person is the other one: the rest is about whoever asked."""


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
    """Head of an export, before the log and the events; `merges` come with whether the source is this person now."""

    person: PersonRow
    identifiers: list[IdentifierRecord]
    devices: list[Identity]
    merges: list[tuple[MergeRow, bool]]


Record = Head | LogRecord | EventRow

StreamKey = tuple[int, int]
"""(stream, device)."""
Position = tuple[int, int, str]
"""(stream, ts, message id)."""


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


def _streams(connection: sa.Connection, site_id: int, of: list[int]) -> list[StreamKey]:
    query = sa.select(stream.stream_id, stream.device_id).where(stream.site_id == site_id, stream.person_id.in_(of))
    return [(row[0], row[1]) for row in connection.execute(query.order_by(stream.stream_id))]


def _records(reading: _Reading, head: Head, streams: list[StreamKey]) -> Iterator[Record]:
    yield head
    yield from _log_entries(reading, {device.anonymous_id for device in head.devices})
    yield from _events(reading, streams)


class _Reading(msgspec.Struct, frozen=True):
    """Export of one person; `members` are those who were this person when it began."""

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


def _events(reading: _Reading, streams: list[StreamKey]) -> Iterator[EventRow]:
    after: Position | None = None
    start = 0
    while start < len(streams):
        some = streams[start : start + STREAMS_AT_ONCE]
        with reading.store.read() as connection:
            rows = _piece(connection, reading, some, after)
        yield from rows
        if len(rows) < AT_ONCE:
            start, after = start + len(some), None
        else:
            last = rows[-1]
            after = (last.stream_id, last.ts, last.message_id)
            start += next(number for number, (stream_id, _) in enumerate(some) if stream_id == last.stream_id)


def _piece(connection: sa.Connection, reading: _Reading, some: list[StreamKey], after: Position | None) -> list[EventRow]:
    """Read the next events of a few streams, as far as they are still the person's."""
    reach = _reach(connection, reading, some)
    if not reach:
        return []
    each = [_keys_of_stream(stream_id, since, after) for stream_id, since in reach]
    keys = sa.union_all(*(sa.select(part) for part in each)).subquery()
    order = (keys.c.stream_id, keys.c.ts, keys.c.message_id)
    next_keys = sa.select(keys).order_by(*order).limit(AT_ONCE).subquery()
    query = (
        sa.select(*EVENT_COLUMNS)
        .select_from(next_keys.join(WRITTEN_EVENTS, same_event(next_keys)))
        .order_by(event.stream_id, event.ts, event.message_id)
    )
    return resolve(connection, reading.site_id, [event_row(row) for row in connection.execute(query)])


def _reach(connection: sa.Connection, reading: _Reading, some: list[StreamKey]) -> list[tuple[int, int | None]]:
    """(stream, first time that counts): asserted streams whole, claimed ones as far back as the claim reaches."""
    query = sa.select(stream.stream_id, stream.kind, stream.attributed_from).where(
        stream.site_id == reading.site_id,
        stream.device_id.in_([device_id for _, device_id in some]),
        stream.stream_id.in_([stream_id for stream_id, _ in some]),
        stream.person_id.in_(reading.still(connection)),
    )
    rows = connection.execute(query.order_by(stream.stream_id))
    return [(row.stream_id, None if row.kind == ASSERTED else row.attributed_from) for row in rows]


def _keys_of_stream(stream_id: int, since: int | None, after: Position | None) -> sa.Subquery:
    """Along the index of streams and times, which names a stream fully by its number."""
    query = sa.select(event.site_id, event.device_id, event.stream_id, event.message_id, event.ts)
    query = query.where(event.stream_id == stream_id)
    if since is not None:
        query = query.where(event.ts >= since)
    if after is not None and after[0] == stream_id:
        key = sa.tuple_(event.ts, event.message_id)
        query = query.where(event.ts >= after[1], key > sa.tuple_(*after[1:], types=(sa.BigInteger(), sa.Text())))
    return query.order_by(event.ts, event.message_id).limit(AT_ONCE).subquery()
