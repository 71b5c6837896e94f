"""Taking proofs and addresses out of bytes that are kept as they came, so that the quarantine holds nobody's of either."""

from __future__ import annotations

import re

# Texts and names are taken to their end and never given back, so the time is linear in the bytes (see body.py).

# Each letter as itself or escaped: `token` is also written `\u0074oken`.
_MEMBER = re.compile(
    rb'("(?:'
    rb"(?:t|\\u0074)(?:o|\\u006[fF])(?:k|\\u006[bB])(?:e|\\u0065)"
    rb"(?:n|\\u006[eE])"
    rb"|"
    rb"(?:u|\\u0075)(?:s|\\u0073)(?:e|\\u0065)(?:r|\\u0072)"
    rb"(?:H|\\u0048)(?:a|\\u0061)(?:s|\\u0073)(?:h|\\u0068)"
    rb"|"
    rb"(?:i|\\u0069)(?:p|\\u0070)"
    rb')"\s*+:\s*+)"[^"\\]*+(?:\\.[^"\\]*+)*+"?',
    re.DOTALL,
)
_PARAMETER = re.compile(
    rb"("
    rb"(?:p|\\u0070)(?:a|\\u0061)(?:s|\\u0073)(?:s|\\u0073)"
    rb"(?:e|\\u0065)(?:r|\\u0072)(?:b|\\u0062)(?:y|\\u0079)"
    rb"(?:_|\\u005[fF])"
    rb"(?:"
    rb"(?:l|\\u006[cC])(?:i|\\u0069)(?:n|\\u006[eE])(?:k|\\u006[bB])"
    rb"|"
    rb"(?:h|\\u0068)(?:a|\\u0061)(?:n|\\u006[eE])(?:d|\\u0064)"
    rb"(?:o|\\u006[fF])(?:f|\\u0066)(?:f|\\u0066)"
    rb")"
    rb"(?:=|\\u003[dD])"
    rb')[^&#"\\\s]*+'
)
_ELLIPSIS = "…".encode()


def redacted(raw: bytes) -> bytes:
    """Return the bytes with `…` for the value of each text member `token`, `userHash` or `ip`, and of each link parameter.

    Works on anything, JSON or not: a text that is cut off counts to the end, and names are known however they are escaped.
    """
    is_escaped = b"\\u00" in raw
    if is_escaped or b'"token"' in raw or b'"userHash"' in raw or b'"ip"' in raw:
        raw = _MEMBER.sub(rb'\1"' + _ELLIPSIS + b'"', raw)
    if is_escaped or b"passerby_" in raw:
        raw = _PARAMETER.sub(rb"\1" + _ELLIPSIS, raw)
    return raw
