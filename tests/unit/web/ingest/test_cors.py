"""CORS: pages that may send, and that may read the answer: every origin against every endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.domain.sites import owns_host
from collector.web.ingest.cors import ALLOWED_HEADERS, origin_host
from tests.support.app import PREFIX, WRITE_KEY, App

OWN = ["https://shop.test", "https://www.shop.test", "http://shop.test:8080", "https://a.b.shop.test"]
FOREIGN = [
    "https://evil.test", "https://evilshop.test", "https://shop.test.evil.test", "https://shopxtest", "null", "file://shop.test",
    "https://xn--shp-hoa.test", "https://shop.test@evil.test", "http://[", "https://", "javascript:shop.test", "shop.test",
]  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> App:
    return App(tmp_path / "data", site={"domains": ("shop.test",)})


@pytest.fixture(autouse=True)
def _running(request: pytest.FixtureRequest) -> object:
    if "shop" not in request.fixturenames:
        yield
        return
    with request.getfixturevalue("shop"):
        yield


@pytest.mark.parametrize("origin", OWN)
def test_cors_own_pages_use_cookies(shop: App, origin: str) -> None:
    for path in ("/v1/track", f"/{PREFIX}/v1/track"):
        answer = shop.post(path, {"event": "e", "anonymousId": "a", "writeKey": WRITE_KEY}, origin=origin)
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize("origin", FOREIGN)
def test_cors_other_pages_send_without_cookies(shop: App, origin: str) -> None:
    for path in ("/v1/track", f"/{PREFIX}/v1/track"):
        answer = shop.post(path, {"event": "e", "anonymousId": "a", "writeKey": WRITE_KEY}, origin=origin)
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "*", "never an echo"
        assert "access-control-allow-credentials" not in answer.headers
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", [*OWN, *FOREIGN])
def test_preflight(shop: App, origin: str) -> None:
    for path in ("/v1/batch", "/v1/t", f"/{PREFIX}/v1/batch"):
        answer = shop.request("OPTIONS", path, headers={"origin": origin, "access-control-request-method": "POST"})
        assert answer.status == 204
        assert answer.headers["access-control-allow-headers"] == ALLOWED_HEADERS
        assert int(answer.headers["access-control-max-age"]) >= 3_600
        with_credentials = "access-control-allow-credentials" in answer.headers
        assert with_credentials == (origin in OWN and PREFIX in path), "a path without a site allows no credentials"
        assert with_credentials == (answer.headers["access-control-allow-origin"] == origin)


def test_preflight_of_public_sdks() -> None:
    assert set(ALLOWED_HEADERS.split(", ")) >= {
        "authorization", "content-type", "x-retry-count", "anonymousid", "sentat", "x-write-key",
    }  # fmt: skip


def test_cors_errors_can_be_read_too(shop: App) -> None:
    answer = shop.post("/v1/track", b"{}", origin="https://shop.test")
    assert answer.status == 401
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/people?user_id=x", "/api/counts", "/healthz", "/metrics", "/v1/batch/events"])
def test_cors_is_off_for_the_rest(shop: App, path: str) -> None:
    """CORS is off for the server's endpoints: no page of any origin reads what a key opens."""
    for method in ("GET", "POST", "OPTIONS"):
        headers = {"origin": "https://shop.test", "authorization": f"Bearer {shop.secret_key}"}
        answer = shop.request(method, path, b"{}", headers)
        assert not [name for name in answer.headers if name.startswith("access-control")], (method, path)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://Shop.test:8443", "shop.test"),
        ("http://10.0.0.1", "10.0.0.1"),
        ("https://[::1]:8", "::1"),
        ("null", None),
        ("", None),
        (None, None),
    ],
)
def test_origin_host(origin: str | None, host: str | None) -> None:
    assert origin_host(origin) == host


def test_hosts_of_a_site(shop: App) -> None:
    assert owns_host(shop.site, "shop.test")
    assert owns_host(shop.site, "a.shop.test")
    assert not owns_host(shop.site, "ashop.test")
    assert not owns_host(shop.site, "")
