"""nginx and Caddy with the text of examples/, between programs and a real collector: paths, addresses, limits, outages.

The journey of a browser through them is in tests/e2e/test_proxies.py.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector.ingest.limits import MAX_BODY
from tests.support.proxies import PROXIES, Proxy
from tests.support.server import Collector
from tests.support.upstream import Upstream, upstream

ELSEWHERE = "127.0.0.5"
"""Address of this machine that is not the one from which a proxy here asks."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""Bot that gets no cookie."""
SPOOFED = {
    "x-forwarded-for": "198.51.100.1, 127.0.0.1", "x-real-ip": "198.51.100.2", "forwarded": "for=198.51.100.3;host=evil.test",
    "cf-connecting-ip": "198.51.100.4", "true-client-ip": "198.51.100.5", "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "http",
}  # fmt: skip


class Installation:
    """A collector that trusts the proxies of this machine, with a site that keeps addresses."""

    def __init__(self, folder: Path) -> None:
        self.collector = Collector(folder / "data", environment={"PASSERBY_TRUSTED_PROXIES": "127.0.0.1"})

    def __enter__(self) -> Installation:
        self.collector.start()
        added = self.collector.add_site("shop", "--domain", "shop.localhost", "--addresses", "full")
        self.prefix: str = added["prefix"]
        self.script: str = "/" + added["script_url"].split("/", 3)[3]
        self.key: str = added["write_key"]
        self._secret: str = added["secret_key"]
        return self

    def __exit__(self, *error: Any) -> None:
        self.collector.__exit__(*error)

    def event(self) -> tuple[str, dict[str, Any]]:
        """New visitor, and an event of it."""
        visitor = str(uuid.uuid4())
        return visitor, {"event": "e", "anonymousId": visitor, "messageId": f"m-{visitor}", "writeKey": self.key}

    def stored(self, visitor: str) -> list[dict[str, Any]]:
        headers = {"authorization": f"Bearer {self._secret}"}
        answer = httpx.get(f"{self.collector.url}/api/visitors/{visitor}", headers=headers)
        assert answer.status_code == 200
        events: list[dict[str, Any]] = answer.json()["events"]
        return events

    def address(self, visitor: str) -> str:
        (event,) = self.stored(visitor)
        ip: str = event["context"]["ip"]
        return ip


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("proxies")) as made:
        yield made


@pytest.fixture(scope="module", params=PROXIES, ids=lambda kind: kind.program)
def kind(request: pytest.FixtureRequest) -> type[Proxy]:
    found: type[Proxy] = request.param
    return found


