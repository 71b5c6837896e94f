"""The connections of the process: closing idle ones, the oldest first, before there are as many as there may be.

The server closes a connection that sent no headers for PASSERBY_HEADER_SECONDS, also between two requests, and the gate ends a
body that takes too long; but within those seconds anybody can open thousands. So that a healthy client and a health check
always find room, the process looks at its sockets four times a second; beyond `most` it closes those that have been silent the
longest and whose request is not being answered. It also closes those that were answered before their body had come: of a
thousand such, Granian 2.8 leaves most open for ever. Linux tells how long (TCP_INFO); elsewhere only the deadlines hold.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from typing import NamedTuple

import structlog

from .web.gate import Peer, Peers

log = structlog.get_logger()

RESERVE = 256
"""Descriptors for the store, the log, the console's files, and connections that arrive between two looks."""
LEAST = 64
LOOK_SECONDS = 0.25
LOG_SECONDS = 10.0
_SILENT_AT = 52
"""Where `struct tcp_info` of linux/tcp.h has tcpi_last_data_recv: milliseconds since the last byte came, or since the start."""
_ESTABLISHED = 1


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open files to the hard one; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # macOS names a hard limit that it does not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def room_for(wanted: int, descriptors: int) -> int:
    """Return how many connections there may be at once: as many as are wanted, or as the descriptors suffice for."""
    return max(LEAST, min(wanted, descriptors - RESERVE)) if descriptors != resource.RLIM_INFINITY else wanted


def most_accepted(wanted: int, descriptors: int) -> int:
    """Return at how many connections the server has to stop accepting: above what is closed, below the descriptors."""
    most = 2 * wanted + RESERVE
    return most if descriptors == resource.RLIM_INFINITY else max(LEAST, min(most, descriptors - RESERVE // 2))


class Silent(NamedTuple):
    """A connection of ours as the kernel knows it."""

    connection: socket.socket
    milliseconds: int
    peer: Peer


class Connections:
    """Keeps the connections to `ports` below `most`. `answering` names the peers whose request is being answered."""

    def __init__(self, ports: Collection[int], most: int, peers: Peers) -> None:
        self._ports = frozenset(ports)
        self.most = most
        self._peers = peers
        self._closed = 0

    async def watch(self) -> None:
        """Look, until cancelled."""
        loop = asyncio.get_running_loop()
        told_at = 0.0
        while sys.platform == "linux":
            await asyncio.sleep(LOOK_SECONDS)
            spent, self._peers.spent = self._peers.spent, set()
            if not spent and len(_descriptors()) < self.most:
                continue
            busy = frozenset(self._peers.answering)
            self._closed += await loop.run_in_executor(None, self.close_beyond, spent, busy)
            if self._closed and loop.time() - told_at > LOG_SECONDS:
                log.warning("connections closed: more than there may be at once", closed=self._closed, most=self.most)
                self._closed, told_at = 0, loop.time()

    def close_beyond(self, spent: Collection[Peer], busy: Collection[Peer]) -> int:
        """Close the spent ones, and when there are too many, all but nine tenths of the most, the longest silent first; return
        how many these were."""
        idle: list[tuple[int, int, Peer]] = []
        for number, found in self._ours():
            with closing(found.connection):
                if found.peer in spent:
                    _shut(found.connection)
                elif found.peer not in busy:
                    idle.append((found.milliseconds, number, found.peer))
        if len(idle) + len(busy) < self.most:
            return 0
        idle.sort(reverse=True)
        beyond = len(idle) + len(busy) - self.most * 9 // 10
        return sum(self._close(*one) for one in idle[:beyond])

    def _ours(self) -> Iterator[tuple[int, Silent]]:
        for number in _descriptors():
            found = self._look(number)
            if found is not None:
                yield number, found

    def _look(self, number: int) -> Silent | None:
        """Return a connection to one of our ports, as a descriptor of our own: the server may close its own meanwhile."""
        connection = _socket(number)
        if connection is None:
            return None
        try:
            port, peer = connection.getsockname()[1], connection.getpeername()
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SILENT_AT + 4)
        except (OSError, IndexError):
            port, peer, info = 0, ("", 0), b""
        if port not in self._ports or not info or info[0] != _ESTABLISHED:
            connection.close()
            return None
        return Silent(connection, struct.unpack_from("I", info, _SILENT_AT)[0], (peer[0], peer[1]))

    def _close(self, milliseconds: int, number: int, peer: Peer) -> bool:
        """Close a connection, if it is still the one that was seen, and silent: numbers are used again at once."""
        found = self._look(number)
        if found is None:
            return False
        with closing(found.connection):
            is_same = found.peer == peer and found.milliseconds >= milliseconds
            if is_same:
                _shut(found.connection)
        return is_same


def _shut(connection: socket.socket) -> None:
    """Send what is still to be sent, then the end; the server reads the end and lets the connection go."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _descriptors() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - a Path for each would cost ten times as much


def _socket(number: int) -> socket.socket | None:
    """Return a socket on a copy of the descriptor; None when there is no socket behind it, or it is gone."""
    try:
        copy = os.dup(number)
    except OSError:
        return None
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None
