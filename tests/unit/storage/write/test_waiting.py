"""Waiting line: short requests in order, long ones in pieces between them, sites in turns, and nothing twice or never."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.cost import cost
from collector.domain.events import Event, Quarantined, Reason
from collector.domain.sites import Site
from collector.errors import PasserbyError, Unavailable
from collector.ports import Receipt, Submission
from collector.storage import tables
from collector.storage.write import journal as journal_module
from collector.storage.write.commit import commit_group
from collector.storage.write.journal import JournalSettings, WriterJournal
from collector.storage.write.waiting import Line, Piece, Waiting
from tests.support.app import NOW, App
from tests.unit.storage.write.test_journal import made

LATER = 1_000.0


def site(site_id: int) -> Site:
    return Site(site_id, "u", "n", "w", "p", "s", "x", "y")


def waiting(site_id: int, costs: list[int], bad: int = 0, deadline: float = LATER) -> Waiting:
    """Request of events that cost so much each."""
    events = [Event(n, site_id, "track", f"m{n}", 0, 0, raw=b"x" * 8192 * (price - 1)) for n, price in enumerate(costs)]
    assert [cost(event) for event in events] == costs
    aside = [Quarantined(len(events) + n, Reason.UNKNOWN_TYPE, "d", b"") for n in range(bad)]
    submission = Submission(site(site_id), len(events) + bad, 0, events, aside)
    return Waiting(submission, None, None, deadline)  # type: ignore[arg-type]


def indexes(piece: Piece) -> list[int]:
    return [event.index for event in piece.submission.events]


def emptied(line: Line) -> list[list[Piece]]:
    groups = []
    while line:
        groups.append(line.take(0.0))
    return groups


@given(st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(1, 6), max_size=12), st.integers(0, 3)), max_size=12))
def test_requests_come_once_in_order_and_within_the_limits(requests: list[tuple[int, list[int], int]]) -> None:
    line = Line(group_cost=12, piece_cost=5)
    added = [waiting(*request) for request in requests]
    for one in added:
        line.add(one)
    assert line.events == sum(len(costs) + bad for _, costs, bad in requests)
    groups = emptied(line)
    assert line.events == 0
    came: dict[int, list[Piece]] = {}
    for group in groups:
        long = [piece for piece in group if sum(map(cost, piece.waiting.submission.events)) > 5]
        assert len(long) <= 1, "one piece of one long request"
        short = [piece for piece in group if piece not in long]
        assert sum(cost(event) for piece in short[:-1] for event in piece.submission.events) < 12
        for piece in group:
            came.setdefault(id(piece.waiting), []).append(piece)
    for one in added:
        pieces = came[id(one)]
        assert [piece.is_last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
        assert [index for piece in pieces for index in indexes(piece)] == [event.index for event in one.submission.events]
        assert sum(piece.submission.received for piece in pieces) == one.submission.received
        assert [bad for piece in pieces for bad in piece.submission.quarantined] == one.submission.quarantined
        for piece in pieces:
            assert sum(map(cost, piece.submission.events)) <= 5 or len(piece.submission.events) == 1


def test_a_short_request_waits_for_one_piece_of_a_long_one() -> None:
    line = Line(group_cost=12, piece_cost=5)
    line.add(waiting(1, [1] * 100))
    first = line.take(0.0)
    line.add(short := waiting(2, [1]))
    second = line.take(0.0)
    assert [len(indexes(piece)) for piece in first] == [5]
    assert second[0].waiting is short
    assert indexes(second[1]) == [5, 6, 7, 8, 9]


def test_sites_with_long_requests_take_turns() -> None:
    """Fairness: a hundred long requests of one site do not make another's long request wait for all."""
    line = Line(group_cost=12, piece_cost=5)
    for _ in range(100):
        line.add(waiting(1, [1] * 10))
    line.add(other := waiting(2, [1] * 10))
    turns = [line.take(0.0)[0].waiting for _ in range(4)]
    assert turns.count(other) == 2
    assert turns[0] is turns[2], "of one site, the first is finished first"


def test_answered_requests_are_left_out() -> None:
    line = Line(group_cost=12, piece_cost=5)
    line.add(late := waiting(1, [1] * 10))
    line.add(waiting(1, [1], deadline=-1.0))
    line.add(waiting(2, [1] * 10, bad=2, deadline=-1.0))
    assert [piece.waiting for piece in line.take(0.0)] == [late]
    late.deadline = 0.0  # a piece of it failed: the rest is not tried
    assert line.take(1.0) == []
    assert (line.events, bool(line)) == (0, False)


