"""The visitor cookie that the collector sets: on the widest domain, for 400 days (rule R33).

Cookies written by script live seven days in Safari; one set by the site's own host lives as long as it says. The
collector therefore repeats the anonymous id in a cookie of its own, `<name>_id`. The snippet reads it when its own cookie
is gone; it never goes before the snippet's, so that a late answer cannot bring back an id after `reset()`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from ..domain.sites import Site, cookie_domains, owns_host
from .cors import origin_host

MAX_AGE = 34_560_000
"""400 days in seconds, the most that browsers grant (RFC 6265bis)."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_ADDRESS = re.compile(r"[0-9.]+\Z|.*:")
_suffixes = PublicSuffixList()


@lru_cache(maxsize=1_000)
def widest_domain(host: str) -> str | None:
    """Return the registrable domain of a host by the public suffix list; None for addresses and single labels."""
    if _ADDRESS.match(host) or "." not in host:
        return None
    domain: str | None = _suffixes.privatesuffix(host)
    return domain


def is_public_suffix(domain: str) -> bool:
    """Say whether everybody's sites are below this domain; `localhost` and other single labels of one's own are not."""
    return bool(_suffixes.publicsuffix(domain, accept_unknown=False) == domain)


def cookie_domain(site: Site, host: str) -> str | None:
    """Return the Domain attribute for a page's host: one of the site's own, else the widest; None is the host alone.

    The snippet chooses in the same way (snippet/src/lib/widestDomain.ts), so that it can remove what was set here.
    """
    if not site.cross_subdomain or widest_domain(host) is None:
        return None
    own = (domain for domain in cookie_domains(site) if host == domain or host.endswith("." + domain))
    return next(own, widest_domain(host))


def visitor_cookie(
    site: Site, host: str, origin: str | None, same_origin: bool, sent: str | None, anonymous_id: str | None
) -> str | None:
    """Return the Set-Cookie value that answers an ingest request, or None when none may or need be set.

    Only towards a page on the same host, or on the site's own domains; `sent` is what the browser holds already.
    """
    page_host = origin_host(origin) or (host if same_origin else None)
    if anonymous_id is None or not _UUID.match(anonymous_id) or sent == anonymous_id or page_host is None:
        return None
    if site.domains and not owns_host(site, page_host):
        return None
    if not (same_origin or page_host == host or _shares_domain(site, host, page_host)):
        return None
    domain = cookie_domain(site, page_host)
    secure = "; Secure" if origin is not None and origin.startswith("https:") else ""
    where = f"; Domain={domain}" if domain else ""
    return f"{site.cookie_name}_id={anonymous_id}{where}; Path=/; Max-Age={MAX_AGE}; SameSite=Lax{secure}"


def _shares_domain(site: Site, host: str, page_host: str) -> bool:
    """The collector is on a subdomain of the page's own registrable domain, and the site says it is its own."""
    return owns_host(site, page_host) and owns_host(site, host) and widest_domain(host) == widest_domain(page_host)
