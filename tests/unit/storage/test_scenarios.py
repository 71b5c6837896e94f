"""Rows that the stories of tests/unit/scenarios leave: events written once, pointers set, and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from collector.storage import tables
from tests.support.app import App
from tests.unit.scenarios.consistency import check_consistency
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")

POINTED_AT = (tables.device, tables.stream, tables.event, tables.person, tables.identifier, tables.membership, tables.account)


@pytest.fixture
def story(app: App) -> Story:
    """A on x and B on y, each with a history, fields, an address and an account; x was contested by B."""
    told = Story(app)
    for x, user in (("x", "A"), ("y", "B")):
        told.identify(x, traits={"city": f"of {x}"})
        told.group(f"group of {x}", x)
        told.identify(x, user, email=f"{user}@x.io", traits={"plan": f"of {user}"})
        told.track(x, user)
    told.identify("x", "B")
    told.page("x")
    return told


def rows(story: Story, *some: sa.Table) -> dict[str, list[str]]:
    """Rows of these tables, or of all tables, as text."""
    return {table.name: sorted(map(repr, story.app.rows(table))) for table in some or tables.metadata.sorted_tables}


def test_a_claim_writes_no_event_row(story: Story) -> None:
    story.send(*(story.event("page", "z", at=1) for _ in range(500)))
    before = rows(story, tables.event)["event"]
    story.identify("z", "A")
    after = rows(story, tables.event)["event"]
    assert len(after) == len(before) + 1
    assert set(before) < set(after)


def test_a_merge_of_two_people_moves_two_pointers_and_back(story: Story) -> None:
    """Fields, streams, identifiers and accounts stay where they are: undoing leaves the rows as if it had not been."""
    before = rows(story, *POINTED_AT)
    story.merge("B", into="A")
    merged = rows(story, *POINTED_AT)
    assert {name for name in before if before[name] != merged[name]} == {"person"}
    story.unmerge(story.last_merge())
    assert rows(story, *POINTED_AT) == before


def test_a_detach_and_an_attach_move_one_pointer(story: Story) -> None:
    before = rows(story, *POINTED_AT)
    story.detach("y")
    detached = rows(story, *POINTED_AT)
    assert {name for name in before if before[name] != detached[name]} == {"stream", "person"}
    story.attach("y", "B")
    assert rows(story, tables.person) == {"person": before["person"]}, "the visits are as they were"


PREVIEWS: dict[str, Callable[[Story], Any]] = {
    "merge": lambda story: story.merge("B", into="A", preview=True),
    "detach": lambda story: story.detach("x", preview=True),
    "attach": lambda story: story.attach("x", "B", preview=True),
    "logout": lambda story: story.logout("x", at=story.now, preview=True),
    "delete": lambda story: story.delete("A", preview=True),
}


@pytest.mark.parametrize("operation", PREVIEWS)
def test_a_preview_leaves_every_row_as_it_was(story: Story, operation: str) -> None:
    before = rows(story)
    PREVIEWS[operation](story)
    assert rows(story) == before


def test_a_preview_of_an_undo_leaves_every_row_as_it_was(story: Story) -> None:
    story.merge("B", into="A")
    before = rows(story)
    story.unmerge(story.last_merge(), preview=True)
    assert rows(story) == before


def test_a_replay_leaves_every_row_but_the_counts(story: Story) -> None:
    told = [story.event("identify", "x", "C", email="A@x.io"), story.event("alias", "x", "A", previousId="w")]
    story.send(*told)
    before = rows(story)
    story.send(*told)
    after = rows(story)
    assert {name for name in before if before[name] != after[name]} <= {"hour_count", "commit_seq"}


def test_a_b_a_makes_no_third_epoch(story: Story) -> None:
    """Streams: one for the anonymous part, what is contested, and each user; none is added by coming again."""
    story.identify("x", "A")
    story.page("x")
    (device,) = (row.device_id for row in story.app.rows(tables.device) if row.owner == "x")
    kinds = sorted((row.kind, row.epoch) for row in story.app.rows(tables.stream) if row.device_id == device)
    assert kinds == [(0, -1), (0, 0), (1, 0), (1, 0)]


def test_counts_hold_everything_received(story: Story) -> None:
    told = [story.event("page", "x", at=1), story.event("identify", "x", "A", at=2), story.event("track", "z", "B", at=3)]
    for order in itertools.permutations(told):
        story.send(*order)
    story.send(story.event("track"))
    assert story.app.assert_conserved()["duplicate"] == 15
    check_consistency(story.app.installation.store)


def test_reads_beside_the_writer(story: Story) -> None:
    """Reads may happen at any time while the writer works."""
    before = len(story.app.events())
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(story.app.events) for _ in range(8)]
        for number in range(20):
            story.identify(f"z{number % 3}", f"Z{number % 3}")
        assert all(len(look.result()) >= before for look in looks)
    assert story.app.assert_conserved()["stored"] == before + 20
