"""JSON text that every store takes: repairing what none would, and measuring its depth without recursion."""

from __future__ import annotations

import re

from .limits import MAX_DEPTH

_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# A text that never ends is taken to the end, and never given back: trying again from each of its quotes would take minutes.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?', re.DOTALL)
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_PAIR = 12
_INT64_DIGITS = 20
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def repair_text(event: bytes) -> tuple[bytes, bool]:
    """Return the event's JSON with NUL and lone surrogates as U+FFFD, and whether there were any.

    PostgreSQL takes neither; SQLite takes both and then disagrees with itself about lengths.
    """
    if b"\\u" not in event or _SUSPICIOUS.search(event) is None:
        return event, False
    repaired = _TOKEN.sub(lambda match: _ESCAPE.sub(_repair_escape, match[0]), event)
    return repaired, repaired != event


def repair_numbers(event: bytes) -> bytes:
    """Return the event's JSON with integers beyond 64 bits as strings; for JSON that did not decode because of one."""
    return _TOKEN.sub(_repair_number, event)


def _repair_number(match: re.Match[bytes]) -> bytes:
    token = match[0]
    if not token.lstrip(b"-").isdigit():
        return token
    fits = len(token) <= _INT64_DIGITS and -(2**63) <= int(token) < 2**63
    return token if fits else b'"' + token + b'"'


def _repair_escape(match: re.Match[bytes]) -> bytes:
    escape = match[0]
    lone = escape[1:2] == b"u" and len(escape) > 2 and len(escape) != _PAIR
    return b"\\ufffd" if lone else escape


def is_too_deep(event: bytes) -> bool:
    """Say whether objects and arrays nest deeper than MAX_DEPTH, without recursion."""
    if event.count(b"{") + event.count(b"[") <= MAX_DEPTH:
        return False
    depth = 0
    for match in _BRACKETS.finditer(event):
        if match[0] in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif match[0] in b"]}":
            depth -= 1
    return False
