"""A site: a customer's website in this installation."""

from __future__ import annotations

from .site_settings import SiteSettings


class Site(SiteSettings, frozen=True):
    """Site, as far as the collector needs to know it on every request. Secret keys are held as SHA-256 only.

    Its settings are declared in SiteSettings. `after_claim` is `owner`, or `new_visitor` for devices that many people use
    (rule R11). `verify` is rule R21; `user_hash` accepts the HMAC of the user id as proof. `retention_days` is how long
    unclaimed streams stay (0 is for ever), `quarantine_days` how long bad events do. `protected` are the people whom no
    trimming removes: `tag:NAME`, `field:NAME` (one that is set and not empty), `account:ID`, or `account` for any.
    """

    site_id: int
    uuid: str
    name: str
    write_key: str
    publishable_key: str
    secret_hash: str
    prefix: str
    script: str


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
