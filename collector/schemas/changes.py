"""The change feed as lines of JSON, for the API and the command line: each with the number of its commit."""

from __future__ import annotations

import msgspec

from ..storage.reports.changes import Changes
from .activity import activity_entry

_encode = msgspec.json.Encoder().encode


def change_lines(found: Changes) -> bytes:
    """Return the lines, without the one that ends an answer."""
    return b"".join(b'{"seq":%d,' % seq + _encode(activity_entry(row))[1:] + b"\n" for seq, row in found.rows)


def end_line(found: Changes) -> bytes:
    """Return the last line: `after` is what to ask with next, `more` says that there is more already."""
    told = {"kind": "end", "after": found.after, "lines": len(found.rows), "more": not found.is_end}
    return _encode(told) + b"\n"
