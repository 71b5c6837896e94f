"""Memory that a request's events take once they are decoded and merged, estimated from their bytes.

Measured with CPython 3.11: 950 bytes for an event that says nothing, 64 for an empty object, 56 for an empty list, some 100 for
a name with its place in an object; text about twice, as it came and decoded. Merged events share what the batch's context
holds; only its outermost object is copied for each. tests/unit/ingest/test_weight.py compares with what is really taken.
"""

from __future__ import annotations

from .limits import MAX_MERGED

EVENT_BYTES = 1_200
NAME_BYTES = 110
BRACKET_BYTES = 64
VALUE_BYTES = 16
COPY_BYTES = 3
"""For each byte of a merged context: its names in a new object, or its share of what the commit writes."""

MOST = 24 * 1024 * 1024
"""More than any request was seen to take. What counts more, like a body of colons in texts, is not refused for ever."""


def weight(text: bytes, events: int, context: int = 0) -> int:
    """Return the bytes that `events` events cut from `text` take; `context` are those of the context merged into each."""
    names, brackets, values = text.count(b":"), text.count(b"{") + text.count(b"["), text.count(b",")
    decoded = 2 * len(text) + NAME_BYTES * names + BRACKET_BYTES * brackets + VALUE_BYTES * values
    return min(decoded + EVENT_BYTES * events + COPY_BYTES * min(events * context, MAX_MERGED), MOST)