@pytest.fixture(scope="module")
def site() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture(scope="module")
def proxy(
    installation: Installation, site: Upstream, kind: type[Proxy], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Proxy before the collector and the site, the first choice."""
    folder = tmp_path_factory.mktemp(kind.program) / "path"
    with kind(folder, installation.prefix, installation.collector.port, site.port) as made:
        yield made


@pytest.fixture(scope="module")
def subdomain(installation: Installation, kind: type[Proxy], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(kind.program) / "subdomain"
    with kind(folder, installation.prefix, installation.collector.port, subdomain=True) as made:
        yield made


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    with proxy.client(ELSEWHERE) as made:
        yield made


# Routing


def test_http_redirects_to_https(proxy: Proxy, subdomain: Proxy) -> None:
    for one in (proxy, subdomain):
        for host in one.hosts.values():
            answer = httpx.get(f"http://127.0.0.1:{one.http_port}/a/b?c=d", headers={"host": host})
            assert answer.status_code in (301, 308)
            assert answer.headers["location"] == f"https://{host}/a/b?c=d"


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "gzip, deflate, br, zstd"])
def test_script_is_proxied_byte_for_byte(installation: Installation, proxy: Proxy, client: httpx.Client, coding: str) -> None:
    """Script bytes, compressed or not, with what caches need to know."""
    headers = {"accept-encoding": coding}
    with httpx.stream("GET", installation.collector.url + installation.script, headers=headers) as direct:
        expected = b"".join(direct.iter_raw())
    for host in proxy.hosts.values():
        url, sni = f"https://127.0.0.1:{proxy.https_port}{installation.script}", {"sni_hostname": host}
        with client.stream("GET", url, headers={**headers, "host": host}, extensions=sni) as answer:
            found = b"".join(answer.iter_raw())
        assert answer.status_code == 200
        assert found == expected
        for name in ("content-encoding", "vary", "etag", "cache-control", "content-type", "access-control-allow-origin"):
            assert answer.headers.get(name) == direct.headers.get(name), name
        again = proxy.request(client, "GET", installation.script, headers={**headers, "if-none-match": direct.headers["etag"]})
        assert again.status_code == 304


def test_other_paths_go_to_the_site(installation: Installation, proxy: Proxy, site: Upstream, client: httpx.Client) -> None:
    """Paths of the collector that are nobody's business go there too."""
    site.asked.clear()
    bare = installation.prefix.rstrip("/")
    paths = ["/", "/console/login", "/metrics", "/healthz", "/api/people", "/v1/batch", f"{bare}x/v1/batch"]
    for path in paths:
        assert proxy.request(client, "GET", path).status_code == 503, path
    assert site.asked == paths


def test_a_subdomain_shows_nothing_else(installation: Installation, subdomain: Proxy) -> None:
    with subdomain.client() as client:
        assert subdomain.request(client, "GET", installation.script).status_code == 200
        for path in ("/", "/console/login", "/metrics", "/healthz", "/readyz", "/api/people", "/v1/batch"):
            assert subdomain.request(client, "GET", path).status_code == 404, path


def test_requests_arrive_as_they_were_sent(kind: type[Proxy], tmp_path: Path) -> None:
    """Path and query unrewritten, the host that the browser sees, one address, kept-open connections; and the answer too."""
    with upstream() as behind, kind(tmp_path / "proxy", "/prefix0", behind.port, behind.port) as proxy:
        with proxy.client(ELSEWHERE) as client:
            path = "/prefix0/v1/batch?a=%2F%20&b=1&b=2"
            for _ in range(20):
                answer = proxy.request(client, "POST", path, host="app.shop.localhost", headers=SPOOFED, content=b"x" * 60_000)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
                seen = answer.json()
                headers = {name.lower(): value for name, value in seen["headers"].items()}
                assert (seen["path"], seen["body"], headers["host"]) == (path, 60_000, "app.shop.localhost")
                assert headers["x-forwarded-for"] == ELSEWHERE
        assert behind.connections <= 2


# Client address


@pytest.mark.parametrize("headers", [{}, SPOOFED, {"x-forwarded-for": "::1"}, {"x-forwarded-for": "127.0.0.1, nonsense"}])
def test_client_address_is_not_chosen_by_the_client(
    installation: Installation, proxy: Proxy, subdomain: Proxy, headers: dict[str, str]
) -> None:
    """Client address not chosen through a proxy, on IPv4 or IPv6, nor directly; nor by a page's `context.ip`."""
    for one in (proxy, subdomain):
        for to, source in (("127.0.0.1", ELSEWHERE), ("::1", "::1")):
            visitor, event = installation.event()
            event["context"] = {"ip": "198.51.100.9"}
            with one.client(source) as client:
                path = f"{installation.prefix}/v1/track"
                said = {**headers, "origin": "https://www.shop.localhost"}
                answer = one.request(client, "POST", path, to=to, json=event, headers=said)
            assert answer.json()["stored"] == 1
            assert installation.address(visitor) == source
            assert answer.headers["access-control-allow-origin"] == "https://www.shop.localhost"


@pytest.mark.parametrize("headers", [{}, SPOOFED])
def test_client_address_without_a_proxy_is_not_chosen(installation: Installation, headers: dict[str, str]) -> None:
    visitor, event = installation.event()
    with httpx.Client(transport=httpx.HTTPTransport(local_address=ELSEWHERE)) as client:
        said = {**headers, "origin": "https://www.shop.localhost"}
        answer = client.post(f"{installation.collector.url}/v1/track", json=event, headers=said)
    assert answer.status_code == 200
    assert installation.address(visitor) == ELSEWHERE


class OnIPv6(Collector):
    @property
    def url(self) -> str:
        return f"http://[::1]:{self.port}"


def test_a_peer_on_ipv6(tmp_path: Path) -> None:
    """Peer address is the server's own, whatever the headers say; truncated it is the network."""
    with OnIPv6(tmp_path / "data", environment={"PASSERBY_HOST": "::1"}) as collector:
        key = collector.add_site("shop", "--addresses", "full")["write_key"]
        event = {"event": "e", "anonymousId": "a", "writeKey": key}
        answer = httpx.post(f"{collector.url}/v1/track", json=event, headers={**SPOOFED, "sec-fetch-site": "same-origin"})
        assert answer.status_code == 200
        lines = collector.cli("export", "events", "--site", "shop").stdout.splitlines()
        assert [json.loads(line)["context"]["ip"] for line in lines] == ["::1"]


# Cookies


def test_the_cookie_of_the_whole_site(installation: Installation, proxy: Proxy, subdomain: Proxy) -> None:
    """Cookie for the host that the browser sees, whatever is claimed; and only over https."""
    for one in (proxy, subdomain):
        for page in ("https://www.shop.localhost", "https://app.shop.localhost"):
            visitor, event = installation.event()
            with one.client() as client:
                said = {**SPOOFED, "origin": page, "sec-fetch-site": "same-site", "user-agent": BROWSER}
                answer = one.request(client, "POST", f"{installation.prefix}/v1/track", json=event, headers=said)
            cookie = answer.headers["set-cookie"].split("; ")
            assert cookie[0] == f"passerby_id={visitor}"
            assert {"Secure", "Domain=shop.localhost", "Path=/", "SameSite=Lax"} < set(cookie)


# Limits and outages


def test_bodies_that_are_too_large(installation: Installation, proxy: Proxy, subdomain: Proxy) -> None:
    """413, final, from whoever notices: nothing that a client would send again for ever."""
    for one in (proxy, subdomain):
        with one.client() as client:
            path = f"{installation.prefix}/v1/batch"
            events = [{**installation.event()[1], "type": "track", "properties": {"x": "x" * 30_000}} for _ in range(16)]
            body = json.dumps({"batch": events, "writeKey": installation.key}).encode()
            assert 0.9 * MAX_BODY < len(body) <= MAX_BODY
            assert one.request(client, "POST", path, content=body).json()["stored"] == 16
            answer = one.request(client, "POST", path, content=b"x" * (MAX_BODY + 1))
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), "the collector's own answer"
            assert one.request(client, "POST", path, content=b"x" * 1_100_000).status_code == 413
            assert one.request(client, "POST", path, content=iter([b"x" * 600_000] * 2)).status_code == 413


def test_outage_of_the_collector(
    installation: Installation, proxy: Proxy, client: httpx.Client, request: pytest.FixtureRequest
) -> None:
    """502 at once; afterwards the same event again is counted once."""
    visitor, event = installation.event()
    path = f"{installation.prefix}/v1/track"
    assert proxy.request(client, "POST", path, json=event).json()["stored"] == 1
    installation.collector.stop()
    try:
        assert proxy.request(client, "POST", path, json=event).status_code == 502
        assert proxy.request(client, "GET", "/").status_code == 503, "the site goes on"
    finally:
        installation.collector.start()
    assert proxy.request(client, "POST", path, json=event).json()["duplicate"] == 1
    assert len(installation.stored(visitor)) == 1
