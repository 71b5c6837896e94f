"""Cookie that the collector sets: where, how long, and towards whom not."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.sites import Site
from collector.web.ingest.cookies import Sender, cookie_domain, is_public_suffix, needs_marks, visitor_cookie, widest_domain

ID = "0c8f7a3e-1111-4a4a-8b8b-000000000001"
OTHER = "0c8f7a3e-1111-4a4a-8b8b-000000000002"


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


def answered(
    own: Site, host: str, origin: str | None, *, same_origin: bool = False, anonymous_id: str | None = ID,
    rotate: tuple[str, ...] = (), renews: bool = False, objects: bool = False, **cookies: str,
) -> str | None:  # fmt: skip
    """Cookie that answers a browser that holds `cookies`, several of a name with commas."""
    header = "; ".join(f"{name}={value}" for name, values in cookies.items() for value in values.split(","))
    return visitor_cookie(own, Sender(host, origin, same_origin, header, objects), anonymous_id, rotate, renews)


def on_its_own_host(own: Site, **said: Any) -> str | None:
    return answered(own, "www.example.com", "https://www.example.com", same_origin=True, **said)


def test_a_page_on_the_collectors_own_host() -> None:
    made = on_its_own_host(site())
    assert made == f"passerby_id={ID}; Domain=example.com; Path=/; Max-Age=34560000; SameSite=Lax; Secure"
    assert "HttpOnly" not in (made or ""), "the snippet reads it when its own is gone"
    plain = answered(site(cookie_name="pb"), "localhost", "http://localhost", same_origin=True)
    assert plain == f"pb_id={ID}; Path=/; Max-Age=34560000; SameSite=Lax"


@pytest.mark.parametrize(
    ("host", "origin", "sent", "anonymous_id"),
    [
        ("t.example.com", "https://other.org", "", ID),
        ("t.example.com", "https://www.example.com", "", ID),  # a subdomain, but the site does not say that it is its own
        ("www.example.com", "https://www.example.com", ID, ID),  # it has it
        ("www.example.com", "https://www.example.com", "", None),
        ("www.example.com", "https://www.example.com", "", "a-1"),
        ("www.example.com", "https://www.example.com", "", ID + "; Domain=evil"),
        ("www.example.com", "https://www.example.com", "", ID.upper() + "\n"),
        ("www.example.com", None, "", ID),
        ("www.example.com", "null", "", ID),
    ],
)
def test_no_cookie(host: str, origin: str | None, sent: str, anonymous_id: str | None) -> None:
    assert answered(site(), host, origin, anonymous_id=anonymous_id, passerby_id=sent) is None


def test_page_views_start_the_400_days_anew() -> None:
    """Cookie renewal: else it would run out 400 days after the first visit, however many follow."""
    assert on_its_own_host(site(), passerby_id=ID) is None
    renewed = on_its_own_host(site(), passerby_id=ID, renews=True)
    assert renewed is not None
    assert renewed == on_its_own_host(site())


def test_the_snippets_own_cookie_says_who_it_is_now() -> None:
    """Events may be left over from before a `reset()`, and the id of another program on the page is not the visitor's."""
    for own in (OTHER, f"{OTHER}.user-7", f"{OTHER}.a%2Eb"):
        assert (on_its_own_host(site(), passerby=own) or "").startswith(f"passerby_id={OTHER};")
        assert on_its_own_host(site(), passerby=own, passerby_id=OTHER) is None
    for broken in ("", "x", f"{OTHER}x", ".user-7"):
        assert (on_its_own_host(site(), passerby=broken) or "").startswith(f"passerby_id={ID};")


def test_an_id_to_give_up_is_replaced() -> None:
    fresh = [on_its_own_host(site(), rotate=(ID,), passerby_id=ID) for _ in range(2)]
    assert fresh[0] != fresh[1]
    assert all(made and ID not in made for made in fresh)
    assert ID in (on_its_own_host(site(), rotate=(OTHER,)) or "")
    assert OTHER in (on_its_own_host(site(), rotate=(ID,), passerby=OTHER) or ""), "it has given it up already"


