"""A site: a customer's website in this installation."""

from __future__ import annotations

import msgspec


class Site(msgspec.Struct, frozen=True):
    """What the collector needs to know of a site on every request. Secret keys are held as SHA-256 only."""

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


def cookie_domains(site: Site) -> tuple[str, ...]:
    """Return the domains that cookies may be set on, in the order in which they are tried: configured, then shortest."""
    configured = (site.cookie_domain,) if site.cookie_domain else ()
    return (*configured, *sorted(site.domains, key=len))


def owns_host(site: Site, host: str) -> bool:
    """Say whether `host` is one of the site's domains or below one."""
    return any(host == domain or host.endswith("." + domain) for domain in site.domains)
