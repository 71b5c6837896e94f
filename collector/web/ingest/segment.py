"""The ingest endpoints: take the request apart, call `Receiver.receive`, put the answer together."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ASGIApp

from ...domain.sites import Site
from ...errors import MissingKey, NotFound, PasserbyError, UnknownKey
from ...ingest.receive import Incoming, Received, Receiver
from ...ingest.wire import SegmentDecoder
from ...storage.site_registry import SiteRegistry
from ..errors import error_body
from ..json_answer import JSONAnswer
from ..passage import passage_of
from .body import read_body
from .cookies import Sender, visitor_cookie
from .cors import cors_headers, origin_host, preflight_headers

_KINDS = {
    "batch": None, "b": None,
    "page": "page", "p": "page", "track": "track", "t": "track", "identify": "identify", "i": "identify",
    "group": "group", "g": "group", "alias": "alias", "a": "alias", "screen": "screen", "s": "screen",
}  # fmt: skip
DECODERS = {name: SegmentDecoder(kind) for name, kind in _KINDS.items()}
"""Last part of the path -> the decoder of the type that it names, or of batches."""

IngestRequest = Request[Any, Any, State]


class Ingest:
    """The receiver and what HTTP needs around it, as one value."""

    def __init__(self, receiver: Receiver, sites: SiteRegistry) -> None:
        self.receiver = receiver
        self.sites = sites

    async def answer(self, request: IngestRequest, decoder: SegmentDecoder) -> ASGIApp:
        """Store the events of a request and say what became of each; errors are answered with CORS headers too."""
        headers = dict(request.scope["headers"])
        origin = _text(headers.get(b"origin"))
        site: Site | None = None
        try:
            site = await self.prefix_site(request)
            incoming = self.incoming(headers, request, site)
            body = await self.receiver.read(incoming, partial(read_body, request.receive))
            received = await self._received(incoming, body, decoder)
        except PasserbyError as error:
            body, more = error_body(error)
            return JSONAnswer(body, {**more, **cors_headers(origin, site)}, error.status)
        return _accepted(received, headers, request, origin)

    async def _received(self, incoming: Incoming, body: bytes, decoder: SegmentDecoder) -> Received:
        """Store what the request carries. A key that nobody has may be of a site that was only just made."""
        try:
            return await self.receiver.receive(incoming, body, decoder)
        except UnknownKey as error:
            if not await self.sites.know(error.key):
                raise
        return await self.receiver.receive(incoming, body, decoder)

    async def preflight(self, request: IngestRequest) -> Response[None]:
        """Answer OPTIONS. A path without a site's prefix names no site, so it allows no credentials."""
        origin = request.headers.get("origin")
        site = await self.prefix_site(request)
        return Response(None, status_code=204, headers=preflight_headers(origin, site))

    async def prefix_site(self, request: IngestRequest) -> Site | None:
        """Return the site that the path's prefix names, None when it has none. Raises NotFound for an unknown one."""
        prefix = request.path_params.get("prefix")
        if prefix is None:
            return None
        site = self.sites.known.by_prefix(prefix) if await self.sites.know(prefix) else None
        if site is None:
            raise NotFound
        return site

    def incoming(self, headers: dict[bytes, bytes], request: IngestRequest, site: Site | None) -> Incoming:
        """Return the request as the receiver takes it. Raises MissingKey for an Authorization header without a key."""
        origin = _text(headers.get(b"origin"))
        passage = passage_of(request.scope)
        address = passage.address
        return Incoming(
            keys=_keys(headers, request),
            prefix_site=site,
            # Not sec-fetch-mode: Node's fetch, and with it Segment's server SDK, sends that one too.
            is_browser=origin is not None or b"sec-fetch-site" in headers,
            origin_host=None if origin is None else origin_host(origin) or "",
            user_agent=_text(headers.get(b"user-agent")),
            client_address=address,
            admission=self.receiver.rates.admission(address),
            room=passage.room,
        )


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None


def _keys(headers: dict[bytes, bytes], request: IngestRequest) -> tuple[str, ...]:
    """The keys that headers and query name; the body's is found later."""
    keys: list[str] = []
    authorization = _text(headers.get(b"authorization"))
    if authorization:
        keys.append(_authorized(authorization))
    header = _text(headers.get(b"x-write-key"))
    if header:
        keys.append(header.strip())
    if request.scope["query_string"]:
        keys += [key for key in request.query_params.getall("writeKey", []) if key]
    return tuple(keys)


def _authorized(header: str) -> str:
    """Return the key of an Authorization header: the user name of Basic, or the token of Bearer."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        try:
            user = base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
        except ValueError:  # no base64, no ASCII, no UTF-8
            user = ""
        if user:
            return user
    raise MissingKey("The Authorization header holds no key: Basic (the key as user name) or Bearer is needed.")


def _accepted(received: Received, headers: dict[bytes, bytes], request: IngestRequest, origin: str | None) -> ASGIApp:
    told = received.told
    answer: dict[str, Any] = {
        "success": True,
        "stored": told.stored,
        "duplicate": told.duplicate,
        "quarantined": [{"index": bad.index, "reason": str(bad.reason), "detail": bad.detail} for bad in told.quarantined],
    }
    if told.rotate:
        answer["rotate"] = list(told.rotate)
    more = cors_headers(origin, received.site)
    cookie = _cookie(received, headers, request, origin)
    return JSONAnswer(msgspec.json.encode(answer), {**more, "set-cookie": cookie} if cookie is not None else more)


def _cookie(received: Received, headers: dict[bytes, bytes], request: IngestRequest, origin: str | None) -> str | None:
    """The visitor cookie of the answer. A browser that has to give its id up gets a fresh one (R9), a bot none (R25)."""
    if received.is_bot or (origin is None and b"sec-fetch-site" not in headers):
        return None
    sender = Sender(
        origin_host(f"http://{_text(headers.get(b'host')) or ''}") or "",
        origin,
        headers.get(b"sec-fetch-site") == b"same-origin",
        "; ".join(value.decode("latin-1") for name, value in request.scope["headers"] if name == b"cookie"),
        b"1" in (headers.get(b"sec-gpc"), headers.get(b"dnt")),
    )
    return visitor_cookie(received.site, sender, received.anonymous_id, received.told.rotate, received.has_page)


_PATHS = [f"{prefix}/v1/{name}" for prefix in ("", "/{prefix:str}") for name in DECODERS]
_METRICS = ["/v1/m", "/{prefix:str}/v1/m"]


IngestDependency = NamedDependency[SkipValidation[Ingest]]


@route([*_PATHS, *_METRICS], http_method=[HttpMethod.OPTIONS], include_in_schema=False)
async def allow_events(request: IngestRequest, ingest: IngestDependency) -> Response[None]:
    return await ingest.preflight(request)


@route(_PATHS, http_method=[HttpMethod.POST], status_code=200, summary="Receive events (Segment's tracking spec)")
async def receive_events(request: IngestRequest, ingest: IngestDependency) -> ASGIApp:
    """Store one event, or a batch of them; 200 means that they are on disk."""
    return await ingest.answer(request, DECODERS[request.scope["path"].rpartition("/")[2]])


@route(_METRICS, http_method=[HttpMethod.POST], status_code=200, include_in_schema=False)
async def ignore_metrics(request: IngestRequest) -> ASGIApp:
    """Public SDKs report on themselves here; accepted so that they do not retry, and not kept."""
    await read_body(request.receive)
    return JSONAnswer(b'{"success":true}', cors_headers(request.headers.get("origin"), None))


INGEST_HANDLERS = [allow_events, receive_events, ignore_metrics]
