"""`passerby bench identity`: what claims, joins of leads, timelines and merges cost, and that none writes an event again.

Measured is the code that serves: the pipeline, the journal with its flush, the reports, the corrections.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..config import load_settings
from ..domain.corrections import Detach, MergePeople, Unmerge
from ..domain.events import Proof
from ..domain.keys import new_uuid7
from ..domain.log import By
from ..ingest.context import RequestContext
from ..ingest.pipeline import Pipeline
from ..ingest.wire import SEGMENT, Batch
from ..ports import Submission
from ..storage import tables
from ..storage.engine import Store
from ..storage.operations.corrections import carry_out
from ..storage.reports.portraits import portrait
from ..storage.reports.timelines import person_events
from ..storage.sites import add_site
from ..storage.write.journal import JournalSettings, WriterJournal
from .data import STREAMS, Built, Visitor, build
from .report import CLAIM, JOIN, TYPED, YARDSTICK, Measured, print_figures
from .scratch import NAME, event_rows, scratch, settle

PATIENCE = 60.0
"""Seconds to wait for a commit: a slow one is a figure, not a failure."""
PEOPLE = 200
"""Typical people whose timelines are read, one after the other."""
PAGES = 100
"""Pages read of each of the others."""
CORRECTED = 2
"""Streams of each size whose owners are merged; the others are claimed, by somebody new each time."""
POINTER = "pointer alone, {:,}, no flush"


def run_identity(events: int, rounds: int, out: Console) -> None:
    """Build a store of `events` events, measure on it, print figures and aims; nothing of it stays.

    Raises ConfigError when there is no room, or when the database named is somebody's.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with scratch(load_settings().database_url, events) as store:
        with Progress(*columns, console=out) as progress:
            site = add_site(store, b"bench", NAME, _now())
            writing = progress.add_task("Writing events", total=events)
            built = build(store, site, events, _now(), lambda count: progress.advance(writing, count))
            progress.update(writing, total=built.events)
            settle(store)
            measuring = progress.add_task("Measuring", total=3 * rounds + 2)
            figures = Figures(store, built, rounds, lambda: progress.advance(measuring))
            figures.measure()
        print_figures(out, figures, "SQLite" if store.is_sqlite else "PostgreSQL")


def _now() -> int:
    return time.time_ns() // 1_000


