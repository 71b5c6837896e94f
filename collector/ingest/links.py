"""Signed links: one in an e-mail says to whom it was sent (rule K10), a handoff says who comes over from another domain of
the same site (rule R34).

Both come back as a parameter of a page's address, and are taken out of it before the event is stored.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

from itsdangerous import BadData, URLSafeSerializer
from msgspec.structs import replace

from ..domain.events import DAY, MINUTE, SECOND, Draft, Handoff, Link, Proof
from ..domain.identifiers import SPACE, email_key, names_somebody
from ..domain.sites import Site
from ..errors import BadParameter
from .context import RequestContext
from .wire import RawEvent

LINK_PARAMETER = "passerby_link"
HANDOFF_PARAMETER = "passerby_handoff"
LINK_DAYS = 30
HANDOFF_SECONDS = 120
MAX_TOKEN = 8 * 1024
"""Characters; 255 of the widest in an id make about half of it."""

_SKEW = MINUTE
"""How far the clocks of two collectors of one installation may differ."""
_MAX_TRIES = 4
"""Values of one address that are tried."""
_MARK = "passerby_"
_FOLLOWED = frozenset({"page", "screen", "track", "identify"})
_FOUND = re.compile(r"[?&]passerby_(link|handoff)=([^&#]*)")
_REMOVED = re.compile(r"(\A|[?&])(?:passerby_(?:link|handoff)=[^&#]*(&|(?=#)|\Z))+")


class LinkSigner:
    """Signs and reads link tokens. `secret` is for this alone; every token is bound to its site and its purpose."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign_link(self, site: Site, kind: str, value: str, now: int) -> str:
        """Return the token of a link sent to `value`, an id (`kind` is `user`) or an address (`email`).

        It is good for LINK_DAYS from `now` (microseconds). Raises BadParameter for a kind or a value that names nobody.
        """
        is_address = kind == "email" and email_key(value) is not None
        if not is_address and not (kind == "user" and names_somebody(value)):
            raise BadParameter(f"{kind} {value[:100]!r} names nobody: a legal user id or e-mail address is needed.")
        return self._dump("link", site, now, kind, value)

    def read_link(self, site: Site, token: str, now: int) -> Link | None:
        """Return whom the link names, or None when it is not a link of this site's or older than LINK_DAYS."""
        match self._load("link", site, token, now, LINK_DAYS * DAY):
            case [int(issued_at), "email", str(said)]:
                address = email_key(said)
                return None if address is None else Link("email", address, said.strip(SPACE), issued_at)
            case [int(issued_at), "user", str(said)]:
                return Link("user", said, said, issued_at)
        return None

    def sign_handoff(self, site: Site, anonymous_id: str, now: int) -> str:
        """Return a token that hands the visitor `anonymous_id` over to another domain, good for HANDOFF_SECONDS and once.

        Raises BadParameter for an id that is none, and for a site that does not hand over (`cross_domain`).
        """
        if not site.cross_domain:
            raise BadParameter("This site hands nobody over; `passerby site set NAME --cross-domain` turns it on.")
        if not names_somebody(anonymous_id):
            raise BadParameter("`anonymousId` must be an anonymous id: 1 to 255 characters, and no placeholder.")
        return self._dump("handoff", site, now, secrets.token_urlsafe(12), anonymous_id)

    def read_handoff(self, site: Site, token: str, now: int) -> Handoff | None:
        """Return who comes over, or None when it is not a handoff of this site's, older than HANDOFF_SECONDS, or not wanted."""
        if not site.cross_domain:
            return None
        match self._load("handoff", site, token, now, HANDOFF_SECONDS * SECOND):
            case [int(), str(nonce), str(anonymous_id)]:
                return Handoff(nonce, anonymous_id)
        return None

    def put_link(self, raw: RawEvent, event: Draft, request: RequestContext) -> None:
        """Read the signed links in the addresses of a browser's page (where it is, and where its visitor landed before a
        router went on), and take them out of all addresses. Never raises."""
        if event.type in _FOLLOWED and request.proof < Proof.VERIFIED:
            for url in (event.url, landing_of(event)):
                if url is not None and _MARK in url:
                    self._follow(url, event, request)
        _clean(event)

    def _follow(self, url: str, event: Draft, request: RequestContext) -> None:
        """The first valid link and the first valid handoff count. A handoff to the same browser says nothing."""
        for found in islice(_FOUND.finditer(url), _MAX_TRIES):
            token = unquote(found[2])
            if found[1] == "link":
                link = event.asserted.link or self.read_link(request.site, token, request.received_at)
                event.asserted = replace(event.asserted, link=link)
            elif event.asserted.handoff is None and event.anonymous_id is not None:
                handoff = self.read_handoff(request.site, token, request.received_at)
                if handoff is not None and handoff.anonymous_id != event.anonymous_id:
                    event.asserted = replace(event.asserted, handoff=handoff)

    def _dump(self, purpose: str, site: Site, now: int, *said: str) -> str:
        return self._serializer(purpose, site).dumps([now, *said])

    def _load(self, purpose: str, site: Site, token: str, now: int, lifetime: int) -> Any:
        """The content of a token that we signed and that is good at `now`; its time is in it, in microseconds."""
        if len(token) > MAX_TOKEN or not token.isascii():
            return None
        try:
            said = self._serializer(purpose, site).loads(token)
        except BadData:
            return None
        return said if said[0] - _SKEW <= now < said[0] + lifetime else None

    def _serializer(self, purpose: str, site: Site) -> URLSafeSerializer:
        keys = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._secret, salt=f"passerby.{purpose}:{site.uuid}", signer_kwargs=keys)


def landing_of(event: Draft) -> str | None:
    """The address on which a visitor landed, where the page had gone on to another before its view was made."""
    page = event.context.get("page")
    landing = page.get("landing") if isinstance(page, dict) else None
    return landing if isinstance(landing, str) else None


def decorate(url: str, parameter: str, token: str) -> str:
    """Return the address with the parameter added to its query; the rest, fragment included, stays as it is."""
    address, hash_mark, fragment = url.partition("#")
    _, question_mark, query = address.partition("?")
    joint = "?" if not question_mark else "" if not query or query.endswith("&") else "&"
    return f"{address}{joint}{parameter}={quote(token, safe='')}{hash_mark}{fragment}"


def without_links(url: str) -> str:
    """Return an address, or its query alone, without our parameters."""
    return _REMOVED.sub(lambda found: found[1] if found[2] == "&" else "", url)


def _clean(event: Draft) -> None:
    """Take the parameters out of the event's addresses. What may be shared with other events is copied."""
    if event.url is not None and _MARK in event.url:
        event.url = without_links(event.url)
    page = event.context.get("page")
    if isinstance(page, dict):
        cleaned = _cleaned(page)
        if cleaned is not page:
            event.context = {**event.context, "page": cleaned}
    properties = _cleaned(event.properties)
    if properties is not event.properties:
        if event.written.fields is event.properties:  # the traits of an identify
            event.written = replace(event.written, fields=properties)
        event.properties = properties


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """The values without our parameters in any text, whatever its name: a page's canonical link repeats its address, and
    so do properties. The same object when they are clean already."""
    for text in values.values():
        if isinstance(text, str) and _MARK in text:
            break
    else:  # nearly always
        return values
    return {name: without_links(text) if isinstance(text, str) else text for name, text in values.items()}
