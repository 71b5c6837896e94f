"""PostgreSQL frozen under a running collector (SIGSTOP to its postmaster and all backends): F17, and the end of the process.

The kernel of a frozen server takes connections and acknowledges what they send; only answers never come. So it is the test of
everything that waits: whoever waits on the event loop holds up everybody.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support import postgres
from tests.support.server import Collector

PATIENCE = 10.0
"""Seconds until a client of these tests gives up."""


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    with postgres.bare_database() as url:
        made = Collector(tmp_path / "data", environment={"PASSERBY_DATABASE_URL": url}).start()
        made.send({"type": "track", "event": "before", "anonymousId": "a"})
        try:
            yield made
        finally:
            made.kill()
            assert "the store is used on the event loop" not in made.log
            assert "Traceback" not in made.log, made.log


def tracked(collector: Collector, key: str, message: str = "m1") -> httpx.Response:
    event = {"event": "e", "anonymousId": "a", "messageId": message, "writeKey": key}
    return httpx.post(f"{collector.url}/v1/track", json=event, timeout=PATIENCE)


def test_control_the_server_is_frozen() -> None:
    """Frozen server: takes a connection, says nothing; tests below would hang."""
    with postgres.bare_database() as url:
        plain = url.replace("+psycopg", "")
        with postgres.frozen(), pytest.raises(psycopg.OperationalError, match="timeout"):
            psycopg.connect(plain, connect_timeout=2)
        psycopg.connect(plain).close()


def test_answers_while_the_database_is_frozen(collector: Collector) -> None:
    """Requests without the database are answered as ever, unknown keys and paths too; a known key is told 503; a thaw later
    everything is stored, by the same process."""
    known, prefix, script = collector.site["write_key"], collector.site["prefix"], collector.site["script_url"]
    secret = {"authorization": f"Bearer {collector.site['secret_key']}"}
    with postgres.frozen(), httpx.Client(base_url=collector.url, timeout=PATIENCE) as client:
        for number in range(3):
            assert client.get("/healthz").status_code == 200
            assert tracked(collector, f"wk_nobody_{number}").status_code == 401
            assert client.get("/api/people", headers={"authorization": f"Bearer sk_{number}"}).status_code == 401
            assert client.post("/v1/batch/events", json={}, auth=("pk", f"sk_{number}")).status_code == 401
            assert client.post(f"/nobodys{number}/v1/batch", json={}).status_code == 404
            assert client.options(f"/nobodys{number}/v1/batch").status_code == 404
            assert client.get(f"/nobodys{number}/x.js").status_code == 404
            assert client.get(script).status_code == 200
            assert client.get(f"{script.removesuffix('.js')}.0123456789abcdef.js").status_code == 404
            assert client.post(f"{prefix}/v1/handoff", json={"anonymousId": "a", "writeKey": known}).status_code == 400
            assert client.get("/console/login").status_code == 200
            answer = tracked(collector, known)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        answer = client.get("/api/people", headers=secret, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    deadline = time.monotonic() + 60
    while tracked(collector, known).status_code != 200:
        assert time.monotonic() < deadline, collector.log
        time.sleep(0.1)
    assert httpx.get(f"{collector.url}/readyz").status_code == 200
    events = collector.api("/api/visitors/a")["events"]
    assert [event["message_id"] for event in events].count("m1") == 1


def test_reads_beyond_the_threads_wait_for_the_database(collector: Collector) -> None:
    """Reads wait for the database, and no other request for them."""
    secret = f"Bearer {collector.site['secret_key']}"
    asked = f"GET /api/people HTTP/1.1\r\nHost: x\r\nAuthorization: {secret}\r\n\r\n".encode()
    import socket

    with postgres.frozen():
        waiting = [socket.create_connection(("127.0.0.1", collector.port)) for _ in range(40)]
        try:
            for one in waiting:
                one.sendall(asked)
            time.sleep(0.5)
            assert httpx.get(f"{collector.url}/healthz", timeout=PATIENCE).status_code == 200
            assert tracked(collector, "wk_nobody").status_code == 401
            assert tracked(collector, collector.site["write_key"]).status_code == 503
            assert collector.stop(15) == 0
        finally:
            for one in waiting:
                one.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_while_frozen(collector: Collector, number: signal.Signals) -> None:
    """Exit code 0 with a commit and a look for sites under way: nobody was told that anything is stored."""
    known = collector.site["write_key"]
    with postgres.frozen():
        assert tracked(collector, known).status_code == 503
        assert tracked(collector, "wk_nobody").status_code == 401
        collector.signal(number)
        assert collector.wait(15) == 0, collector.log
    assert "leaving without it" in collector.log


def test_start_on_a_frozen_database_fails(tmp_path: Path) -> None:
    """Start on a frozen database: says so and ends, rather than waiting for ever."""
    with postgres.bare_database() as url:
        collector = Collector(tmp_path / "data", environment={"PASSERBY_DATABASE_URL": url})
        with postgres.frozen():
            collector.start(wait=False)
            assert collector.wait(40) == 1, collector.log
    assert "The database cannot be opened" in collector.log
