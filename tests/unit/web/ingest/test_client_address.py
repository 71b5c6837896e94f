"""Client address: a table of header and peer; nobody but a trusted proxy has a say in it."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.ip import Address, parse_ip, parse_networks
from collector.web.ingest.client_address import client_address
from tests.support.app import WRITE_KEY, App

PROXY = "10.0.0.1"
FAR = "10.0.0.2"
TRUSTED = parse_networks(["127.0.0.1", "10.0.0.0/30", "2001:db8:aaaa::/48"])


def found(peer: str | None, *forwarded: str) -> str | None:
    address = client_address(peer, forwarded, TRUSTED)
    return None if address is None else str(address)


@pytest.mark.parametrize(
    "header",
    ["", "192.0.2.7", "127.0.0.1", "192.0.2.7, 10.0.0.1", "nonsense", ", ,", "unknown", "\x00", "[::1]:80", "10.0.0.1," * 500],
)
@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8::9", "10.0.0.4", "127.0.0.2", "::1"])
def test_a_stranger_is_where_it_is(peer: str, header: str) -> None:
    assert found(peer, header) == peer
    assert client_address(peer, [header], ()) == parse_ip(peer)


@pytest.mark.parametrize("peer", [PROXY, "127.0.0.1", "::ffff:10.0.0.1", "2001:db8:aaaa::5"])
@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:443", "192.0.2.7"),
        ("  192.0.2.7\t", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:1", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1, 192.0.2.7", "192.0.2.7"),
        ("nonsense, 192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("192.0.2.7,::ffff:10.0.0.2", "192.0.2.7"),
        ("192.0.2.7, [2001:db8:aaaa::9]:80, 10.0.0.2, 127.0.0.1", "192.0.2.7"),
    ],
)
def test_a_trusted_proxy_tells(peer: str, header: str, client: str) -> None:
    assert found(peer, header) == client


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("", PROXY),
        ("unknown", PROXY),
        ("192.0.2.7,", PROXY),
        ("192.0.2.7, ", PROXY),
        ("192.0.2.7, nonsense", PROXY),
        ("192.0.2.7, nonsense, 10.0.0.2", FAR),
        ("192.0.2.7,,10.0.0.2", FAR),
        ("192.0.2.256", PROXY),
        ("192.0.2.7 10.0.0.2", PROXY),
        ("192.0.2.7:", PROXY),
        ("192.0.2.7:http", PROXY),
        ("2001:db8::7]", PROXY),
        ("[2001:db8::7", PROXY),
        ("[]", PROXY),
        ("fe80::1%eth0", PROXY),
        ("fe80::1%<script>", PROXY),
        ("for=192.0.2.7", PROXY),
        ('"192.0.2.7"', PROXY),
        ("10.0.0.2", FAR),
        ("127.0.0.1, 10.0.0.2", "127.0.0.1"),
    ],
)
def test_unreadable_hop_ends_the_search(header: str, client: str) -> None:
    """Last proxy known is the answer, never something further left."""
    assert found(PROXY, header) == client


def test_several_lines_are_one_list() -> None:
    assert found(PROXY, "192.0.2.7", FAR) == "192.0.2.7"
    assert found(PROXY, "198.51.100.1, 192.0.2.7", "10.0.0.2, 10.0.0.2") == "192.0.2.7"
    assert found(PROXY, "192.0.2.7", "") == PROXY
    assert found(PROXY) == PROXY


@pytest.mark.parametrize("peer", [None, "", "unix:", "testclient"])
def test_a_peer_without_an_address(peer: str | None) -> None:
    assert found(peer, "192.0.2.7") is None


_networks = st.sampled_from([(), TRUSTED, parse_networks(["0.0.0.0/1", "8000::/1"])])
_lines = st.lists(st.text() | st.text("0123456789abcdef.:,[]% "))


@given(st.ip_addresses(), _lines, _networks)
def test_any_header(peer: Address, lines: list[str], trusted: tuple[object, ...]) -> None:
    address = client_address(str(peer), lines, trusted)  # type: ignore[arg-type]
    assert isinstance(address, IPv4Address | IPv6Address)


@given(_lines, st.ip_addresses(network="192.0.2.0/24") | st.ip_addresses(network="2001:db8:1::/48"), st.integers(0, 3))
def test_forwarded_header_of_a_client_changes_nothing(spoofed: list[str], client: Address, proxies: int) -> None:
    """Spoofing: proxies append what they saw; whatever stood there, the client's address comes out."""
    seen = [str(client), *["10.0.0.2"] * proxies]
    assert found(PROXY, *spoofed, ", ".join(seen)) == str(client)
    assert found(PROXY, ", ".join([*spoofed, *seen])) == str(client)


OTHER_HEADERS = {
    "forwarded": "for=192.0.2.1;proto=https;host=evil.test", "x-real-ip": "192.0.2.2", "cf-connecting-ip": "192.0.2.3",
    "true-client-ip": "192.0.2.4", "x-client-ip": "192.0.2.5", "x-forwarded-host": "evil.test", "x-forwarded-proto": "https",
}  # fmt: skip


@pytest.mark.parametrize(
    ("trusted", "headers", "ip"),
    [
        ((), {}, "127.0.0.1"),
        ((), {"x-forwarded-for": "192.0.2.7"}, "127.0.0.1"),
        (("127.0.0.1",), {"x-forwarded-for": "198.51.100.1, 192.0.2.7"}, "192.0.2.7"),
        (("127.0.0.1",), {}, "127.0.0.1"),
    ],
)
def test_the_header_that_is_read(tmp_path: Path, trusted: tuple[str, ...], headers: dict[str, str], ip: str) -> None:
    """Header read through the application; others in which proxies name a client change nothing."""
    with App(tmp_path / "data", site={"addresses": "full"}, trusted_proxies=trusted) as app:
        said = {"x-write-key": WRITE_KEY, "origin": "https://www.shop.test", **OTHER_HEADERS, **headers}
        body = json.dumps({"type": "track", "event": "e", "anonymousId": "a"}).encode()
        answer = app.request("POST", "/v1/track", body, said)
        assert answer.status == 200
        assert app.events()[0]["context"]["ip"] == ip
        script = app.request("GET", f"/{app.site.prefix}/{app.site.script}.js", headers=OTHER_HEADERS)
        assert b"evil.test" not in script.body
