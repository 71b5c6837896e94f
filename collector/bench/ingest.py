"""`passerby bench`: ratios in one run, because absolute numbers do not carry from one machine to another."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from litestar import Litestar, Request, Response, post
from rich.console import Console
from rich.table import Table

from ..config import PREFIX, Settings
from ..domain.keys import new_uuid7
from ..ingest.rates import SUBJECTS, RateLimits
from ..ingest.wire import RawEvent
from ..server import make_server
from ..storage.engine import Store, sqlite_url
from ..storage.sites import find_site

WITHOUT_RATES = {f"{PREFIX}{subject}_{what}".upper(): "0" for subject in SUBJECTS for what in RateLimits.__struct_fields__}
"""All of the load comes from one address, with one key."""
BATCH = 20
VISIT = 5
"""Events of one visitor, sent one a request; a batch is one visitor's."""
MakeBody = Callable[[str, int], bytes]


def empty_server(port: int) -> None:
    """The yardstick: the same server, and a Litestar handler that decodes one event and answers."""
    decoder = msgspec.json.Decoder(RawEvent)

    @post("/v1/track", status_code=200)
    async def empty(request: Request[Any, Any, Any]) -> Response[bytes]:
        decoder.decode(await request.body())
        return Response(b'{"success":true}', media_type="application/json")

    app = Litestar([empty], openapi_config=None, logging_config=None)
    server = make_server(app, "127.0.0.1", port, Settings())
    uvloop.run(asyncio.wait_for(server.serve(), None))


def run_ingest(seconds: float, rounds: int, connections: int, out: Console) -> None:
    """Measure and print durable ingest against the empty handler, parts taking turns, the medians compared."""
    with tempfile.TemporaryDirectory(prefix="passerby-bench-") as folder:
        data = Path(folder) / "data"
        empty_port, port = _free_port(), _free_port()
        empty = ["-c", f"from collector.bench.ingest import empty_server; empty_server({empty_port})"]
        collector = ["-m", "collector", "serve", "--data", str(data), "--port", str(port)]
        with _running(empty, empty_port), _running(collector, port):
            key = find_site(Store(sqlite_url(data)), None).write_key
            parts: dict[str, tuple[int, str, MakeBody, int]] = {
                "empty handler": (empty_port, "/v1/track", _single, 1),
                "one event a request": (port, "/v1/track", _single, 1),
                f"{BATCH} events a request": (port, "/v1/batch", _batch, BATCH),
            }
            rates: dict[str, list[float]] = {name: [] for name in parts}
            for _ in range(rounds):
                for name, (to, path, make, _) in parts.items():
                    rates[name].append(_load(to, path, key, make, seconds, connections))
    _print(out, rates, {name: events for name, (_, _, _, events) in parts.items()})


def _print(out: Console, rates: dict[str, list[float]], events: dict[str, int]) -> None:
    base = statistics.median(rates["empty handler"])
    table = Table(title="Durable ingest (SQLite, synchronous=FULL), medians")
    for column in ("part", "requests/s", "events/s", "requests, ratio to the empty handler"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for name, found in rates.items():
        rate = statistics.median(found)
        stored = "-" if name == "empty handler" else f"{rate * events[name]:,.0f}"
        table.add_row(name, f"{rate:,.0f}", stored, f"{rate / base:.2f}")
    out.print(table)


def _single(key: str, number: int) -> bytes:
    return msgspec.json.encode({**_event(number // VISIT), "writeKey": key})


def _batch(key: str, number: int) -> bytes:
    return msgspec.json.encode({"batch": [_event(number) for _ in range(BATCH)], "writeKey": key})


def _event(visitor: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": new_uuid7(),
        "anonymousId": f"01900000-0000-7000-8000-{visitor % 100_000:012x}",
        "properties": {"product": "teapot", "price": 42.5, "currency": "EUR", "position": 3},
        "context": {"page": {"url": "https://www.example.com/products/teapot", "path": "/products/teapot"}},
    }


def _load(port: int, path: str, key: str, make: MakeBody, seconds: float, connections: int) -> float:
    """Return requests a second, sent by a process of its own."""
    context = get_context("spawn")
    queue = context.Queue()
    client = context.Process(target=_client, args=(queue, port, path, key, make, seconds, connections))
    client.start()
    rate: float = queue.get()
    client.join()
    return rate


def _client(queue: Any, port: int, path: str, key: str, make: MakeBody, seconds: float, connections: int) -> None:
    """Keep every connection busy with one request at a time; the bodies are made beforehand."""
    bodies = iter(_requests(path, key, make, round(seconds * (1_500 if make is _batch else 22_000))))
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[connection.fileno()] = connection
        poll.register(connection.fileno(), select.EPOLLIN)
        connection.sendall(next(bodies))
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for descriptor, _ in poll.poll(0.1):
            answer = sockets[descriptor].recv(65_536)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"not a 200: {answer[:200]!r}")
            done += 1
            body = next(bodies, None)
            if body is None:
                queue.put(done / (time.perf_counter() - started))
                return
            sockets[descriptor].sendall(body)
    queue.put(done / (time.perf_counter() - started))


def _requests(path: str, key: str, make: MakeBody, count: int) -> list[bytes]:
    start = int.from_bytes(os.urandom(4))
    requests = []
    for number in range(start, start + count):
        body = make(key, number)
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n\r\n"
        requests.append(head.encode() + body)
    return requests


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(arguments: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **WITHOUT_RATES}
    )
    try:
        _wait(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("the server to be measured did not start")
