"""Stands in for nginx or Caddy, which a real site has in front: see examples/nginx.conf and examples/Caddyfile.

Requests under one path go to the collector, on whatever host name they came; all others go to the site.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from string import punctuation
from urllib.parse import quote

import httpx
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

# RFC 9110, 7.6.1: these speak of one connection only. `expect` was already answered by the server in front of us.
HOP_BY_HOP = {
    b"connection", b"expect", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
    b"te", b"trailer", b"transfer-encoding", b"upgrade",
}  # fmt: skip
TIMEOUT = {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 5.0}


@dataclass(frozen=True)
class Route:
    prefix: str
    upstream: httpx.URL

    @classmethod
    def parse(cls, text: str) -> "Route":
        """Read `/PREFIX=http://host:port`; ValueError if it is not that."""
        prefix, _, upstream = text.partition("=")
        url = httpx.URL(upstream)
        if not prefix.strip("/") or not prefix.startswith("/") or url.scheme not in ("http", "https") or not url.host:
            raise ValueError(text)
        return cls(prefix.rstrip("/"), url)

    def takes(self, path: str) -> bool:
        return path.startswith(self.prefix + "/")


class ClientGone(Exception):
    """The browser hung up before its body was complete."""


class Front:
    def __init__(self, site: ASGIApp, route: Route) -> None:
        self.site = site
        self.route = route
        # The bare transport: a client would keep cookies, follow redirects and add headers of its own.
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20)
        self.transport = httpx.AsyncHTTPTransport(limits=limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and self.route.takes(scope["path"]):
            await self.forward(scope, receive, send)
        else:
            await self.site(scope, receive, send)

    async def forward(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            response = await self.transport.handle_async_request(self.request(scope, receive))
        except ClientGone:
            return
        except httpx.TimeoutException:
            await refuse(send, 504, b"The collector did not answer in time.\n")
        except httpx.TransportError:
            await refuse(send, 502, b"The collector cannot be reached.\n")
        else:
            await relay(response, send)

    def request(self, scope: HTTPScope, receive: Receive) -> httpx.Request:
        ours = forwarded(scope)
        kept = [pair for pair in end_to_end(list(scope["headers"])) if pair[0].lower() not in dict(ours)]
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
        path, query = scope["raw_path"], scope["query_string"]
        # `target` puts on the wire what the browser wrote. Only bytes that HTTP forbids there are quoted.
        target = quote(path + b"?" + query if query else path, safe=punctuation).encode()
        return httpx.Request(
            scope["method"],
            self.route.upstream,
            headers=kept + ours,
            content=body(receive) if has_body else None,
            extensions={"target": target, "timeout": TIMEOUT},
        )

    async def close(self) -> None:
        await self.transport.aclose()


def end_to_end(headers: Headers) -> Headers:
    """Without what belongs to one connection, including what its `Connection` header names."""
    named = {part.strip().lower() for part in b",".join(values(headers, b"connection")).split(b",")}
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP | named - {b"host"}]


def forwarded(scope: HTTPScope) -> Headers:
    """Who asked, and how. The address is appended, so that the last one is always the one that we saw ourselves."""
    headers = list(scope["headers"])
    peer = scope["client"][0].encode() if scope["client"] else b"unknown"
    return [
        (b"x-forwarded-for", b", ".join([*values(headers, b"x-forwarded-for"), peer])),
        (b"x-forwarded-proto", scope["scheme"].encode()),
        (b"x-forwarded-host", b", ".join(values(headers, b"host"))),
    ]


def values(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name.lower() == wanted]


async def body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        more = message.get("more_body", False)
        if chunk := message.get("body", b""):
            yield chunk


async def relay(response: httpx.Response, send: Send) -> None:
    """Pass the answer on in pieces, as it comes: still compressed if it was, each Set-Cookie on its own line."""
    headers = [(name.lower(), value) for name, value in end_to_end(response.headers.raw)]
    try:
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for chunk in response.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        await response.aclose()


async def refuse(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text, "more_body": False})
