"""Sockets, real ones: the longest silent are closed, never one that is being answered."""

from __future__ import annotations

import resource
import socket
import sys
import time
from collections.abc import Iterator

import pytest

from collector.connections import LEAST, RESERVE, Connections, most_accepted, raise_descriptor_limit, room_for
from collector.web.gate import Peers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO is Linux's")


@pytest.fixture
def pairs() -> Iterator[tuple[int, list[socket.socket]]]:
    """Port and ten clients, of which the first has been silent the longest."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        clients, servers = [], []
        for _ in range(10):
            clients.append(socket.create_connection(("127.0.0.1", port), timeout=0.2))
            servers.append(listener.accept()[0])
            time.sleep(0.01)  # milliseconds tell them apart
        yield port, clients
        for one in (*clients, *servers):
            one.close()


def closed(clients: list[socket.socket]) -> list[int]:
    """Clients closed by the other side, by number."""
    found = []
    for number, client in enumerate(clients):
        try:
            if client.recv(1) == b"":
                found.append(number)
        except TimeoutError:
            pass
    return found


def test_connections_below_the_limit_stay(pairs: tuple[int, list[socket.socket]]) -> None:
    port, clients = pairs
    assert Connections([port], 100, Peers()).close_beyond(set(), set()) == 0
    assert closed(clients) == []


def test_connections_longest_silent_go_first(pairs: tuple[int, list[socket.socket]]) -> None:
    port, clients = pairs
    clients[0].send(b"x")
    time.sleep(0.02)
    assert Connections([port], 8, Peers()).close_beyond(set(), set()) >= 3
    assert closed(clients)[:3] == [1, 2, 3], "the first one has just spoken"


def test_connection_being_answered_stays(pairs: tuple[int, list[socket.socket]]) -> None:
    port, clients = pairs
    busy = {clients[0].getsockname(), clients[1].getsockname()}
    Connections([port], 8, Peers()).close_beyond(set(), busy)
    assert closed(clients)[:2] == [2, 3]


def test_spent_connections_are_closed_at_once(pairs: tuple[int, list[socket.socket]]) -> None:
    port, clients = pairs
    Connections([port], 100, Peers()).close_beyond({clients[4].getsockname()}, set())
    assert closed(clients) == [4]


def test_connections_of_other_ports_are_left_alone(pairs: tuple[int, list[socket.socket]]) -> None:
    port, clients = pairs
    Connections([port + 1], 1, Peers()).close_beyond({clients[0].getsockname()}, set())
    assert closed(clients) == []


def test_connection_limit_follows_the_descriptors() -> None:
    assert room_for(4_096, 100_000) == 4_096
    assert room_for(4_096, 1_024) == 1_024 - RESERVE
    assert room_for(4_096, 10) == LEAST
    assert room_for(4_096, resource.RLIM_INFINITY) == 4_096


@pytest.mark.parametrize("descriptors", [400, 1_024, 4_096, 20_000, resource.RLIM_INFINITY])
def test_connections_accepted_are_more_than_stay(descriptors: int) -> None:
    """Limit: never more than there are descriptors for, or the store would fail."""
    accepted = most_accepted(4_096, descriptors)
    assert room_for(4_096, descriptors) < accepted
    assert descriptors == resource.RLIM_INFINITY or accepted < descriptors


def test_the_limit_of_open_files_is_raised() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_000), hard))
        assert raise_descriptor_limit() == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
