"""Gate for every request of either application, before Litestar sees it: how long a body may take, how much memory all
that is under way may hold, and that a connection whose body was not read to its end is used no more.

The gate stands around the whole application, so a route cannot be forgotten. A body is counted part by part as it arrives:
who announces much and sends little holds little. What finds no room is refused where the body is read, so the answer has
the form of the route, its CORS headers, and its place among the refused.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from litestar.enums import ScopeType
from litestar.status_codes import HTTP_429_TOO_MANY_REQUESTS
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ..deadlines import Deadlines
from ..domain.budget import Budget
from ..domain.ip import Address, Network, parse_ip
from ..errors import BodyTimeout, PasserbyError, SenderOverBudget
from ..ingest.limits import MAX_BODY
from ..ingest.rates import network_of
from .ingest.client_address import client_address
from .passage import KEY

Peer = tuple[str, int]
PART_BYTES = 100
"""Overhead of a part of a body beside its bytes: who sends single bytes would take fifty times what they are."""
DRAIN_BYTES = 1024 * 1024
DRAIN_SECONDS = 2.0
"""How much, and for how long, is read and thrown away behind an early answer: closed at once, it would not reach a client
that is still sending."""
SMALL, SMALL_SECONDS = 16 * 1024, 0.05
"""A body of so many bytes is read to its end behind an early answer's back, so that the connection can be used again."""
SLOW_SECONDS, MOST_SLOWED = 0.5, 1_000
"""How long, on the average, who sends too much waits for the answer. Each waits another time, up to twice as long: refused
together and answered together, they would come back together, and 64 at once take 20 ms from everybody else."""
WAIT_STEP_SECONDS = 0.05


def slow_seconds() -> float:
    """Return how long this one waits for its answer of 429."""
    return 2 * SLOW_SECONDS * random.random()  # noqa: S311 - nobody gains by guessing it


class Peers:
    """Connections by the address and port of their other end, for connections.py."""

    def __init__(self) -> None:
        self.answering: set[Peer] = set()
        """Their requests have arrived whole and are not answered: they are not idle."""
        self.spent: set[Peer] = set()
        """They were answered before their body had come: the server waits on for the rest of it, without a deadline."""


