"""The cookie that the collector sets: where, how long, and towards whom not."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.sites import Site
from collector.web.cookies import cookie_domain, is_public_suffix, visitor_cookie, widest_domain

ID = "0c8f7a3e-1111-4a4a-8b8b-000000000001"


def site(**settings: Any) -> Site:
    return Site(1, "u", "n", "w", "p", "s", "x", "y", **settings)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.com", "example.com"), ("example.com", "example.com"), ("a.b.example.co.uk", "example.co.uk"),
        ("me.github.io", "me.github.io"), ("x.me.github.io", "me.github.io"), ("foo.herokuapp.com", "foo.herokuapp.com"), ("co.uk", None),
        ("github.io", None), ("localhost", None), ("10.0.0.1", None), ("::1", None), ("[::1]", None), ("", None),
    ],
)  # fmt: skip
def test_the_widest_domain(host: str, domain: str | None) -> None:
    assert widest_domain(host) == domain


@pytest.mark.parametrize(
    ("settings", "host", "domain"),
    [
        ({}, "www.example.com", "example.com"),
        ({"cross_subdomain": False}, "www.example.com", None),
        ({"domains": ("shop.example.com",)}, "www.shop.example.com", "shop.example.com"),
        ({"cookie_domain": "example.com", "domains": ("shop.example.com",)}, "www.shop.example.com", "example.com"),
        ({"cookie_domain": "other.org"}, "www.example.com", "example.com"),
        ({"domains": ("other.org",)}, "www.example.com", "example.com"),
        ({"domains": ("localhost",)}, "localhost", None),
    ],
)
def test_the_domain_for_a_host(settings: dict[str, Any], host: str, domain: str | None) -> None:
    assert cookie_domain(site(**settings), host) == domain


def test_a_page_on_the_collectors_own_host() -> None:
    made = visitor_cookie(site(), "www.example.com", "https://www.example.com", True, None, ID)
    assert made == f"passerby_id={ID}; Domain=example.com; Path=/; Max-Age=34560000; SameSite=Lax; Secure"
    assert "HttpOnly" not in (made or ""), "the snippet reads it when its own is gone"
    plain = visitor_cookie(site(cookie_name="pb"), "localhost", "http://localhost", True, None, ID)
    assert plain == f"pb_id={ID}; Path=/; Max-Age=34560000; SameSite=Lax"


@pytest.mark.parametrize(
    ("host", "origin", "sent", "anonymous_id"),
    [
        ("t.example.com", "https://other.org", None, ID),
        ("t.example.com", "https://www.example.com", None, ID),  # a subdomain, but the site does not say that it is its own
        ("www.example.com", "https://www.example.com", ID, ID),  # it has it
        ("www.example.com", "https://www.example.com", None, None),
        ("www.example.com", "https://www.example.com", None, "a-1"),
        ("www.example.com", "https://www.example.com", None, ID + "; Domain=evil"),
        ("www.example.com", "https://www.example.com", None, ID.upper() + "\n"),
        ("www.example.com", None, None, ID),
        ("www.example.com", "null", None, ID),
    ],
)
def test_no_cookie(host: str, origin: str | None, sent: str | None, anonymous_id: str | None) -> None:
    assert visitor_cookie(site(), host, origin, False, sent, anonymous_id) is None


def test_a_collector_on_a_subdomain_of_the_site() -> None:
    own = site(domains=("example.com",))
    made = visitor_cookie(own, "t.example.com", "https://www.example.com", False, "old", ID)
    assert made is not None
    assert "Domain=example.com" in made
    assert (
        visitor_cookie(site(domains=("a.github.io", "b.github.io")), "a.github.io", "https://b.github.io", False, None, ID)
        is None
    )


@pytest.mark.parametrize("host", ["evil.test", "me.github.io", "notexample.com", "example.com.evil.test"])
def test_a_site_that_names_its_domains_sets_cookies_on_no_other(host: str) -> None:
    own = site(domains=("example.com",))
    assert visitor_cookie(own, host, f"https://{host}", True, None, ID) is None
    assert visitor_cookie(own, "www.example.com", "https://www.example.com", True, None, ID) is not None


def test_public_suffixes() -> None:
    assert [is_public_suffix(name) for name in ("com", "co.uk", "github.io")] == [True] * 3
    assert [is_public_suffix(name) for name in ("localhost", "shop.localhost", "example.com")] == [False] * 3
