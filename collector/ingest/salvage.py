"""Cutting the events out of a batch that does not decode as a whole, so that one bad event never costs its neighbours."""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_ARRAY = re.compile(rb"\s*:\s*\[")
_WRITE_KEY = re.compile(rb'"writeKey"\s*:\s*"([^"\\]{1,100})"')
_SENT_AT = re.compile(rb'"sentAt"\s*:\s*"([^"\\]{1,40})"')


def cut_events(body: bytes, name: bytes = b"batch") -> tuple[list[bytes], bytes | None]:
    """Return the elements of the outermost array of that name (or of a top-level array), and what was cut off at the
    end."""
    start = _array_start(body, b'"' + name + b'"')
    if start is None:
        return [], None
    events: list[bytes] = []
    depth = 0
    begin = start
    for match in _TOKEN.finditer(body, start):
        token = match[0]
        if token in (b"[", b"{"):
            depth += 1
        elif token in (b"]", b"}") and depth:
            depth -= 1
        elif depth == 0 and token in (b",", b"]"):
            _keep(events, body[begin : match.start()])
            begin = match.end()
            if token == b"]":
                return events, None
    rest = body[begin:].strip()
    return events, rest or None


def _keep(events: list[bytes], element: bytes) -> None:
    element = element.strip()
    if element:
        events.append(element)


def _array_start(body: bytes, name: bytes) -> int | None:
    stripped = body.lstrip()
    if stripped.startswith(b"["):
        return body.index(b"[") + 1
    depth = 0
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token == name:
            opening = _ARRAY.match(body, match.end())
            if opening is not None:
                return opening.end()
    return None


def find_write_key(body: bytes) -> str | None:
    """Look for the write key in a body that cannot be decoded."""
    found = _WRITE_KEY.search(body)
    return found[1].decode("ascii", "replace") if found else None


def find_sent_at(body: bytes) -> str | None:
    found = _SENT_AT.search(body)
    return found[1].decode("ascii", "replace") if found else None
