"""Internet addresses in one form, so that two spellings of an address are equal."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

KEPT_BITS = {4: 24, 6: 48}
"""What `truncated` leaves of an address: a network that many visitors share."""


def parse_ip(text: object) -> Address | None:
    """Return the address that a text is, None when it is none. An IPv4 address in IPv6's clothes becomes IPv4.

    A zone (`fe80::1%eth0`) makes it none: what follows the `%` is any text at all.
    """
    if not isinstance(text, str) or "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def truncated(address: Address) -> Address:
    """Return the address with its last part zeroed: IPv4 keeps 24 bits, IPv6 48."""
    return ip_network((address, KEPT_BITS[address.version]), strict=False).network_address
