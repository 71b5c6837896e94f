"""Finding the one row that a name stands for: a device by its anonymous id, a person by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.keys import device_key
from .. import tables
from .columns import device, person
from .shapes import EventRow


def find_device(connection: sa.Connection, site_id: int, anonymous_id: str) -> sa.Row[Any] | None:
    """Return the device row of an anonymous id, None if it was never seen.

    The key is computed; two owners with the same 63-bit key are told apart by storage, which tries the next attempt.
    """
    if "\x00" in anonymous_id:
        return None
    attempt = 0
    while True:
        key = device_key(site_id, anonymous_id, attempt)
        row = connection.execute(
            sa.select(tables.device).where(device.site_id == site_id, device.device_id == key)
        ).one_or_none()
        if row is None:
            return None
        if row.owner == anonymous_id:
            return None if row.virtual else row
        attempt += 1


def canonical_ids(connection: sa.Connection, site_id: int, person_ids: set[int]) -> dict[int, int]:
    """Return person id -> canonical person id for those that exist in this site."""
    if not person_ids:
        return {}
    rows = connection.execute(
        sa.select(person.person_id, person.canonical_id).where(
            person.site_id == site_id, person.person_id.in_(sorted(person_ids))
        )
    )
    return {row[0]: row[1] for row in rows}


def resolve(connection: sa.Connection, site_id: int, rows: Sequence[EventRow]) -> list[EventRow]:
    """Return the same events, each with the canonical person instead of the one who claimed or asserted it."""
    canonical = canonical_ids(connection, site_id, {row.person_id for row in rows if row.person_id is not None})
    return [
        row if row.person_id is None else msgspec.structs.replace(row, person_id=canonical.get(row.person_id)) for row in rows
    ]


def members(connection: sa.Connection, canonical: set[int]) -> dict[int, int]:
    """Return person id -> canonical person id of everyone who was merged into one of `canonical`, themselves included."""
    if not canonical:
        return {}
    rows = connection.execute(
        sa.select(person.person_id, person.canonical_id).where(person.canonical_id.in_(sorted(canonical)))
    )
    return {row[0]: row[1] for row in rows}