@given(
    st.lists(st.tuples(st.integers(1, 2), st.lists(st.integers(1, 6), max_size=12), st.integers(0, 3)), max_size=8),
    st.lists(st.tuples(st.sampled_from(["take", "forget", "fail"]), st.integers(0, 7)), max_size=20),
)
def test_waiting_cost_is_counted_whatever_becomes_of_pieces(
    requests: list[tuple[int, list[int], int]], deeds: list[tuple[str, int]]
) -> None:
    """Requests may be given up while a piece of them is being committed, or when it has failed."""
    line = Line(group_cost=12, piece_cost=5)
    added = [waiting(*request) for request in requests]
    for one in added:
        line.add(one)
    for deed, number in deeds:
        if deed == "take":
            line.take(1.0)
        elif added and deed == "forget":
            line.forget(added[number % len(added)])
        elif added:
            added[number % len(added)].deadline = 0.0
        assert line.events >= 0
    emptied(line)
    assert line.events == 0


# -- through the journal, on the stores ----------------------------------------------------------------------------------


@pytest.fixture
def journal(app: App) -> Iterator[WriterJournal]:
    found = WriterJournal(app.installation.store, lambda: NOW, JournalSettings(piece_cost=10, wait_seconds=60))
    yield found
    found.stop()


async def submit(journal: WriterJournal, app: App, *messages: str, bad: int = 0) -> Receipt | PasserbyError:
    events = [made(app, message) for message in messages]
    aside = [Quarantined(len(events) + n, Reason.UNKNOWN_TYPE, "d", b"{}") for n in range(bad)]
    try:
        return await journal.submit(Submission(app.site, len(events) + bad, NOW, events, aside))
    except PasserbyError as error:
        return error


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


@pytest.mark.stores("sqlite", "postgresql")
def test_a_long_request_is_answered_as_a_whole(app: App, journal: WriterJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[list[int]] = []

    def noting(connection: Any, submissions: list[Submission], *rest: Any) -> list[Receipt]:
        groups.append([len(one.events) for one in submissions])
        return commit_group(connection, submissions, *rest)

    monkeypatch.setattr(journal_module, "commit_group", noting)

    async def both() -> list[Receipt | PasserbyError]:
        long = asyncio.ensure_future(submit(journal, app, *names("long", 35), "long0", bad=3))
        short = [asyncio.ensure_future(submit(journal, app, name)) for name in names("short", 3)]
        await asyncio.sleep(0)
        assert journal.queued == 39 + 3, "bad events wait too"
        journal.start()
        return [await long, *await asyncio.gather(*short)]

    long, *short = asyncio.run(both())
    assert isinstance(long, Receipt)
    assert (long.stored, long.duplicate, len(long.quarantined)) == (35, 1, 3)
    assert [one.stored for one in short if isinstance(one, Receipt)] == [1, 1, 1]
    assert [size for group in groups for size in group] == [1, 1, 1, 10, 10, 10, 6], "between others' groups, in pieces"
    app.assert_conserved()


@pytest.mark.stores("sqlite", "postgresql")
def test_a_piece_that_fails_ends_its_request(app: App, journal: WriterJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces committed before stay; 503 says that the outcome is unknown; sent again, nothing is counted twice."""
    from sqlalchemy.exc import OperationalError

    def failing(connection: Any, submissions: list[Submission], *rest: Any) -> list[Receipt]:
        if any(event.message_id == "m15" for one in submissions for event in one.events):
            raise OperationalError("COMMIT", {}, Exception("away"))
        return commit_group(connection, submissions, *rest)

    journal.start()
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "commit_group", failing)
        first = asyncio.run(submit(journal, app, *names("m", 35)))
    assert isinstance(first, Unavailable)
    assert "none is counted twice" in first.message
    assert len(app.rows(tables.event)) == 10
    again = asyncio.run(submit(journal, app, *names("m", 35)))
    assert isinstance(again, Receipt)
    assert (again.stored, again.duplicate) == (25, 10)
    asyncio.run(submit(journal, app, "last"))
    assert app.assert_conserved() == {"received": 71, "stored": 36, "duplicate": 10, "quarantined": 0, "refused": 25}


def test_progress_moves_the_deadline(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long requests are not given up while pieces are being committed, however long all of them take."""
    journal = WriterJournal(app.installation.store, lambda: NOW, JournalSettings(piece_cost=10, wait_seconds=0.4))
    pause = threading.Event()

    def slow(connection: Any, submissions: list[Submission], *rest: Any) -> list[Receipt]:
        pause.wait(0.15)
        return commit_group(connection, submissions, *rest)

    monkeypatch.setattr(journal_module, "commit_group", slow)
    journal.start()
    answer = asyncio.run(submit(journal, app, *names("m", 60)))
    journal.stop()
    assert isinstance(answer, Receipt)
    assert answer.stored == 60
