"""Internet addresses in one form, so that two spellings of an address are equal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 45
"""Characters of an address: IPv6 with an IPv4 address at its end."""
KEPT_BITS = {4: 24, 6: 48}
"""Bits that `truncated` leaves of an address: a network that many visitors share."""


def parse_ip(text: object) -> Address | None:
    """Return the address that a text is, None when it is none. An IPv4 address in IPv6's clothes becomes IPv4.

    A zone (`fe80::1%eth0`) makes it none: what follows the `%` is any text at all.
    """
    return _parsed(text) if isinstance(text, str) and len(text) <= LONGEST and "%" not in text else None


@lru_cache(4_096)  # reading one takes longer than everything else that is done with it
def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def truncated(address: Address) -> Address:
    """Return the address with its last part zeroed: IPv4 keeps 24 bits, IPv6 48."""
    return ip_network((address, KEPT_BITS[address.version]), strict=False).network_address


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks that the texts name; an address is a network of one. Raises ValueError with a sentence."""
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    network = ip_network(text)
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} is everybody, so anybody could write any address")
    return network
