"""Bento's `POST /batch/events`: Basic publishable:secret in, `{"results", "failed"}` out."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ...domain.events import Quarantined
from ...domain.sites import Site
from ...errors import PasserbyError, UnknownKey
from ...ingest.bento import BentoDecoder
from ...ingest.decoder import Unacceptable
from ...ingest.proof import Keyring
from ...ingest.receive import Incoming, Received, Receiver
from ...storage.site_registry import SiteRegistry
from ..passage import passage_of
from .body import read_body

BentoRequest = Request[Any, Any, State]


class Bento:
    """The receiver and what Bento's endpoint needs around it, as one dependency."""

    def __init__(self, sites: SiteRegistry, secret_of: Keyring, receiver: Receiver) -> None:
        self.sites = sites
        self.secret_of = secret_of
        self.receiver = receiver

    async def answer(self, request: BentoRequest) -> Response[bytes]:
        """Store the events of a request and say how many, and what is wrong with the others."""
        try:
            told = (await self._received(request)).told
        except PasserbyError as error:
            return _refusal(error)
        errors = [_error(bad) for bad in sorted(told.quarantined, key=lambda bad: bad.index)]
        return _json(200, {"results": told.stored + told.duplicate, "failed": len(errors), "errors": errors})

    async def _received(self, request: BentoRequest) -> Received:
        site, key = await self._authorized(request.headers.get("authorization", ""))
        passage = passage_of(request.scope)
        incoming = Incoming((key,), admission=self.receiver.rates.admission(passage.address), room=passage.room)
        decoder = BentoDecoder(site.uuid, request.query_params.get("site_uuid"), self.secret_of(site).encode())
        body = await self.receiver.read(incoming, partial(read_body, request.receive))
        return await self.receiver.receive(incoming, body, decoder)

    async def _authorized(self, header: str) -> tuple[Site, str]:
        """Return the site whose publishable and secret key the header carries, and the secret key. Raises UnknownKey."""
        scheme, _, value = header.partition(" ")
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
        except ValueError:  # no base64, no ASCII, no UTF-8
            pair = ""
        publishable, _, secret = pair.partition(":")
        site = self.sites.known.by_secret(secret) if secret and await self.sites.know(secret) else None
        if site is None or site.publishable_key != publishable:
            raise UnknownKey("Basic authorization with publishable_key:secret_key is needed.")
        return site, secret


def _error(bad: Quarantined) -> dict[str, Any]:
    field, _, message = bad.detail.partition(": ")
    if not message:
        field, message = "event", bad.detail or str(bad.reason)
    return {"index": bad.index, "field": field, "message": message, "reason": str(bad.reason)}


def _refusal(error: PasserbyError) -> Response[bytes]:
    """Return the answer in Bento's form; of a part of the body, with its field."""
    if isinstance(error, Unacceptable):
        return _json(error.status, {"errors": [{"field": error.field, "message": error.message}]})
    response = _json(error.status, {"error": error.message})
    if error.retry_after is not None:
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _json(status: int, value: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(value), status_code=status, media_type=MediaType.JSON)


@post(
    ["/v1/batch/events", "/api/v1/batch/events"],
    status_code=200,
    summary="Receive events (Bento's API)",
)
async def receive_bento_events(request: BentoRequest, bento: NamedDependency[SkipValidation[Bento]]) -> Response[bytes]:
    """Store 1 to 1,000 events of people named by e-mail; each that fails is listed with its field and message."""
    return await bento.answer(request)


BENTO_HANDLERS = [receive_bento_events]
