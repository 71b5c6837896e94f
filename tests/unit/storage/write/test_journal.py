"""Writer: group commit, back-pressure, deadlines, poison, a store that goes away and comes back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collector.domain.events import Event, Proof, Quarantined, Reason
from collector.domain.keys import device_key
from collector.errors import PasserbyError, StoreBroken, Unavailable
from collector.ports import Receipt, Submission
from collector.storage import tables
from collector.storage.engine import Store
from collector.storage.write import journal as journal_module
from collector.storage.write.commit import commit_group
from collector.storage.write.journal import JournalSettings, WriterJournal
from tests.support.app import NOW, PATIENCE_SECONDS, App
from tests.support.events import make_event
from tests.support.sqlite import pysqlite3

pytestmark = pytest.mark.stores("sqlite", "postgresql")

Commits = list[tuple[int, int]]


class Bench:
    """Journal on a real store, with what it committed and whether it gave up. It waits as long as a busy machine needs, unless
    a test says `wait_seconds`."""

    def __init__(self, app: App, **settings: Any) -> None:
        self.app = app
        self.commits: Commits = []
        self.broken = threading.Event()
        self.journal = WriterJournal(
            app.installation.store, lambda: NOW, JournalSettings(**{"wait_seconds": PATIENCE_SECONDS, **settings}), self.broken.set,
            lambda _, receipts, refused: self.commits.append((len(receipts), sum(one.stored for one in receipts))),
        )  # fmt: skip

    def submission(self, *messages: str, bad: int = 0, **more: Any) -> Submission:
        events = [made(self.app, message, **more) for message in messages]
        quarantined = [Quarantined(len(events) + index, Reason.UNKNOWN_TYPE, "d", b"{}") for index in range(bad)]
        return Submission(self.app.site, len(events) + bad, NOW, events, quarantined)

    async def submit(self, *messages: str, **more: Any) -> Receipt | PasserbyError:
        try:
            return await self.journal.submit(self.submission(*messages, **more))
        except PasserbyError as error:
            return error

    def submit_all(self, *each: tuple[str, ...]) -> list[Receipt | PasserbyError]:
        async def together() -> list[Receipt | PasserbyError]:
            return list(await asyncio.gather(*(self.submit(*messages) for messages in each)))

        return asyncio.run(together())

    def stored(self) -> set[str]:
        return {row.message_id for row in self.app.rows(tables.event)}


def made(app: App, message: str, anonymous: str = "x", **more: Any) -> Event:
    values: dict[str, Any] = {"fingerprint": b"f", "device_id": device_key(app.site.site_id, anonymous), **more}
    return make_event(
        app.site.site_id, "track", message, NOW, name="e", anonymous_id=anonymous, owner=anonymous,
        strength=Proof.ASSERTED, raw=b'{"raw":1}', **values,
    )  # fmt: skip


@pytest.fixture
def bench(app: App) -> Iterator[Bench]:
    made_here = Bench(app)
    yield made_here
    made_here.journal.stop()


def test_many_requests_share_a_commit(bench: Bench) -> None:
    """Group commit: one is flushed as the next gathers: far fewer commits than requests, each answered for itself."""
    bench.journal.start()
    answers = bench.submit_all(*((f"m{number}",) for number in range(200)))
    assert [answer.stored for answer in answers if isinstance(answer, Receipt)] == [1] * 200
    assert len(bench.stored()) == 200
    assert len(bench.commits) < 20, bench.commits
    assert sum(stored for _, stored in bench.commits) == 200
    bench.app.assert_conserved()


def test_a_group_has_a_limit(app: App) -> None:
    bench = Bench(app, group_cost=10)

    async def queue_then_start() -> list[Receipt]:
        waiting = [asyncio.ensure_future(bench.journal.submit(bench.submission(f"a{n}", f"b{n}", f"c{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        assert bench.journal.queued == 60
        bench.journal.start()
        return list(await asyncio.gather(*waiting))

    receipts = asyncio.run(queue_then_start())
    bench.journal.stop()
    assert [receipt.stored for receipt in receipts] == [3] * 20
    assert max(stored for _, stored in bench.commits) <= 12, "the last request may pass the limit, not more"
    assert bench.journal.queued == 0


def test_duplicates_in_one_group_and_over_groups(bench: Bench) -> None:
    bench.journal.start()
    answers = bench.submit_all(("m1", "m1"), ("m1",), ("m2",))
    again = bench.submit_all(("m1",), ("m2",))
    both = [(answer.stored, answer.duplicate) for answer in (*answers, *again) if isinstance(answer, Receipt)]
    assert sum(stored for stored, _ in both) == 2
    assert sum(duplicate for _, duplicate in both) == 4
    bench.app.assert_conserved()


def test_receipt_holds_what_was_quarantined_before(bench: Bench) -> None:
    bench.journal.start()
    answer = asyncio.run(bench.submit("m1", bad=2))
    assert isinstance(answer, Receipt)
    assert (answer.stored, [bad.index for bad in answer.quarantined]) == (1, [1, 2])
    assert bench.app.assert_conserved()["received"] == 3


def eventually(holds: Callable[[], bool]) -> bool:
    """Return whether it comes to hold, on a busy machine too."""
    for _ in range(1200):
        if holds():
            return True
        time.sleep(0.05)
    return False


# -- back-pressure -------------------------------------------------------------------------------------------------------


def test_a_full_queue_is_503_at_once(app: App) -> None:
    bench = Bench(app, queue_events=5, wait_seconds=30)

    async def fill() -> list[Receipt | PasserbyError]:
        first = [asyncio.ensure_future(bench.submit(f"a{number}")) for number in range(5)]
        await asyncio.sleep(0)
        late = [await bench.submit("late1"), await bench.submit("late2", "late3")]
        assert not any(one.done() for one in first), "refused at once: those before it still wait"
        bench.journal.start()
        return [*late, *await asyncio.gather(*first)]

    answers = asyncio.run(fill())
    assert [type(answer) for answer in answers[:2]] == [Unavailable, Unavailable]
    assert all(isinstance(answer, Receipt) for answer in answers[2:])
    bench.journal.stop()
    assert app.assert_conserved() == {"received": 8, "stored": 5, "duplicate": 0, "quarantined": 0, "refused": 3}


def test_bad_events_wait_as_the_others(app: App) -> None:
    """Bad events are held and written too: a queue of them is as full."""
    bench = Bench(app, queue_events=5, wait_seconds=30)

    async def fill() -> list[Receipt | PasserbyError]:
        first = asyncio.ensure_future(bench.submit(bad=5))
        await asyncio.sleep(0)
        assert bench.journal.queued == 5
        late = await bench.submit(bad=1)
        bench.journal.start()
        return [late, await first]

    late, first = asyncio.run(fill())
    assert isinstance(late, Unavailable)
    assert isinstance(first, Receipt)
    bench.journal.stop()
    assert app.assert_conserved() == {"received": 6, "stored": 0, "duplicate": 0, "quarantined": 5, "refused": 1}
    assert bench.journal.queued == 0


def test_memory_of_requests_answered_503_is_freed(app: App) -> None:
    """Memory no longer counted for a sender, so the queue must not keep it until the writer comes by."""
    bench = Bench(app, wait_seconds=0.05)
    assert isinstance(asyncio.run(bench.submit("m1", bad=3)), Unavailable)
    assert bench.journal.queued == 0
    assert not bench.journal._line


def test_the_deadline(app: App) -> None:
    """Deadline: what is not committed in time gets 503, never stored later behind the client's back."""
    bench = Bench(app, wait_seconds=1.0)
    answer = asyncio.run(bench.submit("m1"))
    assert isinstance(answer, Unavailable)
    bench.journal.start()
    assert isinstance(asyncio.run(bench.submit("m2")), Receipt)
    bench.journal.stop()
    assert bench.stored() == {"m2"}
    assert app.assert_conserved() == {"received": 2, "stored": 1, "duplicate": 0, "quarantined": 0, "refused": 1}


