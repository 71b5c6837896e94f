"""The writer: one thread commits the events of many requests at once, and only then are they answered.

An answer waits for its group's commit, which on SQLite ends with an fsync (WAL, synchronous=FULL). While one group is
being flushed the next one gathers, so the number of flushes follows the disk and not the number of requests.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress

import msgspec
import structlog

from ...deadlines import Deadlines
from ...errors import PasserbyError, StoreBroken, Unavailable
from ...logs import described
from ...ports import Clock, Receipt, Submission
from ...supervised import Supervised
from ...turns import short_turns
from ..engine import Store
from ..faults import Fault, fault_of, is_of_the_store
from ..races import retry
from .apart import commit_apart, joined
from .commit import commit_group
from .waiting import GROUP_COST, PIECE_COST, Line, Piece, Waiting

log = structlog.get_logger()

QUEUE_EVENTS = 20_000
"""Events waiting, at most; past this a request is answered 503 at once."""
WAIT_SECONDS = 2.0
"""How long a request waits for its commit, or for the next piece of it, before it is answered 503."""
IDLE_SECONDS = 1.0


class JournalSettings(msgspec.Struct, frozen=True):
    group_cost: int = GROUP_COST
    piece_cost: int = PIECE_COST
    queue_events: int = QUEUE_EVENTS
    wait_seconds: float = WAIT_SECONDS


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
        self._line = Line(self._settings.group_cost, self._settings.piece_cost)
        self._refused: Counter[int] = Counter()
        self._deadlines: Deadlines[Waiting] = Deadlines(self._settings.wait_seconds, _give_up)
        self._ready = threading.Condition()
        self._stopping = False
        self._broken = False
        self._is_away = False
        self._began: float | None = None
        self.thread = Supervised("journal", self._run)

    # -- the event loop's side -----------------------------------------------------------------------------------

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Commit everything that waits, then return; later submissions are answered 503."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        self.thread.join()

    @property
    def queued(self) -> int:
        """Events that wait for their commit, bad ones too."""
        return self._line.events

    @property
    def is_ready(self) -> bool:
        """Say whether the last commit went well, and none under way takes longer than requests wait for it."""
        if not self.thread.is_alive or self._broken or self._stopping or self._is_away:
            return False
        began = self._began
        return began is None or time.monotonic() - began < self._settings.wait_seconds

    def refuse(self, site_id: int, count: int = 1) -> None:
        with self._ready:
            self._refused[site_id] += count

    async def submit(self, submission: Submission) -> Receipt:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = loop.create_future()
        waiting = Waiting(submission, answer, loop, self._deadline())
        self._enqueue(waiting)
        self._deadlines.watch(waiting)
        try:
            return await answer
        except Unavailable:
            with self._ready:
                self._line.forget(waiting)
                self._refused[submission.site.site_id] += waiting.left
            raise
        finally:
            self._deadlines.unwatch(waiting)

    def _deadline(self) -> float:
        return time.monotonic() + self._settings.wait_seconds

    def _enqueue(self, waiting: Waiting) -> None:
        with self._ready:
            if self._broken or self._stopping or self._line.events >= self._settings.queue_events:
                self._refused[waiting.submission.site.site_id] += waiting.submission.received
                raise StoreBroken if self._broken else Unavailable
            self._line.add(waiting)
            self._ready.notify()

    # -- the writer's side ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            group, refused, is_last = self._take()
            try:
                if group or refused:  # after a failure there are refused ones to count, so a store that is back is noticed
                    self._began = time.monotonic()
                    with short_turns() if any(piece.is_of_long for piece in group) else nullcontext():
                        outcomes = self._commit_safely(group, refused)
                    self._settle(group, outcomes)
            except BaseException:
                for piece in group:  # answered 503 in their time; of a long one, nothing more is tried
                    piece.waiting.deadline = 0.0
                raise
            finally:
                self._began = None
            if is_last:
                return

    def _take(self) -> tuple[list[Piece], dict[int, int], bool]:
        """Wait for work; take one group of requests that still want their answer."""
        with self._ready:
            if not self._line and not self._stopping:
                self._ready.wait(IDLE_SECONDS)
            group = self._line.take(time.monotonic())
            refused, self._refused = dict(self._refused), Counter()
            return group, refused, self._stopping and not self._line

    def _commit_safely(self, group: list[Piece], refused: dict[int, int]) -> list[Receipt | PasserbyError]:
        """Commit the group; when something in it makes that impossible, each request alone, so that one cannot harm
        the others."""
        submissions = [piece.submission for piece in group]
        try:
            return [*self._commit(submissions, refused)]
        except Exception as error:
            with self._ready:
                self._refused.update(refused)
            if is_of_the_store(error):
                self._is_away = True
                return [self._unavailable(error) for _ in group]
            log.exception("a group could not be committed", requests=len(group))
        if len(group) > 1:
            return [outcome for piece in group for outcome in self._commit_safely([piece], {})]
        return [self._commit_apart(submission) for submission in submissions]

    def _commit(self, submissions: list[Submission], refused: dict[int, int]) -> list[Receipt]:
        started = time.perf_counter()

        def once() -> list[Receipt]:
            with self._store.write() as connection:
                return commit_group(connection, submissions, refused, self._clock(), self._tombstone_key)

        receipts = retry(once)
        self._is_away = False
        self._on_commit(time.perf_counter() - started, receipts, sum(refused.values()))
        return receipts

    def _commit_apart(self, submission: Submission) -> Receipt | PasserbyError:
        """The last resort for a request with something that cannot be stored: that alone is set aside."""
        try:
            return commit_apart(submission, lambda part: self._commit([part], {})[0])
        except Exception as error:
            log.exception("a request could not be kept")
            return self._unavailable(error)

    def _unavailable(self, error: Exception) -> PasserbyError:
        if fault_of(error) is not Fault.BROKEN:
            log.error("the store is not available", error=described(error))
            return Unavailable()
        log.critical("a flush to disk failed; stopping", error=described(error))
        if not self._broken:
            self._broken = True
            self._on_broken()
        return StoreBroken()

    def _settle(self, group: list[Piece], outcomes: list[Receipt | PasserbyError]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Receipt], Receipt | PasserbyError]]] = {}
        for piece, outcome in zip(group, outcomes, strict=True):
            final = self._progress(piece, outcome)
            if final is not None:
                by_loop.setdefault(piece.waiting.loop, []).append((piece.waiting.answer, final))
        for loop, answers in by_loop.items():
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be answered
                loop.call_soon_threadsafe(_answer, answers)

    def _progress(self, piece: Piece, outcome: Receipt | PasserbyError) -> Receipt | PasserbyError | None:
        """Note what became of a piece; return the answer of its request, None while pieces of it are still to come."""
        waiting = piece.waiting
        if not isinstance(outcome, Receipt):
            waiting.deadline = 0.0  # what is left of it is not tried: it comes again as a whole
            return outcome
        waiting.left -= piece.submission.received
        waiting.receipt = outcome if waiting.receipt is None else joined(waiting.receipt, outcome)
        waiting.deadline = self._deadline()
        return waiting.receipt if piece.is_last else None


def _answer(answers: list[tuple[asyncio.Future[Receipt], Receipt | PasserbyError]]) -> None:
    for answer, outcome in answers:
        if answer.done():
            continue
        if isinstance(outcome, Receipt):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)


def _give_up(waiting: Waiting) -> float | None:
    """Answer 503, unless a piece has been committed meanwhile: then look again later."""
    left = waiting.deadline - time.monotonic()
    if waiting.answer.done():
        return None
    if left > 0:
        return waiting.loop.time() + left
    waiting.answer.set_exception(Unavailable())
    return None
