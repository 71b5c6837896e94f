"""Cutting the events out of a batch that does not decode as a whole, so that one bad event never costs its neighbours."""

from __future__ import annotations

import json
import re
from itertools import islice

# A text that never ends is taken to the end, and never given back: trying again from each of its quotes would take minutes.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_NEXT = re.compile(rb"\s*+,\s*+(?=\{)")
_CLOSING = {b"]": b"[", b"}": b"{"}
_MAX_RESTARTS = 20
_MAX_TRIES = 60
"""Places tried for the next event, over the whole body: each may read the body to its end (5 ms)."""
_MAX_TOKENS = 500_000
"""Brackets, commas and texts looked at, over the whole body: a quarter of a second."""
_MARKS = frozenset({"messageId", "anonymousId", "userId", "email", "anonymous_id"})
_decoder = json.JSONDecoder()
_COLON = re.compile(rb"\s*:\s*")
_OPENING = re.compile(rb"\[")
_WRITE_KEY = re.compile(rb'"writeKey"\s*:\s*"([^"\\]{1,100})"')
_SENT_AT = re.compile(rb'"sentAt"\s*:\s*"([^"\\]{1,40})"')


def cut_events(body: bytes, name: bytes = b"batch") -> tuple[list[bytes], bytes | None]:
    """Return the elements of the outermost array of that name (or of a top-level array), and what was cut off at the
    end."""
    start = _array_start(body, b'"' + name + b'"')
    if start is None:
        return [], None
    events: list[bytes] = []
    begin, tokens, tries = start, _MAX_TOKENS, _MAX_TRIES
    for _ in range(_MAX_RESTARTS):
        begin, is_closed, tokens = _cut(body, begin, events, tokens)
        following, tries = (None, tries) if is_closed or not tokens else _find_following(body[begin:], tries)
        if following is None:
            break
        _keep(events, body[begin : begin + following[0]])
        begin += following[1]
    return events, None if is_closed else body[begin:].strip() or None


def _cut(body: bytes, begin: int, events: list[bytes], tokens: int) -> tuple[int, bool, int]:
    """Cut elements until the array is closed, or until one whose brackets are wrong; say where it begins, and how many of the
    `tokens` that may be looked at are left."""
    opened: list[bytes] = []
    before = b""
    for match in islice(_TOKEN.finditer(body, begin), tokens):
        token = match[0]
        tokens -= 1
        if token in _CLOSING and opened:
            if opened.pop() != _CLOSING[token]:
                return begin, False, tokens
        elif token in (b"[", b"{"):
            if before == b"," and opened and opened[-1] == b"{":  # an object where a name must be
                return begin, False, tokens
            opened.append(token)
        elif not opened and (token == b"," or (token == b"]" and not _NEXT.match(body, match.end()))):
            _keep(events, body[begin : match.start()])
            begin = match.end()
            if token == b"]":
                return begin, True, tokens
        before = token
    return begin, False, tokens


def _find_following(rest: bytes, tries: int) -> tuple[tuple[int, int] | None, int]:
    """Look for the next event behind one that never ends (a bracket or a text is not closed): its comma and its start.

    Only a whole object that looks like an event is taken for one, and only so many places are tried; says how many are left.
    """
    text = rest.decode("latin-1")  # one character a byte
    for match in islice(_NEXT.finditer(rest), tries):
        tries -= 1
        try:
            found, end = _decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        is_event = isinstance(found.get("type"), str) and not _MARKS.isdisjoint(found)
        if is_event and text[end : end + 100].lstrip()[:1] in ("", ",", "]"):
            return (match.start(), match.end()), tries
    return None, tries


def _keep(events: list[bytes], element: bytes) -> None:
    element = element.strip()
    if element:
        events.append(element)


def _array_start(body: bytes, name: bytes) -> int | None:
    stripped = body.lstrip()
    if stripped.startswith(b"["):
        return body.index(b"[") + 1
    begin = _value_start(body, name)
    opening = None if begin is None else _OPENING.match(body, begin)
    return None if opening is None else opening.end()


def _value_start(body: bytes, name: bytes) -> int | None:
    """Find the value of that name in the outermost object; `name` with its quotes."""
    depth = 0
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token == name:
            colon = _COLON.match(body, match.end())
            if colon is not None:
                return colon.end()
    return None


def find_context(body: bytes) -> bytes:
    """Return a batch's context, as bytes, from a body that cannot be decoded; empty for none, the rest if it never ends."""
    begin = _value_start(body, b'"context"')
    if begin is None:
        return b""
    depth = 0
    for match in _TOKEN.finditer(body, begin):
        token = match[0]
        depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
        if depth < 0 or (depth == 0 and token == b","):
            return body[begin : match.start()].strip()
        if depth == 0 and token in (b"}", b"]"):
            return body[begin : match.end()].strip()
    return body[begin:].strip()


def find_write_key(body: bytes) -> str | None:
    """Look for the write key in a body that cannot be decoded."""
    found = _WRITE_KEY.search(body)
    return found[1].decode("ascii", "replace") if found else None


def find_sent_at(body: bytes) -> str | None:
    found = _SENT_AT.search(body)
    return found[1].decode("ascii", "replace") if found else None
