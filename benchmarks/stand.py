"""The servers that one client meets: the pages of a site, and the client's own server on the same origin or on another one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import httpx

from tests.e2e.wire import HOP_BY_HOP, Answer, Request, Wire

from .clients.client import SCRIPT_TYPE, Client, Sent

SITE = "www.shop.localhost"
OTHER = "collector.localhost"
HTML_TYPE = ("Content-Type", "text/html; charset=utf-8")
NOWHERE = ("127.0.0.1", 9)
LOOK = 0.005
"""Seconds between two looks at what has arrived."""
Outage = Literal["busy", "refusing"]
"""It answers 503; it does not listen."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<script>Object.defineProperty(navigator, "webdriver", {{value: false}}); performance.mark("tag");</script>
{head}
</head><body><h1>A page</h1><p>Some text.</p></body></html>"""
GONE = """<!doctype html><title>Another page</title><p>Nothing is measured here.</p>
<button id="open" onclick="window.open('/page')">Open</button>"""


class Stand:
    """Listens from the moment it is made until it is closed. `delay`: seconds that the server takes to answer to events."""

    def __init__(self, client: Client, same_origin: bool, delay: float = 0.0) -> None:
        self.client = client
        self._delay = delay
        self._outage: Outage | None = None
        self._past: list[Request] = []
        self._read: dict[int, list[Sent]] = {}
        self._scripts: dict[str, Answer] = {}
        self._site = self._listen()
        self._server = self._site if same_origin else self._listen()
        self.origin = f"http://{SITE}:{self._site.port}"
        self.collector = self.origin if same_origin else f"http://{OTHER}:{self._server.port}"
        self._page = PAGE.format(head=client.head(self.collector)).encode()

    @property
    def sent(self) -> list[Request]:
        """Requests with events, whatever was answered."""
        requests = self._past + (self._server.requests if self._server is self._site else self._all())
        return [one for one in requests if one.method == "POST" and self.client.is_ingest(one.path)]

    def events(self, request: Request) -> list[Sent]:
        if id(request) not in self._read:
            self._read[id(request)] = self.client.read(request)
        return self._read[id(request)]

    def answered(self) -> int:
        """How many requests with events have had an answer, whatever it was."""
        return sum(request.status > 0 for request in self.sent)

    def arrived(self) -> Counter[Sent]:
        """Each event that was answered with success, and how often."""
        answered = (one for one in self.sent if 200 <= one.status < 300)
        return Counter(event for request in answered for event in self.events(request))

    def numbers(self) -> set[int]:
        """The benchmark's numbers among them."""
        return {event.number for event in self.arrived() if event.number is not None}

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in time."""
        deadline = time.monotonic() + seconds
        while not (found := condition()) and time.monotonic() < deadline:
            time.sleep(LOOK)
        return found

    def is_quiet(self, seconds: float) -> bool:
        """Whether no request is under way and none has begun or ended for so long."""
        wires = {self._site, self._server}
        if any(request.status == 0 for wire in wires for request in wire.requests):
            return False
        last = max(at for wire in wires for at in [0.0, *wire.last_at.values()])
        return time.monotonic() - last >= seconds

    @contextmanager
    def down(self, outage: Outage) -> Iterator[None]:
        """The client's server is away; where it shares its origin with the pages, these go on being served."""
        self._outage = outage
        if outage == "refusing":
            self._past.extend(self._server.requests)
            self._server.close()
        try:
            yield
        finally:
            self._outage = None
            if outage == "refusing":
                self._server = self._listen(self._server.port)

    def scripts(self) -> list[str]:
        """The addresses of all scripts that were asked for and found."""
        found = {
            f"http://127.0.0.1:{wire.port}{request.path}"
            for wire in {self._site, self._server}
            for request in wire.requests
            if request.status == 200 and request.path.partition("?")[0].endswith(".js")
        }
        return sorted(found)

    def close(self) -> None:
        for wire in {self._site, self._server}:
            wire.close()

    def _listen(self, port: int = 0) -> Wire:
        return Wire(self.client.upstream or NOWHERE, self._answer, port)

    def _all(self) -> list[Request]:
        return self._site.requests + self._server.requests

    def _answer(self, request: Request) -> Answer | None:
        path = request.path.partition("?")[0]
        if request.method == "GET" and path in ("/page", "/gone"):
            return Answer(200, [HTML_TYPE, ("Cache-Control", "no-cache")], self._page if path == "/page" else GONE.encode())
        if path == "/favicon.ico":
            return Answer(204, [], b"")
        if self._outage == "busy":
            return Answer(503, [("Content-Type", "text/plain")], b"Nobody answers.\n")
        return self._answer_for_server(request, path)

    def _kept(self, request: Request) -> Answer:
        """A script of a real server, from memory like the scripts of the others."""
        if request.path not in self._scripts:
            host, port = self.client.upstream or NOWHERE
            headers = {"accept-encoding": "identity", "host": request.headers["Host"]}
            found = httpx.get(f"http://{host}:{port}{request.path}", headers=headers, timeout=20)
            kept = [(name, value) for name, value in found.headers.items() if name not in HOP_BY_HOP | {"content-length"}]
            self._scripts[request.path] = Answer(found.status_code, kept, found.content)
        return self._scripts[request.path]

    def _answer_for_server(self, request: Request, path: str) -> Answer | None:
        if self.client.is_ingest(path):
            time.sleep(self._delay)
        if self.client.upstream:
            return self._kept(request) if request.method == "GET" and path.endswith(".js") else None
        if request.method == "OPTIONS":
            return Answer(204, _cors(request), b"")
        if file := self.client.script(path):
            headers = [SCRIPT_TYPE, ("Cache-Control", "max-age=3600"), *_cors(request)]
            return Answer(200, headers, file.read_bytes()) if file.is_file() else Answer(404, [], b"")
        answer = self.client.answer(request) or Answer(404, [], b"")
        return answer._replace(headers=[*answer.headers, *_cors(request)])


def _cors(request: Request) -> list[tuple[str, str]]:
    """A backend that lets any site in, and lets browsers remember it."""
    asked = {name.lower(): value for name, value in request.headers.items()}
    return [
        ("Access-Control-Allow-Origin", asked.get("origin", "*")),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", asked.get("access-control-request-headers", "content-type")),
        ("Access-Control-Max-Age", "86400"),
    ]