class Gate:
    """One for a process. `on_refused` is told which of the two limits of memory was met."""

    def __init__(
        self,
        budget: Budget,
        body_seconds: float,
        trusted_proxies: Sequence[Network] = (),
        wait_seconds: float = 0.0,
        on_refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.budget = budget
        self.body_seconds = body_seconds
        self.trusted_proxies = trusted_proxies
        self.wait_seconds = wait_seconds
        self.on_refused = on_refused
        self.peers = Peers()
        self.slowed = 0
        self.deadlines: Deadlines[Passage] = Deadlines(body_seconds, Passage.be_late)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the application behind this gate."""

        async def gated(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            passage = Passage(self, scope, receive, send)
            scope[KEY] = passage  # type: ignore[literal-required]
            try:
                await app(scope, passage.receive, passage.send)
            finally:
                passage.end()
            if passage.is_early:
                await passage.drain()

        return gated


class Holding:
    """Memory that one request holds of the budget, and its client address. `held` in bytes."""

    def __init__(self, gate: Gate, scope: Scope) -> None:
        self._gate = gate
        self._scope = scope
        self.held = 0

    @cached_property
    def address(self) -> Address | None:
        """The client's address, as trusted proxies say."""
        peer = self._scope["client"]
        if not self._gate.trusted_proxies:
            return parse_ip(peer[0]) if peer else None
        forwarded = [value.decode("latin-1") for name, value in self._scope["headers"] if name == b"x-forwarded-for"]
        return client_address(peer[0] if peer else None, forwarded, self._gate.trusted_proxies)

    @cached_property
    def _sender(self) -> Hashable:
        return network_of(self.address)

    def take(self, size: int) -> None:
        """Count bytes that are about to be held. Raises SenderOverBudget or Unavailable."""
        try:
            self._gate.budget.take(self._sender, size)
        except PasserbyError as error:
            self._refused(error)
            raise
        self.held += size

    async def wait(self, size: int) -> None:
        """Take, after waiting a while for what is in the way to be answered. Raises as `take` does."""
        budget = self._gate.budget
        if not budget.has_room(self._sender, size):
            until = time.monotonic() + self._gate.wait_seconds
            while time.monotonic() < until and not budget.has_room(self._sender, size):
                await asyncio.sleep(WAIT_STEP_SECONDS)
        self.take(size)

    def check(self, size: int) -> None:
        """Look whether there is room for so many bytes, without taking it. Raises as `take` does."""
        try:
            self._gate.budget.check(self._sender, size)
        except PasserbyError as error:
            self._refused(error)
            raise

    def give(self, size: int) -> None:
        """Give bytes back that are not held any more."""
        self._gate.budget.give(self._sender, size)
        self.held -= size

    def _refused(self, error: PasserbyError) -> None:
        self._gate.on_refused("address_memory" if isinstance(error, SenderOverBudget) else "memory")


class Passage:
    """One request on its way through the gate."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._scope = scope
        self._receive = receive
        self._send = send
        self.room = Holding(gate, scope)
        self._is_watched = False
        self._task: asyncio.Task[Any] | None = None
        self._is_late = False
        peer = scope["client"]
        self._peer: Peer | None = None if peer is None else (peer[0], int(peer[1]))  # Granian: a text
        self.is_whole = True
        self.is_early = False
        self._expects = False
        self._length = 0
        for name, value in scope["headers"]:
            if name == b"content-length":
                self._length = int(value) if value.isdigit() else 0
                self.is_whole = self.is_whole and not self._length
            elif name == b"transfer-encoding":
                self.is_whole = False
            elif name == b"expect":
                self._expects = True
        if self.is_whole:
            self._arrived()

    @property
    def address(self) -> Address | None:
        """Return the client address of the request, as trusted proxies say."""
        return self.room.address

    # -- the application's side ----------------------------------------------------------------------------------

    async def receive(self) -> Any:
        """Return the next part of the body. Raises BodyTimeout, SenderOverBudget or Unavailable."""
        if self.is_whole:
            return await self._receive()
        message = await self._in_time()
        if message["type"] == "http.request":
            if not message.get("more_body"):
                self._arrived()
            self.room.take(len(message.get("body", b"")) + PART_BYTES)
        return message

    async def _in_time(self) -> Any:
        if not self._is_watched:
            self._is_watched = True
            self._gate.deadlines.watch(self)
            if self._length > SMALL:
                self.room.check(min(self._length, MAX_BODY))
        if self._is_late:
            raise BodyTimeout
        self._task = asyncio.current_task()
        assert self._task is not None
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if self._is_late and self._task.uncancel() == 0:
                raise BodyTimeout from None
            raise
        finally:
            self._task = None

    def be_late(self) -> None:
        """Give the body up. A cancel: a tenth of what asyncio.timeout() costs."""
        self._is_late = True
        if self._task is not None:
            self._task.cancel()

    def _arrived(self) -> None:
        self.is_whole = True
        if self._is_watched:
            self._gate.deadlines.unwatch(self)
        if self._peer is not None:
            self._gate.peers.answering.add(self._peer)

    async def send(self, message: Message) -> None:
        """Pass the answer on; one that comes before the body is read to its end is the last on its connection."""
        if message["type"] == "http.response.start":
            if not self.is_whole:
                await self._catch_up()
            if message["status"] == HTTP_429_TOO_MANY_REQUESTS:
                await self._slow_down()
        if not self.is_whole and message["type"] == "http.response.start":
            self.is_early = True
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await self._send(message)

    async def _catch_up(self) -> None:
        """Throw a small body away that is here already, or nearly: then the connection can go on."""
        if self._is_late or self._expects or not 0 < self._length <= SMALL:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SMALL_SECONDS):
                if await self._throw_away(SMALL):
                    self._arrived()

    async def _slow_down(self) -> None:
        """Let who sends too much wait for the answer: one that then sends again at once takes a hundredth of our time."""
        gate = self._gate
        if gate.slowed < MOST_SLOWED and self.room.held <= SMALL:
            gate.slowed += 1
            try:
                await asyncio.sleep(slow_seconds())
            finally:
                gate.slowed -= 1

    # -- afterwards ----------------------------------------------------------------------------------------------

    def end(self) -> None:
        """The request is answered: nothing of it is held any more."""
        if self._is_watched:
            self._gate.deadlines.unwatch(self)
        if self.room.held:
            self.room.give(self.room.held)
        if self._peer is not None:
            self._gate.peers.answering.discard(self._peer)

    async def drain(self) -> None:
        """Read and throw away what is still being sent, within limits, so that the client comes to read the answer."""
        is_at_end = False
        try:
            if not (self._expects or self._is_late):  # it waits for the answer before it sends, or has had its time
                async with asyncio.timeout(DRAIN_SECONDS):
                    is_at_end = await self._throw_away(DRAIN_BYTES)
        except TimeoutError:
            pass
        finally:
            if self._peer is not None and not is_at_end:
                self._gate.peers.spent.add(self._peer)

    async def _throw_away(self, most: int) -> bool:
        """Read up to so many bytes; say whether that was all."""
        while most > 0:
            message = await self._receive()
            if message["type"] != "http.request" or not message.get("more_body"):
                return True
            most -= len(message["body"])
        return False