def test_503_over_http_says_when_to_come_back(tmp_path: Path) -> None:
    with App(tmp_path / "data", wait_seconds=0.2) as app:
        blocker = pysqlite3.connect(str(app.folder / "passerby.db"), isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        answer = app.batch({"type": "track", "event": "e", "anonymousId": "a", "messageId": "m1"})
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        assert answer.json["code"] == "unavailable"
        assert app.bento({"events": [{"type": "t", "email": "a@x.io"}]}).status == 503
        assert app.request("GET", "/healthz").status == 200, "reads still work"
        assert app.request("GET", "/readyz").status == 503
        assert app.get("/api/counts")["received"] == 0
        blocker.execute("ROLLBACK")
        assert eventually(lambda: app.request("GET", "/readyz").status == 200), "by itself, without an event that asks"
        blocker.close()
        deadline = time.monotonic() + 10
        while app.batch({"type": "track", "event": "e", "anonymousId": "a", "messageId": "m1"}).status != 200:
            assert time.monotonic() < deadline, "recovers without a restart"
        counts = app.assert_conserved()
        assert counts["stored"] + counts["duplicate"] >= 1
        assert counts["refused"] >= 2


# -- poison --------------------------------------------------------------------------------------------------------------


def test_a_request_that_cannot_be_committed_harms_nobody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Poison in a group makes the commit impossible: the others are stored, the poison is kept as bytes."""

    def poisoned(connection: sa.Connection, submissions: list[Submission], *rest: Any) -> list[Receipt]:
        if any(event.message_id == "poison" for one in submissions for event in one.events):
            raise ValueError("our own fault")
        return commit_group(connection, submissions, *rest)

    monkeypatch.setattr(journal_module, "commit_group", poisoned)

    async def together() -> list[Receipt | PasserbyError]:
        waiting = [asyncio.ensure_future(bench.submit(message)) for message in ("m1", "poison", "m2", "m3")]
        await asyncio.sleep(0)
        bench.journal.start()
        return list(await asyncio.gather(*waiting))

    answers = asyncio.run(together())
    assert all(isinstance(answer, Receipt) for answer in answers), answers
    assert bench.stored() == {"m1", "m2", "m3"}
    (kept,) = bench.app.quarantine()
    assert (kept.reason, kept.message_id, kept.body) == ("processing_error", "poison", b'{"raw":1}')
    assert isinstance(asyncio.run(bench.submit("m4")), Receipt), "the queue moves on"
    bench.app.assert_conserved()


def test_an_event_that_cannot_be_decided_fails_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from collector.domain import identity
    from collector.storage.write import commit

    decide = identity.decide

    def poisoned(state: Any, event: Event, *rest: Any) -> Any:
        if event.message_id == "poison":
            raise KeyError("our own fault")
        return decide(state, event, *rest)

    monkeypatch.setattr(commit, "decide", poisoned)
    bench.journal.start()
    answer = asyncio.run(bench.submit("m1", "poison", "m2"))
    assert isinstance(answer, Receipt)
    assert (answer.stored, [(bad.reason, bad.message_id) for bad in answer.quarantined]) == (
        2,
        [("processing_error", "poison")],
    )
    assert bench.stored() == {"m1", "m2"}
    bench.app.assert_conserved()


def test_an_event_that_the_database_refuses_harms_nobody(bench: Bench) -> None:
    """Value that no column takes (here: a lone surrogate that got past the repair)."""
    bench.journal.start()

    async def together() -> list[Receipt | PasserbyError]:
        return list(await asyncio.gather(bench.submit("m1"), bench.submit("bad", url="\ud800"), bench.submit("m2")))

    answers = asyncio.run(together())
    assert all(isinstance(answer, Receipt) for answer in answers), answers
    assert bench.stored() == {"m1", "m2"}
    assert [row.reason for row in bench.app.quarantine()] == ["processing_error"]
    bench.app.assert_conserved()


# -- the store goes away -------------------------------------------------------------------------------------------------


@pytest.mark.stores("sqlite")
def test_the_database_is_locked_for_a_while(app: App) -> None:
    bench = Bench(app, wait_seconds=0.5)
    bench.journal.start()
    blocker = pysqlite3.connect(str(app.folder / "passerby.db"), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert isinstance(asyncio.run(bench.submit("m1")), Unavailable)
    blocker.execute("COMMIT")
    blocker.close()
    deadline = time.monotonic() + 10
    while not isinstance(asyncio.run(bench.submit("m2")), Receipt):
        assert time.monotonic() < deadline
    bench.journal.stop()
    assert "m2" in bench.stored()
    assert not bench.broken.is_set()
    app.assert_conserved()


@pytest.mark.stores("sqlite")
def test_a_full_disk(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disk full, for which SQLite's page limit stands in: 503, nothing half-written, and on it goes when there is room."""
    store = app.installation.store
    pages: list[int | None] = [None]

    class Small:
        """Store, on which every write connection has this many pages at most."""

        def write(self) -> Any:
            return _limited(store, pages)

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

    bench = Bench(app, wait_seconds=5)
    monkeypatch.setattr(bench.journal, "_store", Small())
    bench.journal.start()
    assert isinstance(asyncio.run(bench.submit("m0")), Receipt)
    pages[0] = 1  # cannot shrink below what there is: exactly full
    big = {"x": "y" * 30_000}
    answers = [asyncio.run(bench.submit(f"m{number}", properties=big)) for number in range(1, 4)]
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert not bench.journal.is_ready
    assert not bench.broken.is_set(), "a full disk is no broken disk"
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.event)).scalar_one() == 1, "reads work"
    pages[0] = 1_000_000
    assert isinstance(asyncio.run(bench.submit("m1", properties=big)), Receipt), "recovers without a restart"
    assert bench.journal.is_ready
    bench.journal.stop()
    assert bench.stored() == {"m0", "m1"}
    assert app.assert_conserved() == {"received": 5, "stored": 2, "duplicate": 0, "quarantined": 0, "refused": 3}


