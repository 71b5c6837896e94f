"""Serving an installation: one process, one event loop, Granian in front of each application."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from typing import Any

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from . import logs
from .app import Installation, create_app, create_collector, create_console_alone
from .config import Settings
from .connections import RESERVE, Connections, most_accepted, raise_descriptor_limit, room_for
from .errors import ConfigError
from .storage.setup import alone

log = structlog.get_logger()
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


STOP_SECONDS = 8.0
"""How long stopping may take: half of it for answers under way, half for commits. A database may be gone for good."""
THREADS = 16
"""Of what asks the store for an answer, or takes longer than the event loop may wait."""
_ANSWERS = "answers"

BACKLOG = 1024
HEADER_BYTES = 16 * 1024
"""The request line and all headers; a connection holds that much, and as much of a body, before anything counts it."""


def serve(settings: Settings, on_ready: Callable[[Installation], None]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code: 0, or 1 when the store broke and a restart is needed.

    `on_ready` is called once requests are answered. Raises ConfigError when a port is taken, or the data directory.
    """
    with nullcontext() if settings.database_url else alone(settings.data):
        return uvloop.run(_serve(settings, on_ready))


async def _serve(settings: Settings, on_ready: Callable[[Installation], None]) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    broken = asyncio.Event()

    def on_broken() -> None:
        loop.call_soon_threadsafe(broken.set)
        loop.call_soon_threadsafe(stop.set)

    threads = ThreadPoolExecutor(THREADS, _ANSWERS)
    loop.set_default_executor(threads)
    for address in _addresses(settings):
        check_free(*address)
    installation = await asyncio.to_thread(Installation, settings, on_broken)
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    _calm_collector()
    await asyncio.to_thread(installation.start)
    try:
        failed = await _run(_servers(settings, installation), installation, stop, on_ready)
    finally:
        is_whole = await _stop(installation, threads)
        for number in _SIGNALS:  # one more while the process ends must not turn its exit code into a failure
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
    code = 1 if broken.is_set() or failed else 0
    if not is_whole:
        _leave(code)
    return code


async def _stop(installation: Installation, threads: ThreadPoolExecutor) -> bool:
    """Stop, and say whether that came to its end: a thread may wait for a database that says nothing.

    In a thread of its own, because all others may wait for it already.
    """
    deadline = time.monotonic() + STOP_SECONDS / 2
    threading.Thread(target=installation.stop, name=f"{_ANSWERS}-stop", daemon=True).start()
    threads.shutdown(wait=False, cancel_futures=True)
    while waiting := [thread for thread in threading.enumerate() if thread.name.startswith(_ANSWERS)]:
        if time.monotonic() > deadline:
            log.warning("the store does not answer; leaving without it", waiting=len(waiting))
            return False
        await asyncio.sleep(0.02)
    return True


def _leave(code: int) -> None:
    """End at once. What nobody was told is stored may be stored or not, as after a crash; nothing else is lost."""
    with suppress(OSError):  # nobody reads
        sys.stdout.flush()
    logs.flush()
    os._exit(code)


def _calm_collector() -> None:
    """Collect rarely: requests make no cycles, and the default walks all live objects every 700 allocations."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


async def _run(
    servers: list[Server], installation: Installation, stop: asyncio.Event, on_ready: Callable[[Installation], None]
) -> bool:
    """Serve until `stop` is set; say whether a server ended before that, which is a failure."""
    running = [asyncio.create_task(server.serve()) for server in servers]
    watching = asyncio.create_task(_connections(installation).watch())
    stopped = asyncio.create_task(stop.wait())
    for address in _addresses(installation.settings):
        await _wait_until_open(*address, [stopped, *running])
    if not any(task.done() for task in (stopped, *running)):
        with suppress(OSError, SystemExit):  # nobody reads what is printed
            await asyncio.to_thread(on_ready, installation)
        log.info("ready", version_of="passerby", host=installation.settings.host, port=installation.settings.port)
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    failed = not stopped.done()
    if failed:
        errors = [str(task.exception() or "it returned") for task in running if task.done() and not task.cancelled()]
        log.critical("a server ended by itself; stopping", errors=errors)
    watching.cancel()
    log.info("stopping", queued_events=installation.journal.queued)
    for server in servers:
        server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait([asyncio.gather(*running, return_exceptions=True)], timeout=STOP_SECONDS / 2)
    return failed


def _connections(installation: Installation) -> Connections:
    """Return the guard of the connections, after making as much room for them as the system lets us."""
    wanted, descriptors = installation.settings.connections, raise_descriptor_limit()
    most = room_for(wanted, descriptors)
    if most < wanted:
        log.warning(
            "few open files are allowed (ulimit -n): fewer connections than PASSERBY_CONNECTIONS",
            allowed=descriptors,
            needed=wanted + RESERVE,
            connections=most,
        )
    ports = [port for _, port in _addresses(installation.settings)]
    return Connections(ports, most, installation.gate.peers)


def _servers(settings: Settings, installation: Installation) -> list[Server]:
    if not settings.has_own_console:
        return [make_server(create_app(installation), settings.host, settings.port, settings)]
    (_, (console_host, console_port)) = _addresses(settings)
    return [
        make_server(create_collector(installation), settings.host, settings.port, settings),
        make_server(create_console_alone(installation), console_host, console_port, settings),
    ]


def make_server(app: Any, host: str, port: int, settings: Settings) -> Server:
    """Return a server that runs in the current event loop: deadlines for headers, no web sockets, quiet."""
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,  # telling versions apart would wait for the first bytes without a deadline
        websockets=False,
        backlog=BACKLOG,
        backpressure=most_accepted(settings.connections, raise_descriptor_limit()),
        log_enabled=False,
        http1_settings=HTTP1Settings(header_read_timeout=round(settings.header_seconds * 1_000), max_buffer_size=HEADER_BYTES),
    )


def _addresses(settings: Settings) -> list[tuple[str, int]]:
    addresses = [(settings.host, settings.port)]
    if settings.has_own_console:
        addresses.append((settings.console_host or settings.host, settings.console_port or settings.port))
    return addresses


def check_free(host: str, port: int, option: str = "--port") -> None:
    """Say which port is taken before anything is opened: Granian would share it in silence.

    Raises ConfigError naming the `option` that chooses another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another {option}.") from error


async def _wait_until_open(host: str, port: int, ends: list[asyncio.Task[Any]]) -> None:
    """Return when the port answers, or one of the tasks has ended."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - only compared
    while not any(task.done() for task in ends):
        try:
            _, writer = await asyncio.open_connection(reachable, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
