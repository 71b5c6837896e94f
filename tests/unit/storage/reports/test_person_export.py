"""Export of a person, read in pieces. Its contents: web/api/test_people.py."""

from __future__ import annotations

import tracemalloc

import pytest
import sqlalchemy as sa

from collector.domain.corrections import Detach, MergePeople, Unmerge
from collector.errors import NotFound
from collector.schemas.export_lines import lines
from collector.storage import tables
from collector.storage.operations import deletion
from collector.storage.operations.corrections import carry_out
from collector.storage.reports import EventRow, person_export
from collector.storage.reports.person_export import LogRecord, open_export
from tests.support.app import NOW, App
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")


@pytest.fixture
def story(app: App) -> Story:
    return Story(app)


def test_unknown_person_is_refused_before_anything_is_read(story: Story) -> None:
    """Refusal at the call, not the first record: no answer has begun yet."""
    for number in (0, 1, -1, 2**63 - 1):
        with pytest.raises(NotFound):
            open_export(story.app.installation.store, story.app.site.site_id, number)


def test_an_export_is_never_in_memory(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Export of 2,000 events of 6 KB in pieces of 10: a hundredth of them at once, at most."""
    monkeypatch.setattr(person_export, "AT_ONCE", 10)
    story.identify("x", "A")
    number = int(story.id_of("A"))
    _multiply(story.app, 2_000, filling=6_000)
    site_id, sizes = story.app.site.site_id, []
    tracemalloc.start()
    try:
        for chunk in lines(open_export(story.app.installation.store, site_id, number)):
            sizes.append(len(chunk))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(sizes) > 10_000_000
    assert max(sizes) < 200_000
    assert peak < 3_000_000


def _multiply(app: App, times: int, filling: int = 1_000) -> None:
    """Write the first event so many times more, a second apart."""
    with app.installation.store.write() as connection:
        row = dict(connection.execute(sa.select(tables.event).limit(1)).mappings().one())
        row["properties"] = {"filling": "x" * filling}
        connection.execute(
            tables.event.insert(),
            [{**row, "message_id": f"more-{number}", "ts": NOW + number // 2 * 1_000_000} for number in range(times)],
        )


def test_every_event_is_exported_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces neither skip nor repeat, also between events of the same moment."""
    story.identify("x", "A")
    _multiply(story.app, 60)
    for size in (1, 2, 7, 61, 100):
        monkeypatch.setattr(person_export, "AT_ONCE", size)
        store, site_id, number = story.app.installation.store, story.app.site.site_id, int(story.id_of("A"))
        events = [record for record in open_export(store, site_id, number) if isinstance(record, EventRow)]
        assert len(events) == len({event.message_id for event in events}) == 61
        assert [event.ts for event in events] == sorted(event.ts for event in events)


@pytest.mark.parametrize("taken", ["detached", "unmerged", "deleted", "merged"])
def test_events_taken_meanwhile_are_not_exported(story: Story, monkeypatch: pytest.MonkeyPatch, taken: str) -> None:
    """Slow downloads do not tell what is no longer this person's."""
    monkeypatch.setattr(person_export, "AT_ONCE", 1)
    story.page("y")
    story.identify("y", "B")
    for _ in range(4):
        story.page("y")
    story.identify("x", "A")
    story.merge("B", into="A")
    store, site, a = story.app.installation.store, story.app.site, int(story.id_of("A"))
    records = open_export(store, site.site_id, a)
    events = (record for record in records if isinstance(record, EventRow))
    assert next(events)
    now = story.app.clock()
    if taken == "detached":
        carry_out(store, site, Detach("y"), "test", now)
    elif taken == "unmerged":
        carry_out(store, site, Unmerge(int(story.last_merge())), "test", now)
    elif taken == "deleted":
        deletion.delete_person(store, site, a, b"key", "test", now)
    else:
        story.identify("c", "C")
        carry_out(store, site, MergePeople(a, int(story.id_of("C"))), "test", now)
    rest = [record.message_id for record in events]
    assert len(rest) == {"detached": 2, "unmerged": 1, "deleted": 0, "merged": 6}[taken]


def test_a_long_log_is_exported_in_pieces(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.identify("x", "A")
    for hour in range(5):
        story.identify("x", "B", at=10 + hour * 3_600)
    monkeypatch.setattr(person_export, "AT_ONCE", 2)
    found = open_export(story.app.installation.store, story.app.site.site_id, int(story.id_of("B")))
    entries = [record for record in found if isinstance(record, LogRecord)]
    assert [entry.detail["reason"] for entry in entries if entry.op == "merge_refused"] == ["claimed_by_another"] * 5
    assert sorted(entry.at for entry in entries) == [entry.at for entry in entries]