def _limited(store: Store, pages: list[int | None]) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def write() -> Iterator[sa.Connection]:
        with store.write() as connection:
            if pages[0] is not None:
                connection.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}")
            yield connection

    return write()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_really_full_disk(tmp_path: Path) -> None:
    """Disk full, on a file system of 3 MiB (F10): 503 once it is full, all that was acknowledged is there, and
    the first 200 comes when there is room again, without a restart."""
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.decode().strip()}")
    try:
        with App(tmp_path / "template"):
            pass
        for name in ("passerby.db", "secret"):
            (mount / name).write_bytes((tmp_path / "template" / name).read_bytes())
            (mount / name).chmod(0o600)
        ballast = mount / "ballast"
        ballast.write_bytes(b"x" * 500_000)
        with App(mount) as app:
            acknowledged = set()
            for number in range(400):
                event = {
                    "type": "track",
                    "event": "e",
                    "anonymousId": "a",
                    "messageId": f"m{number}",
                    "properties": {"x": "y" * 20_000},
                }
                answer = app.batch(event)
                assert answer.status in (200, 503), answer
                if answer.status == 503:
                    break
                acknowledged.add(f"m{number}")
            else:
                raise AssertionError("the disk never filled up")
            assert answer.headers["retry-after"]
            assert app.get("/api/counts")["stored"] == len(acknowledged), "the console's questions are still answered"
            ballast.unlink()
            assert app.batch({**event, "messageId": "again"}).status == 200
            assert {row["message_id"] for row in app.events()} == acknowledged | {"again"}
            app.assert_conserved()
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


