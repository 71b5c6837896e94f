"""Tombstones of anonymous ids that are not kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from collector.domain.streams import Boundary, Device, Named
from collector.storage import tables
from collector.storage.engine import Store
from collector.storage.faults import StateMoved
from collector.storage.write import device_tombstones

pytestmark = pytest.mark.stores("sqlite", "postgresql")
KEY = b"key"
TOLD = Device(
    7,
    "victim",
    contested_from=5,
    boundaries=(Boundary(3, 1),),
    named={0: Named("a", ("b",), 30), 1: Named(None, ("c",), 20)},
    is_kept=False,
)


def test_tombstone_gives_back_names_and_not_the_id(store: Store) -> None:
    with store.write() as connection:
        device_tombstones.put(connection, 1, KEY, [TOLD])
    with store.read() as connection:
        assert device_tombstones.find(connection, 1, KEY, {7: "victim", 8: "other"}) == {7: TOLD}
        assert device_tombstones.find(connection, 2, KEY, {7: "victim"}) == {}
        assert device_tombstones.find(connection, 1, b"other key", {7: "victim"}) == {}
        (row,) = connection.execute(sa.select(tables.device_tombstone)).all()
    assert "victim" not in repr(row) and bytes(row.mark) == device_tombstones.mark_of(KEY, 1, "victim")


def test_tombstone_remembers_more_of_the_same_id(store: Store) -> None:
    more = Device(7, "victim", named={0: Named("a", (), 50)}, is_kept=False)
    with store.write() as connection:
        for device in (TOLD, more):
            device_tombstones.put(connection, 1, KEY, [device])
        device_tombstones.put(connection, 1, KEY, [])
    with store.read() as connection:
        assert device_tombstones.find(connection, 1, KEY, {7: "victim"}) == {7: more}


def test_tombstone_race_is_decided_again_by_the_slower(store: Store) -> None:
    """Race of two collectors over the same new id: what the first remembers is not overwritten."""
    with store.write() as connection:
        device_tombstones.add(connection, 1, KEY, [TOLD])
    with pytest.raises(StateMoved), store.write() as connection:
        device_tombstones.add(connection, 1, KEY, [Device(7, "victim", is_kept=False)])
    with store.read() as connection:
        assert device_tombstones.find(connection, 1, KEY, {7: "victim"}) == {7: TOLD}


def test_two_ids_of_one_device_key_are_two(store: Store) -> None:
    with store.write() as connection:
        device_tombstones.add(connection, 1, KEY, [TOLD])
    with store.read() as connection:
        assert device_tombstones.find(connection, 1, KEY, {7: "another id"}) == {}