class Figures(Measured):
    """Measure, and keep the figures."""

    def __init__(self, store: Store, built: Built, rounds: int, advance: Callable[[], None]) -> None:
        self.store, self.built, self.rounds, self._tell = store, built, rounds, advance
        self.taken, self.written, self.loads = defaultdict(list), {}, []
        self._journal = WriterJournal(store, _now, JournalSettings(wait_seconds=PATIENCE))
        self._submitted = 0
        self._random = random.Random(1)  # noqa: S311 - which people are read, the same in every run

    def measure(self) -> None:
        self._journal.start()
        try:
            with self._writing("claims"):
                asyncio.run(self._claims())
            with self._writing("leads that join"):
                asyncio.run(self._leads())
            self._timelines()
            with self._writing("merges, unmerges and detaches, after claims"):
                asyncio.run(self._by_hand())
        finally:
            self._journal.stop()

    def _advance(self) -> None:
        self.loads.append(os.getloadavg()[0])
        self._tell()

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.taken[part].append((time.perf_counter() - started) * 1_000)

    @contextmanager
    def _writing(self, phase: str) -> Iterator[None]:
        """Count the event rows that a phase adds, beside those that it submitted, and those that it writes again."""
        held, written = event_rows(self.store)
        submitted = self._submitted
        yield
        held_now, written_now = event_rows(self.store)
        self.written[phase] = (self._submitted - submitted, held_now - held, written_now - written)

    # -- claims --------------------------------------------------------------------------------------------------

    async def _claims(self) -> None:
        pairs = [*zip(self.built.small, self.built.large, strict=True)][CORRECTED:]
        visitors = [visitor for pair in pairs for visitor in pair]
        for number in range(-1, self.rounds):
            for pair in pairs:
                await self._submit(YARDSTICK, "track", f"passer-by-{self._submitted}", None)
                for visitor in pair[::-1] if number % 2 else pair:
                    user_id = f"claimant-{self._submitted}"
                    await self._submit(CLAIM.format(visitor.events), "identify", visitor.anonymous_id, user_id)
            if None in self._owners(visitors):
                raise SystemExit("an identify claimed nothing: what was measured is not a claim")
            self._release(visitors)
            for visitor in visitors:
                self._point(visitor)
            self._release(visitors)
            if number < 0:
                self.taken.clear()  # the first round only warms up
            self._advance()

    async def _leads(self) -> None:
        """Join leads: an address is left, and named by a sign-up in another browser; all events of the lead come along."""
        pairs = [*zip(self.built.small, self.built.large, strict=True)][CORRECTED:]
        for number in range(self.rounds):
            for visitor in (one for pair in pairs for one in (pair[::-1] if number % 2 else pair)):
                user_id = f"lead-{self._submitted}"
                email = f"{user_id}@example.com"
                await self._submit(TYPED.format(visitor.events), "identify", visitor.anonymous_id, None, email)
                await self._submit(JOIN.format(visitor.events), "identify", f"sign-up-{user_id}", user_id, email)
                self._release([visitor])
            self._advance()
        joined = sa.select(sa.func.count()).where(tables.person_merge.c.by == By.LEAD)
        with self.store.read() as connection:
            if connection.execute(joined).scalar_one() != self.rounds * len(pairs) * 2:
                raise SystemExit("a lead did not join: what was measured is not a join")

    async def _submit(self, part: str, kind: str, anonymous_id: str, user_id: str | None, email: str | None = None) -> None:
        """Send one event through pipeline and journal; timed is the journal, until the event is on disk."""
        said = {"type": kind, "messageId": new_uuid7(), "anonymousId": anonymous_id, "userId": user_id}
        address = email or f"{user_id}@example.com"
        rest = {"traits": {"email": address, "plan": "pro"}} if kind == "identify" else {"event": "Product Viewed"}
        now, site = _now(), self.built.site
        outcome = Pipeline().run(Batch([msgspec.json.encode({**said, **rest})]), SEGMENT, RequestContext(site, now))
        with self._timed(part):
            await self._journal.submit(Submission(site, 1, now, outcome.events, outcome.quarantined))
        self._submitted += 1

    def _point(self, visitor: Visitor) -> None:
        """The pointer of a claim, alone and without its flush."""
        stream = tables.stream.c
        here = (stream.site_id == self.built.site.site_id, stream.device_id == visitor.device_id)
        free = (stream.stream_id == visitor.stream_id, stream.claimable.is_(True), stream.person_id.is_(None))
        pointing = (
            sa.update(tables.stream)
            .where(*here, *free)
            .values(person_id=self.built.heavy, claimed_at=_now(), strength=int(Proof.ASSERTED))
        )
        with self.store.write() as connection, self._timed(POINTER.format(visitor.events)):
            connection.execute(pointing)

    def _these(self, visitors: list[Visitor]) -> sa.ColumnElement[bool]:
        stream = tables.stream.c
        devices, streams = ({getattr(visitor, name) for visitor in visitors} for name in ("device_id", "stream_id"))
        return sa.and_(stream.site_id == self.built.site.site_id, stream.device_id.in_(devices), stream.stream_id.in_(streams))

    def _owners(self, visitors: list[Visitor]) -> list[int | None]:
        with self.store.read() as connection:
            return [*connection.execute(sa.select(tables.stream.c.person_id).where(self._these(visitors))).scalars()]

    def _release(self, visitors: list[Visitor]) -> None:
        """Make the streams nobody's again, and forget who was named there, so that the next round can claim them."""
        free = {"person_id": None, "strength": 0, "claimed_at": None, "attributed_from": None, "claimable": True}
        device = tables.device.c
        here = (device.site_id == self.built.site.site_id, device.device_id.in_([visitor.device_id for visitor in visitors]))
        with self.store.write() as connection:
            connection.execute(sa.update(tables.stream).where(self._these(visitors)).values(free))
            connection.execute(sa.update(tables.device).where(*here).values(named={}, contested_from=None))

    # -- timelines -----------------------------------------------------------------------------------------------

    def _timelines(self) -> None:
        built = self.built
        typical = self._random.sample(built.typical, min(PEOPLE, len(built.typical)))
        for person_id in typical:
            self._read("typical person", person_id, 1)
        for name, person_id in (
            (f"person with {built.most:,} events", built.heavy),
            (f"person with {STREAMS} streams", built.scattered),
        ):
            for _ in range(PAGES):
                self._read(name, person_id, 0)
            self._read(name, person_id, PAGES)
        self._advance()

    def _read(self, name: str, person_id: int, more: int) -> None:
        """Read the newest page of a timeline and as many `more`, as far as there are."""
        part, cursor = f"timeline, {name}", None
        for _ in range(1 + more):
            with self._timed(part), self.store.read() as connection:
                page = person_events(connection, self.built.site.site_id, person_id, cursor=cursor)
            if page is None or not page.rows:
                raise SystemExit("a timeline was empty: what was measured is not a page")
            part, cursor = f"next page, {name}", page.next
            if cursor is None:
                return

    # -- by hand -------------------------------------------------------------------------------------------------

    async def _by_hand(self) -> None:
        for _ in range(self.rounds):
            for visitor in (*self.built.small[:CORRECTED], *self.built.large[:CORRECTED]):
                await self._submit("", "identify", visitor.anonymous_id, f"owner of {visitor.anonymous_id}")
                (owner,) = self._owners([visitor])
                self._correct(visitor, owner or 0)
                self._release([visitor])
            self._advance()
        self.taken.pop("")

    def _correct(self, visitor: Visitor, owner: int) -> None:
        """Merge the owner of a stream into somebody, take that back, and take the stream from its owner."""
        store, site, size = self.store, self.built.site, f"person with {visitor.events:,} events"
        with self._timed(f"portrait, {size}"), store.read() as connection:
            portrait(connection, site.site_id, owner)
        with self._timed(f"merge, {size}"):
            merged = carry_out(store, site, MergePeople(owner, self._random.choice(self.built.typical)), "bench", _now())
        with self._timed(f"unmerge, {size}"):
            carry_out(store, site, Unmerge(merged.merge_id or 0), "bench", _now())
        with self._timed(f"detach, {size}"):
            carry_out(store, site, Detach(visitor.anonymous_id), "bench", _now())