def test_failed_fsync_ends_the_journal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed fsync: nothing may be trusted: no second try, no more acknowledgements, a restart is asked for."""
    bench.journal.start()
    assert isinstance(asyncio.run(bench.submit("m1")), Receipt)

    def failing(*_: Any) -> list[Receipt]:
        raise sa.exc.OperationalError("COMMIT", {}, pysqlite3.OperationalError("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "commit_group", failing)
        assert isinstance(asyncio.run(bench.submit("m2")), StoreBroken)
    assert bench.broken.is_set()
    assert not bench.journal.is_ready
    answer = asyncio.run(bench.submit("m3"))
    assert isinstance(answer, StoreBroken)
    assert answer.status == 503
    assert bench.stored() == {"m1"}


# -- the end -------------------------------------------------------------------------------------------------------------


def test_stop_commits_what_waits(app: App) -> None:
    bench = Bench(app)

    async def stop_at_once() -> list[Receipt | PasserbyError]:
        waiting = [asyncio.ensure_future(bench.submit(f"m{number}")) for number in range(50)]
        await asyncio.sleep(0)
        bench.journal.start()
        await asyncio.get_running_loop().run_in_executor(None, bench.journal.stop)
        late = await bench.submit("late")
        return [*await asyncio.gather(*waiting), late]

    *answers, late = asyncio.run(stop_at_once())
    assert all(isinstance(answer, Receipt) for answer in answers)
    assert isinstance(late, Unavailable)
    assert bench.stored() == {f"m{number}" for number in range(50)}
    bench.journal.stop()


def test_a_client_that_went_away_is_no_fault(bench: Bench) -> None:
    bench.journal.start()

    async def gone() -> None:
        task = asyncio.ensure_future(bench.submit("m1"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(gone())
    assert isinstance(asyncio.run(bench.submit("m2")), Receipt)
    assert "m2" in bench.stored()
    bench.app.assert_conserved()


def test_refusals_are_counted_without_any_event(bench: Bench) -> None:
    bench.journal.start()
    bench.journal.refuse(bench.app.site.site_id, 3)
    deadline = time.monotonic() + 5
    while bench.app.counts()["refused"] < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert bench.app.assert_conserved() == {"received": 3, "stored": 0, "duplicate": 0, "quarantined": 0, "refused": 3}