@pytest.mark.parametrize(
    ("settings", "said", "may"),
    [
        ({}, {"objects": True}, False),
        ({"privacy_signals": "off"}, {"objects": True}, False),
        ({"privacy_signals": "ignore"}, {"objects": True}, True),
        ({}, {"passerby_consent": "denied"}, False),
        ({}, {"passerby_consent": "granted"}, True),
        ({"consent_required": True}, {}, False),
        ({"consent_required": True}, {"passerby_consent": "denied"}, False),
        ({"consent_required": True}, {"passerby_consent": "granted"}, True),
        ({"consent_required": True}, {"passerby_consent": "granted", "objects": True}, False),
        ({"consent_required": True, "cookie_name": "pb"}, {"passerby_consent": "granted"}, False),
        ({"consent_required": True, "cookie_name": "pb"}, {"pb_consent": "granted"}, True),
    ],
)
def test_cookie_only_if_privacy_signals_and_consent_allow(settings: dict[str, Any], said: dict[str, Any], may: bool) -> None:
    assert (on_its_own_host(site(**settings), **said) is not None) == may
    assert (on_its_own_host(site(**settings), renews=True, rotate=(ID,), **said) is not None) == may


def test_a_collector_on_a_subdomain_of_the_site() -> None:
    own = site(domains=("example.com",))
    made = answered(own, "t.example.com", "https://www.example.com", passerby_id="old")
    assert made is not None
    assert "Domain=example.com" in made
    assert answered(site(domains=("a.github.io", "b.github.io")), "a.github.io", "https://b.github.io") is None


def test_no_cookie_that_the_page_could_not_read() -> None:
    """Cookie without a common domain would be the collector's host's."""
    alone = site(domains=("example.com",), cross_subdomain=False)
    assert answered(alone, "t.example.com", "https://www.example.com") is None
    assert on_its_own_host(alone) is not None
    apart = site(domains=("shop.example.com", "t.example.com"))
    assert answered(apart, "t.example.com", "https://www.shop.example.com") is None


def test_a_proxy_that_replaces_the_host() -> None:
    """Host as the browser says it counts as the page's: Next.js passes on the collector's host (docs/proxies.md)."""
    for own in (site(), site(domains=("example.com",)), site(domains=("example.com",), cross_subdomain=False)):
        page = "https://www.example.com"
        assert answered(own, "127.0.0.1", page, same_origin=True) == answered(own, "www.example.com", page, same_origin=True)
        assert answered(own, "127.0.0.1", page) is None


@pytest.mark.parametrize("host", ["evil.test", "me.github.io", "notexample.com", "example.com.evil.test"])
def test_a_site_that_names_its_domains_sets_cookies_on_no_other(host: str) -> None:
    own = site(domains=("example.com",))
    assert answered(own, host, f"https://{host}", same_origin=True) is None
    assert on_its_own_host(own) is not None


def test_public_suffixes() -> None:
    assert [is_public_suffix(name) for name in ("com", "co.uk", "github.io")] == [True] * 3
    assert [is_public_suffix(name) for name in ("localhost", "shop.localhost", "example.com")] == [False] * 3


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({}, False), ({"domains": ("example.com",)}, False), ({"domains": ("example.com", "example.co.uk")}, False),
        ({"domains": ("staging.example.com",)}, True), ({"domains": ("example.com", "a.example.org")}, True),
        ({"cookie_domain": "shop.example.com", "domains": ("example.com",)}, True), ({"cross_subdomain": False}, True),
        ({"domains": ("me.github.io",)}, False), ({"domains": ("localhost",)}, False),
    ],
)  # fmt: skip
def test_marks_are_needed_where_a_wider_domain_is_possible(settings: dict[str, Any], needed: bool) -> None:
    assert needs_marks(site(**settings)) == needed


STAGING = site(domains=("staging.example.com",))


@pytest.mark.parametrize(
    ("cookies", "held"),
    [
        (f"{OTHER}.user-7,{ID}.@3", ID),  # of the site above, and its own
        (f"{ID}.@3,{OTHER}.user-7", ID),
        (f"{OTHER}.user-7", ID),
        (f"{OTHER}.@2", ID),
        (f"{OTHER}.@4", OTHER),  # the setting was widened
        (f"{OTHER}.@0", OTHER),
    ],
)
def test_a_site_below_another_keeps_its_own_visitor(cookies: str, held: str) -> None:
    """www.staging.example.com with a site of its own below example.com, which is in production."""
    host = "www.staging.example.com"
    made = answered(STAGING, host, f"https://{host}", same_origin=True, passerby=cookies)
    assert (made or "").startswith(f"passerby_id={held}.@3; Domain=staging.example.com;")


@pytest.mark.parametrize(
    ("answers", "is_set"),
    [
        ("granted,denied.@3", False),
        ("denied,granted.@3", True),
        ("denied", False),
        ("denied.@2", True),
        ("denied,granted.@4", True),
        ("denied.@0", False),
    ],
)
def test_consent_of_another_site_does_not_count(answers: str, is_set: bool) -> None:
    host = "www.staging.example.com"
    made = answered(STAGING, host, f"https://{host}", same_origin=True, passerby_consent=answers)
    assert (made is not None) == is_set
