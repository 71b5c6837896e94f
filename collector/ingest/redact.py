"""Taking proofs and addresses out of bytes that are kept as they came, so that the quarantine holds nobody's of either."""

from __future__ import annotations

import re

# Texts and names are taken to their end and never given back, so the time is linear in the bytes (see body.py).
_MEMBER = re.compile(rb'("(?:token|userHash|ip)"\s*+:\s*+)"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_PARAMETER = re.compile(rb'(passerby_(?:link|handoff)=)[^&#"\\\s]*+')
_ELLIPSIS = "…".encode()


def redacted(raw: bytes) -> bytes:
    """Return the bytes with `…` for the value of each text member `token`, `userHash` or `ip`, and of each link parameter.

    Works on anything, JSON or not: a text that is cut off counts to the end. A name in another spelling (`"\\u0074oken"`)
    is left; no client of ours writes one.
    """
    if b'"token"' in raw or b'"userHash"' in raw or b'"ip"' in raw:
        raw = _MEMBER.sub(rb'\1"' + _ELLIPSIS + b'"', raw)
    if b"passerby_" in raw:
        raw = _PARAMETER.sub(rb"\1" + _ELLIPSIS, raw)
    return raw
