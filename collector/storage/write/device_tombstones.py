"""Tombstones of devices: what was said under an anonymous id that is not kept, or no longer, beside a keyed hash of the id.

An event about somebody deleted keeps nothing of its anonymous id, an alias to what is a user's id makes no visitor of it, and
retention removes visitors. What the id is told later follows from what was said under it all the same (domain/naming.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ...domain.keys import keyed_hash
from ...domain.streams import Device
from .. import tables
from ..faults import StateMoved
from ..rows import to_boundaries, to_named
from .bulk import select_in
from .upsert import insert_for

_FOUND = "SELECT mark, contested_from, boundaries, named FROM device_tombstone WHERE site_id = {mark} AND mark IN ({keys})"
_LOCKED = f"{_FOUND} ORDER BY mark FOR UPDATE"
_TOLD = ("contested_from", "boundaries", "named")


def mark_of(key: bytes, site_id: int, anonymous_id: str) -> bytes:
    """Return the keyed hash of an anonymous id; `key` is that of the tombstones. Not of its device, whose key is no secret:
    somebody could find two ids that share one."""
    return keyed_hash(key, f"device\x00{site_id}\x00{anonymous_id}")


def find(connection: sa.Connection, site_id: int, key: bytes, owners: dict[int, str]) -> dict[int, Device]:
    """Return what is remembered of these devices, given with their anonymous ids, and lock it until the transaction ends."""
    marks = {mark_of(key, site_id, owner): device_id for device_id, owner in owners.items()}
    select = _FOUND if connection.dialect.name == "sqlite" else _LOCKED
    found = {}
    for row in select_in(connection, select, (site_id,), [(mark,) for mark in sorted(marks)]):
        device_id = marks[bytes(row[0])]
        found[device_id] = Device(
            device_id,
            owners[device_id],
            contested_from=row[1],
            boundaries=to_boundaries(row[2]),
            named=to_named(row[3]),
            is_kept=False,
        )
    return found


def put(connection: sa.Connection, site_id: int, key: bytes, devices: Iterable[Device]) -> None:
    """Remember these devices, which were kept, or more of those that `find` returned."""
    rows = _rows(site_id, key, devices)
    if rows:
        statement = insert_for(connection, tables.device_tombstone)
        keys = list(tables.device_tombstone.primary_key.columns)
        told = {name: statement.excluded[name] for name in _TOLD}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=told), rows)


def add(connection: sa.Connection, site_id: int, key: bytes, devices: Iterable[Device]) -> None:
    """Remember devices that `find` did not return. Raises StateMoved when another collector was faster."""
    rows = _rows(site_id, key, devices)
    if rows:
        try:
            connection.execute(tables.device_tombstone.insert(), rows)
        except sa.exc.IntegrityError as error:
            raise StateMoved from error


def _rows(site_id: int, key: bytes, devices: Iterable[Device]) -> list[dict[str, Any]]:
    """In the order of their marks: two collectors cannot then wait for each other in a circle."""
    rows = [
        {
            "site_id": site_id,
            "mark": mark_of(key, site_id, device.owner),
            **{name: getattr(device, name) for name in _TOLD},
        }
        for device in devices
    ]
    return sorted(rows, key=lambda row: bytes(row["mark"]))
