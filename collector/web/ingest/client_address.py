"""Client address of a request: the peer's, unless the peer is a proxy that is trusted to tell.

Of all headers only X-Forwarded-For is read, from its right end: each proxy adds the address that it saw itself, so what
stands left of the first address that is no trusted proxy may have been written by anybody. Forwarded, X-Real-IP,
X-Forwarded-Host and -Proto, and the headers of CDNs are never believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...domain.ip import Address, Network, parse_ip

_WITH_PORT = re.compile(r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[0-9.]*))(?::[0-9]{1,5})?\Z")


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address | None:
    """Return the address of whoever asked; None only when the peer has none.

    `forwarded` are the values of all X-Forwarded-For lines in their order. Where an entry is no address, the proxy that
    passed it on is the last one known.
    """
    found = parse_ip(peer)
    if found is None or not _is_trusted(found, trusted):
        return found
    for entry in reversed(",".join(forwarded).split(",")):
        before = _entry(entry.strip(" \t"))
        if before is None:
            return found
        found = before
        if not _is_trusted(found, trusted):
            return found
    return found


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _entry(text: str) -> Address | None:
    """Read `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5678`."""
    match = _WITH_PORT.match(text)
    if match is None:
        return parse_ip(text)
    return parse_ip(match["bracketed"] or match["plain"])
