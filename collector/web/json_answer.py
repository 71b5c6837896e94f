"""An answer as ASGI sends it, for the endpoints that answer each event: Litestar's Response costs as much as the rest of it."""

from __future__ import annotations

from litestar.types import Receive, Scope, Send


class JSONAnswer:
    """JSON with its status and headers; an ASGI application."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
        self._body = body
        self._status = status
        self._headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self._headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
