"""Tombstones of deleted people's events: a keyed hash of each message id and of its content (rule R28).

Without it, a retry after a deletion would be answered as a new event, where anybody else's is a duplicate: whoever sends one
again would learn who was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from ...domain.events import Flag
from ...domain.keys import keyed_hash
from .. import tables
from .bulk import delete_in, select_in
from .upsert import insert_new

Key = tuple[int, str]
"""Device and message id."""

Removed = tuple[int, str, bytes, int, int]
"""Device, message id, fingerprint, sender and flags of an event."""

_FOUND = "SELECT mark, seal, sender, echoes FROM event_tombstone WHERE site_id = {mark} AND mark IN ({keys})"
_REMOVED = "DELETE FROM event_tombstone WHERE site_id = {mark} AND mark IN ({keys})"


class EventTombstone(NamedTuple):
    """An event that is no more: the hash of its content (`seal_of`), its sender, and flags of who said the same."""

    seal: bytes
    sender: int
    echoes: int


def mark_of(key: bytes, site_id: int, event: Key) -> bytes:
    """Return the keyed hash of a device and message id; `key` is that of the tombstones."""
    return keyed_hash(key, f"event\x00{site_id}\x00{event[0]}\x00{event[1]}")


def seal_of(key: bytes, fingerprint: bytes) -> bytes:
    """Return the keyed hash of an event's fingerprint."""
    return keyed_hash(key, b"fingerprint\x00" + fingerprint)


def find(connection: sa.Connection, site_id: int, key: bytes, events: Iterable[Key]) -> dict[Key, EventTombstone]:
    """Return those of the events that were deleted."""
    marks = {mark_of(key, site_id, event): event for event in events}
    rows = select_in(connection, _FOUND, (site_id,), [(mark,) for mark in sorted(marks)])
    return {marks[bytes(row[0])]: EventTombstone(bytes(row[1]), row[2], row[3]) for row in rows}


def remove(connection: sa.Connection, site_id: int, key: bytes, events: Iterable[Key]) -> None:
    """Forget that these events were there."""
    delete_in(connection, _REMOVED, (site_id,), [(mark_of(key, site_id, event),) for event in sorted(events)])


def put(connection: sa.Connection, site_id: int, key: bytes, tombstones: dict[Key, EventTombstone]) -> None:
    """Remember these events. Raises sqlalchemy.exc.IntegrityError when one is remembered already."""
    rows = [_row(key, site_id, event, one) for event, one in sorted(tombstones.items())]
    if rows:
        connection.execute(tables.event_tombstone.insert(), rows)


def bury(connection: sa.Connection, site_id: int, key: bytes, events: Iterable[Removed]) -> None:
    """Remember events that are removed."""
    rows = []
    for device_id, message_id, fingerprint, sender, flags in events:
        tombstone = EventTombstone(seal_of(key, fingerprint), sender, flags & (Flag.ECHOED | Flag.ECHOED_SIGNED))
        rows.append(_row(key, site_id, (device_id, message_id), tombstone))
    insert_new(connection, tables.event_tombstone, rows)


def _row(key: bytes, site_id: int, event: Key, one: EventTombstone) -> dict[str, int | bytes]:
    mark = mark_of(key, site_id, event)
    return {"site_id": site_id, "mark": mark, "seal": one.seal, "sender": one.sender, "echoes": one.echoes}
