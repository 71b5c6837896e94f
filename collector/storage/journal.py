"""The writer: one thread commits the events of many requests at once, and only then are they answered.

An answer waits for its group's commit, which on SQLite ends with an fsync (WAL, synchronous=FULL). While one group is
being flushed the next one gathers, so the number of flushes follows the disk and not the number of requests.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress

import msgspec
import sqlalchemy as sa
import structlog

from ..domain.events import Quarantined, Reason
from ..errors import PasserbyError, StoreBroken, Unavailable
from ..ingest.limits import MAX_KEPT_BYTES
from ..ports import Clock, Receipt, Submission
from .commit import commit_group
from .engine import Store, is_disk_fault, is_lost_race
from .loading import StateMoved

log = structlog.get_logger()

GROUP_EVENTS = 2_000
"""Events in one commit, at most; a larger group would only make its first request wait."""
QUEUE_EVENTS = 20_000
"""Events waiting, at most; past this a request is answered 503 at once."""
WAIT_SECONDS = 2.0
"""How long a request waits for its commit before it is answered 503."""
IDLE_SECONDS = 1.0
RACES = 5


class JournalSettings(msgspec.Struct, frozen=True):
    group_events: int = GROUP_EVENTS
    queue_events: int = QUEUE_EVENTS
    wait_seconds: float = WAIT_SECONDS


class _Waiting(msgspec.Struct, eq=False):
    submission: Submission
    answer: asyncio.Future[Receipt]
    loop: asyncio.AbstractEventLoop
    deadline: float


class WriterJournal:
    """The journal of one process. `start()` before the first submit; `stop()` commits what waits and ends the thread.

    `on_broken` is called once, from the writer thread, when a flush failed: nothing may be acknowledged any more and
    the process has to restart. `on_commit` is told of every commit: its seconds, the receipts, and how many events were
    counted as refused. `tombstone_key` is the key of the hashes that deleted people leave behind.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: JournalSettings | None = None,
        on_broken: Callable[[], None] = lambda: None,
        on_commit: Callable[[float, list[Receipt], int], None] = lambda *_: None,
        tombstone_key: bytes = b"",
    ) -> None:
        self._store = store
        self._tombstone_key = tombstone_key
        self._clock = clock
        self._settings = settings or JournalSettings()
        self._on_broken = on_broken
        self._on_commit = on_commit
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._refused: Counter[int] = Counter()
        self._ready = threading.Condition()
        self._stopping = False
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    # -- the event loop's side -----------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit everything that waits, then return; later submissions are answered 503."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def queued(self) -> int:
        """Events that wait for their commit."""
        return self._queued

    @property
    def is_ready(self) -> bool:
        return self._thread.is_alive() and not self._broken and not self._stopping

    def refuse(self, site_id: int, count: int = 1) -> None:
        with self._ready:
            self._refused[site_id] += count

    async def submit(self, submission: Submission) -> Receipt:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = loop.create_future()
        seconds = self._settings.wait_seconds
        waiting = _Waiting(submission, answer, loop, time.monotonic() + seconds)
        self._enqueue(waiting)
        timer = loop.call_later(seconds, _give_up, answer)
        try:
            return await answer
        except Unavailable:
            self._forget(waiting)
            self.refuse(submission.site.site_id, submission.received)
            raise
        finally:
            timer.cancel()

    def _forget(self, waiting: _Waiting) -> None:
        """Let go of a request that was answered while it waited: its memory is given to others from then on."""
        with self._ready, suppress(ValueError):
            self._queue.remove(waiting)  # near the front: all wait equally long
            self._queued -= _size(waiting.submission)

    def _enqueue(self, waiting: _Waiting) -> None:
        with self._ready:
            if self._broken or self._stopping or self._queued >= self._settings.queue_events:
                self._refused[waiting.submission.site.site_id] += waiting.submission.received
                raise StoreBroken if self._broken else Unavailable
            self._queue.append(waiting)
            self._queued += _size(waiting.submission)
            self._ready.notify()

    # -- the writer's side ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            group, refused, is_last = self._take()
            if group or refused:
                self._settle(group, self._commit_safely(group, refused))
            if is_last:
                return

    def _take(self) -> tuple[list[_Waiting], dict[int, int], bool]:
        """Wait for work; take one group of requests that still want their answer."""
        with self._ready:
            if not self._queue and not self._stopping:
                self._ready.wait(IDLE_SECONDS)
            group: list[_Waiting] = []
            size = 0
            now = time.monotonic()
            while self._queue and size < self._settings.group_events:
                waiting = self._queue.popleft()
                self._queued -= _size(waiting.submission)
                if waiting.deadline > now:
                    group.append(waiting)
                    size += _size(waiting.submission)
            refused, self._refused = dict(self._refused), Counter()
            return group, refused, self._stopping and not self._queue

    def _commit_safely(self, group: list[_Waiting], refused: dict[int, int]) -> list[Receipt | PasserbyError]:
        """Commit the group; when something in it makes that impossible, each request alone, so that one cannot harm
        the others."""
        submissions = [waiting.submission for waiting in group]
        try:
            return [*self._commit(submissions, refused)]
        except sa.exc.OperationalError as error:
            with self._ready:
                self._refused.update(refused)
            return [self._unavailable(error) for _ in group]
        except Exception:
            log.exception("a group could not be committed", requests=len(group))
        with self._ready:
            self._refused.update(refused)
        if len(group) > 1:
            return [outcome for waiting in group for outcome in self._commit_safely([waiting], {})]
        return [self._commit_as_bad(submission) for submission in submissions]

    def _commit(self, submissions: list[Submission], refused: dict[int, int]) -> list[Receipt]:
        started = time.perf_counter()
        for attempt in range(RACES):
            try:
                with self._store.write() as connection:
                    receipts = commit_group(connection, submissions, refused, self._clock(), self._tombstone_key)
                break
            except (StateMoved, sa.exc.OperationalError) as error:
                if attempt == RACES - 1 or not (isinstance(error, StateMoved) or is_lost_race(error)):
                    raise
        self._on_commit(time.perf_counter() - started, receipts, sum(refused.values()))
        return receipts

    def _commit_as_bad(self, submission: Submission) -> Receipt | PasserbyError:
        """The last resort for a request that our own code cannot digest: keep its events, as bytes, on the bad side."""
        bad = [
            Quarantined(event.index, Reason.PROCESSING_ERROR, "", event.raw[:MAX_KEPT_BYTES], event.message_id)
            for event in submission.events
        ]
        kept = msgspec.structs.replace(submission, events=[], quarantined=[*submission.quarantined, *bad])
        try:
            return self._commit([kept], {})[0]
        except Exception as error:
            log.exception("a request could not be kept")
            return self._unavailable(error)

    def _unavailable(self, error: Exception) -> PasserbyError:
        if not is_disk_fault(error):
            log.error("the store is not available", error=str(getattr(error, "orig", error)))
            return Unavailable()
        log.critical("a flush to disk failed; stopping", error=str(getattr(error, "orig", error)))
        if not self._broken:
            self._broken = True
            self._on_broken()
        return StoreBroken()

    def _settle(self, group: list[_Waiting], outcomes: list[Receipt | PasserbyError]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Receipt], Receipt | PasserbyError]]] = {}
        for waiting, outcome in zip(group, outcomes, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting.answer, outcome))
        for loop, answers in by_loop.items():
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be answered
                loop.call_soon_threadsafe(_answer, answers)


def _size(submission: Submission) -> int:
    """Events of both sides: those that are set aside wait, and are written, as the others."""
    return len(submission.events) + len(submission.quarantined)


def _answer(answers: list[tuple[asyncio.Future[Receipt], Receipt | PasserbyError]]) -> None:
    for answer, outcome in answers:
        if answer.done():
            continue
        if isinstance(outcome, Receipt):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)


def _give_up(answer: asyncio.Future[Receipt]) -> None:
    if not answer.done():
        answer.set_exception(Unavailable())
