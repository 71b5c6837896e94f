"""A site: a customer's website in this installation."""

from __future__ import annotations

import msgspec

CAPTURES = (
    "outbound_links", "file_downloads", "form_submits", "scroll_depth", "engaged_time", "web_vitals", "data_attributes",
)  # fmt: skip
"""What the snippet can report by itself beside page views, each switched on for a site."""


class IdentityKey(msgspec.Struct, frozen=True):
    """A public key that verifies identity tokens; `algorithm` is fixed with the key, never taken from a token."""

    kid: str
    algorithm: str
    pem: str


class Site(msgspec.Struct, frozen=True):
    """What the collector needs to know of a site on every request. Secret keys are held as SHA-256 only.

    `merging_since` (microseconds) is when merging was last turned on: a claim never reaches further back. `after_claim`
    is `owner`, or `new_visitor` for devices that many people use (rule R11). `verify` is `off`, `optional` or `required`
    (rule R21); `user_hash` accepts the HMAC of the user id as proof. `retention_days` is how long unclaimed streams stay
    (0 is for ever), `quarantine_days` how long bad events do. `captures` are some of CAPTURES; with `cross_domain` links
    between the site's own domains are signed.
    `addresses` is what is kept of visitors' internet addresses: `off`, `truncated` or `full`. `protected` are the people whom
    no trimming removes: `tag:NAME`, `field:NAME` (one that is set and not empty), `account:ID`, or `account` for any.
    """

    site_id: int
    uuid: str
    name: str
    write_key: str
    publishable_key: str
    secret_hash: str
    prefix: str
    script: str
    domains: tuple[str, ...] = ()
    base_url: str | None = None
    cookie_name: str = "passerby"
    cookie_domain: str | None = None
    cross_subdomain: bool = True
    only_own_origins: bool = False
    privacy_signals: str = "cookieless"
    consent_required: bool = False
    hash_pages: bool = False
    lookback_days: int = 90
    retention_days: int = 90
    quarantine_days: int = 14
    historical_fields: tuple[str, ...] = ()
    merging: bool = True
    merging_since: int = 0
    after_claim: str = "owner"
    verify: str = "off"
    identity_keys: tuple[IdentityKey, ...] = ()
    user_hash: bool = False
    captures: tuple[str, ...] = ()
    cross_domain: bool = False
    addresses: str = "off"
    protected: tuple[str, ...] = ()


def cookie_domains(site: Site) -> tuple[str, ...]:
    """Return the domains that cookies may be set on, in the order in which they are tried: configured, then shortest."""
    configured = (site.cookie_domain,) if site.cookie_domain else ()
    return (*configured, *sorted(site.domains, key=len))


def owns_host(site: Site, host: str) -> bool:
    """Say whether `host` is one of the site's domains or below one."""
    return any(is_under(host, domain) for domain in site.domains)


def is_under(host: str, domain: str) -> bool:
    """Say whether `host` is the domain or below it."""
    return host == domain or host.endswith("." + domain)
