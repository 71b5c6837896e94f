"""What hostile bodies cost the collector: the worst CPU time for a received byte, and how long the event loop was held.

    python -m benchmarks.hostile

Each body of the tests' corpora is sent once with a key and once without, to a collector in this process, on SQLite. CPU time
is that of all threads. The loop is looked at every millisecond meanwhile; how late a look came is how long it was held.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.app import WRITE_KEY, App
from tests.unit.enrichers.test_user_agent import many
from tests.unit.ingest.test_off_loop import COSTLY
from tests.unit.ingest.test_shared_context import UNMERGEABLE
from tests.unit.test_hostile_input import NOT_ONE_EVENT, POISONS

SHOWN = 12
LEAST = 1_000
"""Bytes of a body that says something about the price of a byte: below, a request has its own price, half a millisecond."""


def corpus() -> dict[str, bytes]:
    """Bodies by name: what the tests send, and the largest that are legal."""
    three_hundred = b",".join([b'{"type":"track","event":"e","anonymousId":"a"}'] * 300)
    contexts = {name: b'{"batch":[' + three_hundred + b'],"context":' + said + b"}" for name, (said, _) in UNMERGEABLE.items()}
    return {
        **COSTLY,
        **{f"context: {name}": body for name, body in contexts.items()},
        **NOT_ONE_EVENT,
        **{f"event: {name}": b'{"batch":[' + b",".join([body] * 9) + b"]}" for name, (body, _) in POISONS.items()},
        "850 long user agents": json.dumps({"batch": many(850)}).encode(),
        "30 user agents": json.dumps({"batch": many(30)}).encode(),
        "2,500 events": json.dumps(
            {"batch": [{"type": "page", "anonymousId": f"a{number}"} for number in range(2_500)]}
        ).encode(),
    }


async def measure(app: App, body: bytes, key: str | None) -> tuple[float, float, int]:
    """Return the seconds of CPU time, the longest seconds that the loop was held, and the status."""
    late = 0.0
    running = True

    async def look() -> None:
        nonlocal late
        while running:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            late = max(late, time.perf_counter() - before - 0.001)

    ticker = asyncio.create_task(look())
    await asyncio.sleep(0.01)
    late, begun = 0.0, time.process_time()
    answer = await app.requested("POST", "/v1/batch", [body], {"x-write-key": key} if key else {})
    taken = time.process_time() - begun
    await asyncio.sleep(0.005)
    running = False
    await ticker
    return taken, late, answer.status


def main() -> None:
    out = Console(width=140)
    rows: list[tuple[float, str, str, int, int, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, App(Path(folder) / "data") as app:
        asyncio.run(measure(app, b'{"batch":[]}', WRITE_KEY))
        for name, body in corpus().items():
            for packed, sent in ((" gzipped", gzip.compress(body)), ("", body)):
                for key in (WRITE_KEY, None):
                    taken, late, status = asyncio.run(measure(app, sent, key))
                    who = "with the key" if key else "without"
                    rows.append((taken / max(len(sent), 1), name + packed, who, status, len(sent), taken, late))
    by_cost = sorted((row for row in rows if row[4] >= LEAST), key=lambda row: -row[0])
    by_hold = sorted(rows, key=lambda row: -row[6])
    for title, worst in (("CPU time for a received byte", by_cost), ("the event loop held", by_hold)):
        table = Table(title=f"The worst of {len(rows)} requests by {title}")
        for column in ("body", "key", "status", "bytes", "CPU ms", "CPU us/byte", "loop held, ms"):
            table.add_column(column, justify="left" if column in ("body", "key") else "right")
        for ratio, name, who, status, size, taken, late in worst[:SHOWN]:
            cells = (f"{size:,}", f"{taken * 1e3:.1f}", f"{ratio * 1e6:.2f}", f"{late * 1e3:.1f}")
            table.add_row(name, who, str(status), *cells)
        out.print(table)


if __name__ == "__main__":
    main()
