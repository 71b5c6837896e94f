"""Gate of every route: a deadline for bodies, one budget of memory, and no connection used on behind an unread body."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from collector.app import create_app
from collector.web.gate import SLOW_SECONDS, slow_seconds
from tests.support.app import PREFIX, WRITE_KEY, App

SECONDS = 0.05
AT_ONCE = 20
"""Requests beside one another, since each is answered only when its time is over."""
EVENT = {"type": "track", "event": "e", "anonymousId": "visitor"}


class Client:
    """Connection as a server brings it: the body comes in parts, then nothing more, and never an end."""

    def __init__(self, parts: list[bytes], length: int | None, ends: bool = False) -> None:
        self.parts = list(parts)
        self.length = length
        self.ends = ends
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts) or not self.ends}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def ask(
        self, app: Any, method: str, path: str, headers: dict[str, str], port: str = "50000"
    ) -> tuple[int, dict[bytes, bytes]]:
        said = [(b"host", b"collector.test"), *((name.encode(), value.encode()) for name, value in headers.items())]
        said.append((b"transfer-encoding", b"chunked") if self.length is None else (b"content-length", b"%d" % self.length))
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": said,
            "client": ("127.0.0.1", port), "server": ("127.0.0.1", 8000), "state": {}, "extensions": {},
        }  # fmt: skip
        await asyncio.wait_for(app(scope, self.receive, self.send), 30)
        return self.sent[0]["status"], dict(self.sent[0]["headers"])


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setattr("collector.web.gate.DRAIN_SECONDS", SECONDS)
    monkeypatch.setattr("collector.web.gate.SLOW_SECONDS", 0.0)
    with App(tmp_path / "data", body_seconds=SECONDS, wait_seconds=SECONDS * 10) as made:
        yield made


def _paths(application: Litestar, before: str = "") -> Iterator[tuple[str, str]]:
    for route in application.routes:
        path = before + route.path
        for name in ("{prefix:str}", "{script:str}"):
            path = path.replace(name, PREFIX)
        path = path.split("{")[0] + "1" if "{" in path else path
        methods = route.methods if isinstance(route, HTTPRoute) else {"POST"}
        yield from ((method, path) for method in sorted(methods))


def _walk(app: App) -> list[tuple[str, str]]:
    """Routes of the one application, and the console's, which it holds as a whole, and addresses that lead nowhere."""
    from collector.app import create_console_app

    inside = _paths(create_console_app(app.installation), "/console")
    return [*_paths(create_app(app.installation)), *inside, ("POST", "/nothing"), ("POST", "/console/nothing")]


def test_a_body_that_never_ends_holds_no_route(app: App) -> None:
    """Deadline on any route and method, for all: an answer comes, its connection is not used again, and nothing is held."""
    application = create_app(app.installation)
    pair = {"authorization": f"Bearer {app.secret_key}"}
    form = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    requests = [(method, path, headers) for method, path in _walk(app) for headers in ({}, pair, form)]

    async def ask_all(some: list[tuple[str, str, dict[str, str]]]) -> list[tuple[int, dict[bytes, bytes]]]:
        asked = (
            Client([b"name="], 50_000).ask(application, *request, port=str(50_000 + number))
            for number, request in enumerate(some)
        )
        return await asyncio.gather(*asked)

    wrong = []
    for start in range(0, len(requests), AT_ONCE):
        some = requests[start : start + AT_ONCE]
        for (method, path, _), (status, answered) in zip(some, asyncio.run(ask_all(some)), strict=True):
            if status >= 500 or answered.get(b"connection") != b"close":
                wrong.append((method, path, status, answered))
    assert wrong == []
    assert app.installation.gate.budget.held == 0
    assert app.installation.gate.peers.answering == set()


EARLY = {
    401: ("/v1/batch", {"authorization": "Digest nothing"}, [b"x" * 10]),
    404: ("/unknown1/v1/batch", {}, [b"x" * 10]),
    405: ("/api/counts", {}, [b"x" * 10]),
    403: ("/console/login", {}, [b"x" * 10]),
    408: ("/v1/batch", {}, [b"x" * 10]),
    413: ("/v1/batch", {"x-write-key": WRITE_KEY}, [b"x" * 300_000] * 2),
}


