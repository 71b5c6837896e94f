"""Web server that the browser meets first: it serves our test pages, forwards everything else as the site's nginx
would, and writes down what came over the wire.

It sees what a browser really sends, also while its page is going, when nothing inside the browser can tell any longer.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple

CLIENT = re.compile(r"passerby-e2e/([\w-]+)")
"""Browser context, as the User-Agent names it."""
VISITOR = re.compile(r"\w+-([\w-]+)\.(\w+\.)?shop\.localhost")
"""Host name part that tells browsers apart which cannot rename themselves."""
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}
INGEST = re.compile(r"(/[a-z0-9]+)?/v1/(?!handoff)\w+\Z")
HELD_SECONDS = 20.0


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    rest: Sequence[tuple[float, bytes]] = ()
    """Pieces that follow, each after a pause of so many seconds."""


NOBODY = Answer(502, [("Content-Type", "text/plain")], b"Nobody answers.\n")
BUSY = Answer(503, [("Content-Type", "text/plain")], b"Too much to do.\n")
HUNG_UP = Answer(-1, [], b"")
"""Connection closed without an answer."""


@dataclass
class Request:
    """Request, and its answer once there is one."""

    client: str
    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    answer_body: bytes = b""

    @property
    def is_ingest(self) -> bool:
        return self.method == "POST" and INGEST.match(self.path) is not None

    @property
    def set_cookies(self) -> list[str]:
        return [value for name, value in self.answer_headers if name.lower() == "set-cookie"]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Events of a batch, each with the `host` that it was sent to."""
        # Not msgspec, which takes no half of a surrogate pair; browsers write them.
        batch: list[dict[str, Any]] = json.loads(self.body)["batch"]
        return [{**event, "host": self.host} for event in batch]


Fate = Literal["answered", "refused", "unheard", "unanswered"]
"""Fates of a batch: answered; 503; never heard; stored, answer lost."""
Page = Callable[[Request], Answer | None]
"""Answers of the server itself; None for what it forwards."""


def forward(upstream: tuple[str, int], request: Request) -> Answer:
    """Answer of another server to the same request; 502 when nobody listens there."""
    connection = HTTPConnection(*upstream, timeout=30)
    try:
        connection.request(request.method, request.path, request.body or None, request.headers)
        response = connection.getresponse()
        headers = [pair for pair in response.getheaders() if pair[0].lower() not in HOP_BY_HOP | {"content-length"}]
        return Answer(response.status, headers, response.read())
    except (OSError, HTTPException):
        return NOBODY
    finally:
        connection.close()


class Wire:
    """Web server, from when it is made until it is closed."""

    def __init__(self, upstream: tuple[str, int], page: Page = lambda request: None, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.changed = threading.Condition()
        self.last_at: dict[str, float] = {}
        self._upstream = upstream
        self._is_down = False
        self._fate: Callable[[], Fate] = lambda: "answered"
        self._page = page
        self._first: list[Page] = []
        self._held: list[tuple[str, threading.Event]] = []
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="wire", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    @contextmanager
    def holding(self, path_end: str) -> Iterator[Callable[[], None]]:
        """Keep answers to paths with this end back until the yielded function is called, or the block ends."""
        gate = (path_end, threading.Event())
        self._held.append(gate)
        try:
            yield gate[1].set
        finally:
            self._held.remove(gate)
            gate[1].set()

    @contextmanager
    def answering(self, first: Page) -> Iterator[None]:
        """Ask `first` before others; what it has no answer for goes its usual way."""
        self._first.append(first)
        try:
            yield
        finally:
            self._first.remove(first)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Answer 502 to batches, as nginx does while nobody listens behind it."""
        self._is_down = True
        try:
            yield
        finally:
            self._is_down = False

    @contextmanager
    def fated(self, fate: Callable[[], Fate]) -> Iterator[None]:
        """Decide the fate of each batch."""
        before, self._fate = self._fate, fate
        try:
            yield
        finally:
            self._fate = before

    def under_way(self, client: str) -> bool:
        """True while an answer to a batch of this client is missing. Call with `changed` held."""
        return any(one.status == 0 and one.client == client and one.is_ingest for one in self.requests)

    def answer(self, request: Request) -> Answer:
        with self.changed:
            self.requests.append(request)
            self._touch(request)
        answer = self._find_answer(request)
        with self.changed:
            request.answer_headers, request.answer_body = answer.headers, answer.body
            request.status = answer.status
            self._touch(request)
        return answer

    def _touch(self, request: Request) -> None:
        self.last_at[request.client] = time.monotonic()
        self.changed.notify_all()

    def _find_answer(self, request: Request) -> Answer:
        for path_end, gate in list(self._held):
            if request.path.partition("?")[0].endswith(path_end):
                gate.wait(HELD_SECONDS)
        if self._is_down and request.is_ingest:
            return NOBODY
        fate = self._fate() if request.is_ingest else "answered"
        if fate in ("refused", "unheard"):
            return BUSY if fate == "refused" else HUNG_UP
        for first in list(self._first):
            if foreign := first(request):
                return foreign
        answer = self._page(request) or forward(self._upstream, request)
        return HUNG_UP if fate == "unanswered" else answer

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], wire: Wire) -> None:
        self.wire = wire
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close: browsers keep connections; their threads end so."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Hang-ups of browsers are no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        host = (self.headers.get("host") or "").partition(":")[0]
        client = CLIENT.search(self.headers.get("user-agent") or "") or VISITOR.match(host)
        request = Request(client[1] if client else "", self.command, host, self.path, headers, body)
        answer = self.server.wire.answer(request)
        if answer is HUNG_UP:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.rest:
            self._stream(answer)
            return
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _stream(self, answer: Answer) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for pause, piece in [(0.0, answer.body), *answer.rest, (0.0, b"")]:
            time.sleep(pause)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    do_GET = do_POST = do_OPTIONS = do_HEAD = _handle

    def log_message(self, format: str, *args: Any) -> None:
        pass
