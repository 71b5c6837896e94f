"""Flooding senders, and a healthy one beside them: plain sockets, many at once, in one event loop.

async with Beside(port, request) as healthy: ...
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
ATTEMPT_SECONDS = 20.0


def post(path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Request as it goes over the wire; `length` is what it says that its body has."""
    said = ["host: collector.test", f"content-length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([f"POST {path} HTTP/1.1", *said, "", ""]).encode() + body


def track(key: str, number: int, **more: Any) -> bytes:
    """Event by one of a few visitors, with a message id of its own."""
    event = {"type": "track", "event": "e", "anonymousId": f"visitor-{number % 50}", "writeKey": key, **more}
    return post("/v1/track", json.dumps(event).encode())


class Connection:
    """Connection, opened anew when the collector has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer."""
        for attempt in (1, 2):
            try:
                async with asyncio.timeout(
                    ATTEMPT_SECONDS
                ):  # wait_for of Python 3.11 now and then swallows that it is cancelled
                    return await self._ask(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    async def _ask(self, request: bytes) -> int:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._reader is not None
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Seen(msgspec.Struct):
    """Outcomes of a sender's requests: statuses with their numbers, and how long each took."""

    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    seconds: list[float] = []

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


async def healthy(port: int, request: Any, count: int, rate: float = 50.0) -> Seen:
    """Send `count` requests at that rate, whatever the answers take; `request(number)` makes each."""
    seen = Seen(seconds=[])
    free = [Connection(port)]

    async def one(number: int) -> None:
        connection = free.pop() if free else Connection(port)
        started = time.perf_counter()
        seen.statuses[await connection.ask(request(number))] += 1
        seen.seconds.append(time.perf_counter() - started)
        free.append(connection)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(one(number))
            await asyncio.sleep(1 / rate)
    for connection in free:
        connection.close()
    return seen


@contextlib.asynccontextmanager
async def flooding(port: int, request: Any, senders: int, rate: float) -> AsyncIterator[Seen]:
    """Flood while the block runs: `senders` connections together at that rate, waiting only for their answers."""
    seen = Seen(seconds=[])
    numbers = iter(range(10**9))

    async def one() -> None:
        connection = Connection(port)
        due = time.perf_counter()
        try:
            while True:
                due = max(due + senders / rate, time.perf_counter() - 1)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
                    seen.statuses[await connection.ask(request(next(numbers)))] += 1
        finally:
            connection.close()

    tasks = [asyncio.create_task(one()) for _ in range(senders)]
    try:
        yield seen
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def flood_process(port: int, key: str, connections: int, rate: float) -> Iterator[Seen]:
    """Flood of single events with one key, from a process of its own, which takes no time from whoever measures."""
    arguments = [sys.executable, "-m", "tests.support.floods", str(port), key, str(connections), str(rate)]
    seen = Seen(seconds=[])
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield seen
        finally:
            said, _ = process.communicate("stop\n")
            seen.statuses.update({int(status): count for status, count in json.loads(said).items()})


async def _flood(port: int, key: str, connections: int, rate: float) -> None:
    async with flooding(port, lambda number: track(key, number), connections, rate) as seen:
        while not seen.statuses:
            await asyncio.sleep(0.01)
        print("started", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(json.dumps(seen.statuses), flush=True)


if __name__ == "__main__":
    asyncio.run(_flood(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
