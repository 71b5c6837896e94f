"""Content in the forms that a client accepts: brotli, gzip, or as it is, each with an ETag of its own."""

from __future__ import annotations

import gzip
import hashlib
import re

import brotli
import msgspec

IDENTITY = "identity"
CODINGS = ("br", "gzip", IDENTITY)
"""In the order of preference among those that a client likes equally well."""
_WEIGHT = re.compile(r"\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*\Z", re.IGNORECASE)
_UNLISTED = 0.0005
"""Weight of `identity` where it has not been named: still acceptable, below everything that has (RFC 9110, 12.5.3)."""
_TAG = re.compile(r'(?:W/)?("[^"]*")')


class Representation(msgspec.Struct, frozen=True):
    """One form of a content. The ETag is strong: it is made of these very bytes (RFC 9110, 8.8.3)."""

    body: bytes
    coding: str
    etag: str

    def is_held(self, if_none_match: str | None) -> bool:
        """Say whether the client has it already. A proxy on the way may have weakened the tag (RFC 9110, 13.1.2)."""
        if if_none_match is None:
            return False
        return if_none_match.strip() == "*" or self.etag in _TAG.findall(if_none_match)


def represent(content: bytes, coding: str) -> Representation:
    """Return the content in one of CODINGS. It takes some 10 to 20 ms of work: not for the event loop."""
    body = content
    if coding == "br":
        body = brotli.compress(content, mode=brotli.MODE_TEXT, quality=11)
    elif coding == "gzip":
        body = gzip.compress(content, 9, mtime=0)
    return Representation(body, coding, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def chosen_coding(accept_encoding: str | None) -> str:
    """Return which of CODINGS answers an Accept-Encoding header best; `identity` when it accepts none of them."""
    said = _weights(accept_encoding or "")
    others = said.get("*")
    weights = {coding: said.get(coding, others or 0.0) for coding in CODINGS}
    if IDENTITY not in said and others is None:
        weights[IDENTITY] = _UNLISTED
    best = max(CODINGS, key=lambda coding: weights[coding])
    return best if weights[best] > 0 else IDENTITY


def _weights(accept_encoding: str) -> dict[str, float]:
    """Codings in lower case with their weights; those that cannot be read are left out."""
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        name, semicolon, parameter = part.partition(";")
        weight = _WEIGHT.match(parameter) if semicolon else None
        if name.strip() and (weight or not semicolon):
            weights[name.strip().lower()] = float(weight[1]) if weight else 1.0
    return weights
