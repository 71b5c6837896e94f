"""Tombstones of a deleted person's events: hashes not to be tried out without the key, that a retry meets."""

from __future__ import annotations

from itertools import product

import pytest
import sqlalchemy as sa

from collector.domain.events import MARK, Flag, Proof, Sender
from collector.ingest.told import told
from collector.ports import Submission
from collector.storage import tables
from collector.storage.write import event_tombstones, tombstones
from collector.storage.write.commit import commit_group
from collector.storage.write.event_tombstones import EventTombstone, mark_of, seal_of
from tests.support.app import NOW, App
from tests.unit.storage.write.test_deduplication import PUBLIC, SERVER, SIGNED, Told, clear, event_of

pytestmark = pytest.mark.stores("sqlite", "postgresql")

KEY = b"k" * 64
PRINT = b"fingerprint"


def bury_all(app: App) -> None:
    """Bury as the job does that removes a person's events."""
    event = tables.event.c
    with app.installation.store.write() as connection:
        kept = sa.select(event.device_id, event.message_id, event.fingerprint, event.sender, event.flags)
        tombstones.put(connection, app.site.site_id, KEY, [("user", "gone")], NOW)
        event_tombstones.bury(connection, app.site.site_id, KEY, map(tuple, connection.execute(kept).all()))
        connection.execute(tables.event.delete())


def answers(app: App, said: list[Told], *, buried: bool) -> list[tuple[int, int, int]]:
    """Answers to the write key, each event in a group of its own, after which everything is removed, or not."""
    found = []
    for sender, content in said:
        submission = Submission(app.site, 1, NOW, [event_of(app, sender, content)], [])
        with app.installation.store.write() as connection:
            (receipt,) = commit_group(connection, [submission], {}, NOW, KEY)
        answer = told(receipt, Proof.ASSERTED)
        if sender == PUBLIC:
            found.append((answer.stored, answer.duplicate, len(answer.quarantined)))
        if buried:
            bury_all(app)
    clear(app)
    return found


@pytest.mark.parametrize("better", [SIGNED, SERVER])
def test_a_removed_event_is_met_like_one_that_is_there(app: App, better: Sender) -> None:
    """Oracle: anything by the write key, and by a better sender before, between or after."""
    for said, place, content in product(product("ab", repeat=3), range(4), "ab"):
        both: list[Told] = [(PUBLIC, one) for one in said]
        both.insert(place, (better, content))
        assert answers(app, both, buried=True) == answers(app, both, buried=False), both


def test_tombstone_rows(app: App) -> None:
    """Tombstone rows, one each, without the event, sender or place."""
    site = app.site.site_id
    removed = [(1, "m", PRINT, int(SERVER), int(Flag.BOT | Flag.ECHOED)), (2, f"m{MARK}public", PRINT, 0, 0)]
    with app.installation.store.write() as connection:
        event_tombstones.bury(connection, site, KEY, removed)
        event_tombstones.bury(connection, site, KEY, removed[:1])
        found = event_tombstones.find(connection, site, KEY, [(1, "m"), (1, "n"), (2, f"m{MARK}public")])
        assert found == {
            (1, "m"): EventTombstone(seal_of(KEY, PRINT), SERVER, Flag.ECHOED),
            (2, f"m{MARK}public"): EventTombstone(seal_of(KEY, PRINT), PUBLIC, 0),
        }
        event_tombstones.remove(connection, site, KEY, [(1, "m")])
        assert event_tombstones.find(connection, site, KEY, [(1, "m")]) == {}
    (row,) = app.rows(tables.event_tombstone)
    assert tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) == (
        site, mark_of(KEY, site, (2, f"m{MARK}public")), seal_of(KEY, PRINT), 0, 0,
    )  # fmt: skip


def test_tombstone_written_twice_is_an_error(app: App) -> None:
    """Race of two collectors that drop one event: one looks again; its client is told that it is a duplicate."""
    one = {(1, "m"): EventTombstone(PRINT, 0, 0)}
    with app.installation.store.write() as connection:
        event_tombstones.put(connection, app.site.site_id, KEY, one)
    with pytest.raises(sa.exc.IntegrityError), app.installation.store.write() as connection:
        event_tombstones.put(connection, app.site.site_id, KEY, one)


def test_hashes_depend_on_everything() -> None:
    marks = {
        mark_of(key, site, (device, message)) for key, site, device, message in product((b"k", b"l"), (1, 2), (1, 2), "mn")
    }
    assert len(marks) == 16
    assert len({seal_of(key, content) for key in (b"k", b"l") for content in (b"a", b"b")}) == 4
    assert {len(one) for one in marks} == {16}


def test_a_dropped_event_can_be_decided_again(app: App) -> None:
    """Group that lost a race, decided once more with the same events: what is remembered is the message id it came with."""
    event = event_of(app, PUBLIC, "late")
    with app.installation.store.write() as connection:
        tombstones.put(connection, app.site.site_id, KEY, [("user", "A")], NOW)
    for _ in range(2):
        with app.installation.store.write() as connection:
            (receipt,) = commit_group(connection, [Submission(app.site, 1, NOW, [event], [])], {}, NOW, KEY)
            (dropped,) = receipt.quarantined
            assert (dropped.body, dropped.message_id) == (b"", "")
            found = event_tombstones.find(connection, app.site.site_id, KEY, [(event.device_id, "m")])
            assert list(found) == [(event.device_id, "m")]
            connection.rollback()
