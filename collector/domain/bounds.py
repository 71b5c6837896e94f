"""How much a person, a visitor or an account may hold: every later event of theirs reads and writes all of it.

What is over stays with its event and is counted, in `left_out` of the row that it would have been written to. Names that
are known go on being updated, so what a bound lets in does not depend on when the sender began to send too much; what is over
a bound already, from before there was one, stays as it is.

Figures: Customer.io keeps 300 attributes and 100 KB of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

MOST_MEMBERS = 100
"""People who are one by merges: all of them are read with each event of one. Nobody has as many accounts."""
MOST_ADDRESSES = 100
"""Of a person, however well they are proven."""
MOST_ACCOUNTS = 100
"""Memberships that one stream says."""
MOST_EPOCHS = 500
"""Of a device, whose row holds where each begins."""


class Bound(msgspec.Struct, frozen=True):
    """So many names, and so many bytes of names and values as JSON; updates of known names may take as many again."""

    names: int
    size: int


OF_PERSON = OF_ACCOUNT = Bound(300, 64 * 1024)
OF_STREAM = Bound(300, 32 * 1024)
"""A person may claim many streams; one event fits, whatever it holds."""
OF_TAGS = Bound(300, 16 * 1024)


def fitting(known: Mapping[str, Any], new: Mapping[str, Any], bound: Bound) -> set[str]:
    """Return which of the `new` names fit beside what is `known`, the first ones first."""
    if not new:
        return set()
    size, names, fits = _size(known), len(known), set()
    for name, value in new.items():
        before = _size({name: known[name]}) if name in known else 0
        grows = _size({name: value}) - before
        room = bound.size if name not in known else 2 * bound.size
        if grows > 0 and (size + grows > room or (name not in known and names >= bound.names)):
            continue
        fits.add(name)
        size, names = size + grows, names + (name not in known)
    return fits


def _size(values: Mapping[str, Any]) -> int:
    return len(msgspec.json.encode(values)) - 1 if values else 0


def counted(*left_out: tuple[str, int]) -> dict[str, int]:
    """Return the counts that are not 0, by kind: fields, tags, accounts."""
    return {kind: count for kind, count in left_out if count}


def add_up(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums by kind."""
    found: dict[str, int] = {}
    for one in counts:
        for kind, count in one.items():
            found[kind] = found.get(kind, 0) + count
    return found
