"""Bento's `POST /batch/events`: Basic publishable:secret in, `{"results", "failed"}` out."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ...domain.events import Proof, Quarantined, Reason
from ...domain.sites import Site
from ...errors import BadRequest, PasserbyError
from ...ingest import salvage
from ...ingest.bento import MAX_EVENTS, sort_events
from ...ingest.body import unpack
from ...ingest.context import RequestContext
from ...ingest.off_loop import OffLoop
from ...ingest.pipeline import Pipeline, Sorted, set_aside
from ...ingest.proof import Keyring
from ...ingest.rates import Admission, Rates
from ...ingest.receive import REFUSED
from ...ingest.weight import weight
from ...ports import Clock, Journal, Submission
from ...storage.site_registry import SiteRegistry
from ..passage import passage_of
from .body import read_body


class Envelope(msgspec.Struct):
    events: list[msgspec.Raw] | None = None
    site_uuid: str | None = None


class BentoError(PasserbyError):
    """A refusal in Bento's form; `field` makes it `{"errors": [{"field", "message"}]}`."""

    def __init__(self, http_status: int, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.http_status = http_status
        self.field = field


class Bento:
    """What the handler needs, as one dependency."""

    def __init__(
        self, sites: SiteRegistry, secret_of: Keyring, pipeline: Pipeline, journal: Journal, clock: Clock, rates: Rates
    ) -> None:
        self.sites = sites
        self.secret_of = secret_of
        self.pipeline = pipeline
        self.journal = journal
        self.clock = clock
        self.rates = rates
        self._off_loop = OffLoop()

    async def answer(self, request: Request[Any, Any, State]) -> Response[bytes]:
        try:
            site = await self._authorized(request.headers.get("authorization", ""))
            admission = self.rates.admission(passage_of(request.scope).address)
            items = await self._items(request, site, admission)
            outcome = await self._sorted(request, site, items, admission)
            receipt = await self.journal.submit(self._submission(site, outcome))
        except BentoError as error:
            return _refusal(error.http_status, error.message, error.field)
        except PasserbyError as error:
            response = _refusal(error.status, error.message)
            if error.retry_after is not None:
                response.headers["retry-after"] = str(error.retry_after)
            return response
        errors = [_error(bad) for bad in sorted(receipt.quarantined, key=lambda bad: bad.index)]
        return _json(200, {"results": receipt.stored + receipt.duplicate, "failed": len(errors), "errors": errors})

    def _submission(self, site: Site, outcome: Sorted) -> Submission:
        return Submission(site, outcome.received, self.clock(), outcome.events, outcome.quarantined, source="bento")

    async def _sorted(
        self, request: Request[Any, Any, State], site: Site, items: list[bytes], admission: Admission | None
    ) -> Sorted:
        """Run the events through the pipeline, within what may be held and sent; else all of them are counted as refused."""
        size = sum(map(len, items))
        context = RequestContext(site, self.clock(), Proof.VERIFIED)
        try:
            await passage_of(request.scope).wait(weight(b"".join(items), len(items)))
            outcome = await self._off_loop.call_for(size, sort_events, items, self.pipeline, context, self.secret_of)
            if admission is not None:
                admission.charge(outcome.events, outcome.received)
        except REFUSED:
            self.journal.refuse(site.site_id, len(items))
            raise
        return outcome

    async def _items(self, request: Request[Any, Any, State], site: Site, admission: Admission | None) -> list[bytes]:
        """Return the events of the body. What is refused as a whole is counted, what cannot be read is also kept."""
        body = b""
        try:
            if admission is not None:
                admission.know(site.site_id, site.publishable_key)
            body = await read_body(request.receive)
            text = unpack(body, passage_of(request.scope))
            return await self._off_loop.call_for(len(text), _events, text, request.query_params.get("site_uuid"), site)
        except BadRequest as error:
            kept = set_aside(0, Reason.UNREADABLE_BODY, error.message, body)
            await self.journal.submit(self._submission(site, Sorted(1, [], [kept])))
            raise
        except (*REFUSED, BentoError):
            self.journal.refuse(site.site_id)
            raise

    async def _authorized(self, header: str) -> Site:
        """Return the site whose publishable and secret key the header carries."""
        scheme, _, value = header.partition(" ")
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
        except ValueError:  # no base64, no ASCII, no UTF-8
            pair = ""
        publishable, _, secret = pair.partition(":")
        site = self.sites.known.by_secret(secret) if secret and await self.sites.know(secret) else None
        if site is None or site.publishable_key != publishable:
            raise BentoError(401, "Basic authorization with publishable_key:secret_key is needed.")
        return site


def _events(body: bytes, query_uuid: str | None, site: Site) -> list[bytes]:
    """Return the events of the body. One that does not decode is cut out, so that it fails alone."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except msgspec.ValidationError as error:
        raise BentoError(422, str(error), "events") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        items, cut_off = salvage.cut_events(body, name=b"events")
        if not items:
            raise BadRequest("The body is not JSON.") from error
        items += [cut_off] if cut_off else []
        envelope = Envelope()
    else:
        items = [bytes(item) for item in envelope.events or []]
    _check_uuid({uuid for uuid in (query_uuid, envelope.site_uuid) if uuid}, site)
    if not 1 <= len(items) <= MAX_EVENTS:
        raise BentoError(422, f"must hold 1 to {MAX_EVENTS} events, not {len(items)}", "events")
    return items


def _check_uuid(uuids: set[str], site: Site) -> None:
    if len(uuids) > 1:
        raise BentoError(400, "site_uuid differs between query and body.")
    if uuids and uuids != {site.uuid}:
        raise BentoError(403, "These keys belong to another site than site_uuid.")


def _error(bad: Quarantined) -> dict[str, Any]:
    field, _, message = bad.detail.partition(": ")
    if not message:
        field, message = "event", bad.detail or str(bad.reason)
    return {"index": bad.index, "field": field, "message": message, "reason": str(bad.reason)}


def _refusal(status: int, message: str, field: str | None = None) -> Response[bytes]:
    return _json(status, {"errors": [{"field": field, "message": message}]} if field else {"error": message})


def _json(status: int, value: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(value), status_code=status, media_type=MediaType.JSON)


@post(
    ["/v1/batch/events", "/api/v1/batch/events"],
    status_code=200,
    summary="Receive events (Bento's API)",
)
async def receive_bento_events(
    request: Request[Any, Any, State], bento: NamedDependency[SkipValidation[Bento]]
) -> Response[bytes]:
    """Store 1 to 1,000 events of people named by e-mail; each that fails is listed with its field and message."""
    return await bento.answer(request)


BENTO_HANDLERS = [receive_bento_events]
