"""Handing a visitor over to another domain of the same site: a token for the link that leads there (rule R34)."""

from __future__ import annotations

import msgspec
from litestar import HttpMethod, Response, route
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ASGIApp

from ...domain.sites import Site
from ...errors import BadBody, BadParameter, PasserbyError
from ...ingest.body import unpack
from ...ingest.links import HANDOFF_PARAMETER, HANDOFF_SECONDS, LinkSigner
from ...ingest.wire import Id, id_text
from ...ports import Clock
from ..errors import error_body
from ..json_answer import JSONAnswer
from .body import read_body
from .cors import cors_headers
from .segment import Ingest, IngestRequest


class Asked(msgspec.Struct, rename="camel"):
    """Body of a handoff: who goes over; the write key may be here as in a body of events."""

    anonymous_id: Id = None
    write_key: str | None = None


_asked = msgspec.json.Decoder(Asked)


class Handoffs:
    """Answers for the site whose key the request holds, found as for events."""

    def __init__(self, ingest: Ingest, links: LinkSigner, clock: Clock) -> None:
        self.ingest = ingest
        self.links = links
        self.clock = clock

    async def answer(self, request: IngestRequest) -> ASGIApp:
        """Return a token for the visitor, the parameter that carries it, and for how many seconds it is good."""
        origin = request.headers.get("origin")
        site: Site | None = None
        try:
            site = await self.ingest.prefix_site(request)
            incoming = self.ingest.incoming(dict(request.scope["headers"]), request, site)
            self.ingest.receiver.admit(incoming)
            asked = _decode(unpack(await read_body(request.receive), incoming.room))
            for key in filter(None, (*incoming.keys, asked.write_key)):
                await self.ingest.sites.know(key)
            site, _ = self.ingest.receiver.site_of(incoming, asked.write_key)
            token = self.links.sign_handoff(site, id_text(asked.anonymous_id) or "", self.clock())
        except PasserbyError as error:
            body, more = error_body(error)
            return JSONAnswer(body, {**more, **cors_headers(origin, site)}, error.status)
        answer = {"token": token, "parameter": HANDOFF_PARAMETER, "seconds": HANDOFF_SECONDS}
        return JSONAnswer(msgspec.json.encode(answer), {"cache-control": "no-store", **cors_headers(origin, site)})


def _decode(body: bytes) -> Asked:
    try:
        return _asked.decode(body)
    except msgspec.ValidationError as error:
        raise BadParameter(f'The body must be {{"anonymousId": ...}}: {error}.') from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody("The body is not JSON.") from error


_PATHS = ["/v1/handoff", "/{prefix:str}/v1/handoff"]


HandoffsDependency = NamedDependency[SkipValidation[Handoffs]]


@route(_PATHS, http_method=[HttpMethod.OPTIONS], include_in_schema=False)
async def allow_handoff(request: IngestRequest, handoffs: HandoffsDependency) -> Response[None]:
    return await handoffs.ingest.preflight(request)


@route(_PATHS, http_method=[HttpMethod.POST], status_code=200, summary="Hand a visitor over to another domain of the site")
async def hand_over(request: IngestRequest, handoffs: HandoffsDependency) -> ASGIApp:
    """Sign a token, good for two minutes and once, that joins the anonymous visitors of two domains."""
    return await handoffs.answer(request)


HANDOFF_HANDLERS = [allow_handoff, hand_over]