@pytest.mark.parametrize("status", EARLY)
@pytest.mark.parametrize("length", [2_000_000, None], ids=["with a length", "chunked"])
def test_an_answer_before_the_end_of_the_body_is_the_last(app: App, status: int, length: int | None) -> None:
    path, headers, parts = EARLY[status]
    found, answered = asyncio.run(Client(parts, length).ask(create_app(app.installation), "POST", path, headers))
    assert (found, answered[b"connection"]) == (status, b"close")
    assert app.installation.gate.peers.spent == {("127.0.0.1", 50000)}


def test_a_small_body_behind_an_early_answer_is_read(app: App) -> None:
    """Keep-alive: connections, of proxies too, can be used on."""
    client = Client([b"x" * 10], 10, ends=True)
    status, answered = asyncio.run(client.ask(create_app(app.installation), "POST", "/nothing", {}))
    assert status == 404
    assert b"connection" not in answered
    assert app.installation.gate.peers.spent == set()


def test_a_read_body_leaves_the_connection_open(app: App) -> None:
    body = json.dumps({**EVENT, "writeKey": WRITE_KEY}).encode()
    client = Client([body[:10], body[10:]], len(body), ends=True)
    status, answered = asyncio.run(client.ask(create_app(app.installation), "POST", "/v1/track", {}))
    assert (status, answered.get(b"connection")) == (200, None)


PACKED = gzip.compress(json.dumps({"batch": [EVENT], "writeKey": WRITE_KEY}).encode())
HELD: dict[str, tuple[list[bytes], int | None]] = {
    "announced": ([b"x"], 500_000),
    "arrived": ([b"x" * 30_000] * 10, None),
    "single bytes": ([b"x"] * 4_000, None),
    "packed": ([PACKED], len(PACKED)),
}


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize(("free", "status"), [("mine", 429), ("all", 503)])
def test_bodies_beyond_the_budget_are_refused_and_counted(app: App, name: str, free: str, status: int) -> None:
    """Budget before a body is held: by its length, as it arrives, and before unpacking."""
    budget = app.installation.gate.budget
    budget.take("somebody", budget.most_of_sender)
    budget.take("another" if free == "all" else 2130706433, budget.most_of_sender - 100_000)  # 127.0.0.1
    parts, length = HELD[name]
    client = Client(parts, length, ends=True)
    found, answered = asyncio.run(
        client.ask(create_app(app.installation), "POST", f"/{PREFIX}/v1/batch", {"origin": "https://www.example.com"})
    )
    assert found == status
    assert int(answered[b"retry-after"]) >= 1
    assert answered[b"access-control-allow-origin"]
    assert budget.held_by(2130706433) == (0 if free == "all" else budget.most_of_sender - 100_000)
    app.installation.journal.stop()
    assert app.assert_conserved()["refused"] == 1


def test_events_beyond_the_budget_are_counted_one_by_one(app: App) -> None:
    budget = app.installation.gate.budget
    budget.take("somebody", budget.most_of_sender)
    budget.take("another", budget.most_of_sender - 2_000)
    answer = app.batch(*[{**EVENT, "messageId": str(number)} for number in range(10)])
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    app.installation.journal.stop()
    assert app.assert_conserved()["refused"] == 10


def test_budget_is_free_behind_the_answers(app: App) -> None:
    app.batch(EVENT, b"bad", EVENT)
    app.batch(b"[")
    app.bento({"events": [{"type": "t", "email": "ada@example.com"}]})
    app.post("/v1/batch", PACKED)
    assert app.installation.gate.budget.held == 0
    assert len(app.installation.gate.budget) == 0


def test_refused_senders_do_not_come_back_together() -> None:
    """Jitter: answered 429 at one moment, they would return at one."""
    waits = [slow_seconds() for _ in range(1_000)]
    assert min(waits) < 0.1 * SLOW_SECONDS and max(waits) > 1.9 * SLOW_SECONDS
    assert 0.8 < sum(waits) / len(waits) / SLOW_SECONDS < 1.2
