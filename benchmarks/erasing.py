"""What it takes to delete a person with very many streams: `python -m benchmarks.erasing [STREAMS [EVENTS]]`.

Statements and transactions do not depend on the machine; the milliseconds, for which ingest waits at most, do.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from collector.storage.engine import Store
from collector.storage.operations import deletion, kinds
from collector.storage.setup import ensure_first_site, open_store
from collector.storage.sites import find_site
from tests.unit.storage.operations.test_erasing import KEY, NOW, Counted, counted, crowd


@contextmanager
def timed(store: Store) -> Iterator[list[float]]:
    """Measure how long each transaction keeps the others from writing."""
    begun, seconds = [0.0], []

    def begin(_: Any) -> None:
        begun[0] = time.perf_counter()

    def commit(_: Any) -> None:
        seconds.append(time.perf_counter() - begun[0])

    sa.event.listen(store._writer, "begin", begin)
    sa.event.listen(store._writer, "commit", commit)
    yield seconds


def say(what: str, count: Counted, seconds: list[float], started: float) -> None:
    longest = max(count.transactions, default=0)
    print(
        f"{what}: {time.perf_counter() - started:.1f} s, {len(count.transactions)} transactions, {count.total:,} statements, "
        f"at most {longest} in one, at most {max(seconds, default=0) * 1_000:.0f} ms each"
    )
    seconds.clear()


def main(streams: int = 20_000, events: int = 5) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(open_store(Path(folder), None)) as store, timed(store) as seconds:
        ensure_first_site(store, b"m" * 32, NOW)
        site = find_site(store, None)
        crowd(store, site.site_id, streams, events)
        seconds.clear()
        print(f"{streams:,} streams with {events} events each")
        started = time.perf_counter()
        with counted(store) as count:
            deletion.delete_person(store, site, 1, KEY, "bench", NOW, preview=True)
        say("preview", count, seconds, started)
        started = time.perf_counter()
        with counted(store) as count:
            job_id = deletion.delete_person(store, site, 1, KEY, "bench", NOW).job_id or 0
        say("cutting off", count, seconds, started)
        started = time.perf_counter()
        with counted(store) as count:
            list(kinds.run(store, site.site_id, job_id, lambda: NOW, KEY))
        say("the job", count, seconds, started)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
