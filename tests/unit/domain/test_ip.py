"""IP addresses: one form for each, and the rest of a truncated one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.ip import Address, parse_ip, truncated


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("::FFFF:C000:207", "192.0.2.7"),
        ("2001:DB8:0::1", "2001:db8::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"),
        ("", None), (" 192.0.2.7", None), ("192.0.2.7:80", None), ("[::1]", None), ("192.0.2.256", None), ("192.0.2", None),
        ("192.0.2.07", None), ("fe80::1%eth0", None), ("1", None), ("example.com", None), ("１.2.3.4", None),
        (None, None), (1, None), (["192.0.2.7"], None), (b"\xc0\x00\x02\x07", None),
    ],
)  # fmt: skip
def test_parsing(text: object, address: str | None) -> None:
    found = parse_ip(text)
    assert (None if found is None else str(found)) == address


@given(st.ip_addresses())
def test_every_address_is_read_back(address: Address) -> None:
    found = parse_ip(str(address))
    assert found == ((address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address)


@given(st.text() | st.text("0123456789abcdef.:%[]/"))
def test_any_text(text: str) -> None:
    assert isinstance(parse_ip(text), IPv4Address | IPv6Address | None)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("192.0.2.7", "192.0.2.0"), ("255.255.255.255", "255.255.255.0"), ("2001:db8:1234:5678::9", "2001:db8:1234::")],
)
def test_truncating(text: str, kept: str) -> None:
    address = parse_ip(text)
    assert address is not None
    assert str(truncated(address)) == kept


@given(st.ip_addresses())
def test_truncated_addresses_say_nothing_of_their_last_part(address: Address) -> None:
    short = truncated(address)
    zeroed = 8 if address.version == 4 else 80
    assert int(short) == int(address) >> zeroed << zeroed
    assert truncated(short) == short
