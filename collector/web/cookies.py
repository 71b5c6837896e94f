"""The visitor cookie that the collector sets: on the widest domain, for 400 days (rule R33).

Cookies written by script live seven days in Safari; one set by the site's own host lives as long as it says. The
collector therefore repeats the anonymous id in a cookie of its own, `<name>_id`, and starts the 400 days anew with each
page view. The snippet reads it when its own cookie is gone; it never goes before the snippet's, so that a late answer
cannot bring back an id after `reset()`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from publicsuffixlist import PublicSuffixList

from ..domain.sites import Site, cookie_domains, is_under, owns_host
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
    own = (domain for domain in cookie_domains(site) if is_under(host, domain))
    return next(own, widest_domain(host))


class Sender(msgspec.Struct, frozen=True):
    """The browser behind an ingest request: the host that it asked for, the page's origin (and whether the browser says
    that this is the same), its cookies, and whether it asks not to be tracked."""

    host: str
    origin: str | None
    same_origin: bool
    cookies: Mapping[str, str]
    objects: bool = False


def visitor_cookie(site: Site, sender: Sender, anonymous_id: str | None, rotate: Sequence[str], renews: bool) -> str | None:
    """Return the Set-Cookie value that answers an ingest request, or None when none may or need be set.

    `anonymous_id` is what the events say, `rotate` the ids that this browser has to give up. `renews` starts the 400 days
    anew although the browser has the cookie: with page views, not with everything.
    """
    page_host = origin_host(sender.origin) or (sender.host if sender.same_origin else None)
    wanted = _current_id(site, sender, anonymous_id)
    if page_host is None or wanted is None or not _is_own(site, sender, page_host) or _is_unwanted(site, sender):
        return None
    domain = cookie_domain(site, page_host)
    if not sender.same_origin and page_host != sender.host and not (domain and is_under(sender.host, domain)):
        return None  # it would be the collector's host's own, where the page cannot read it, or refused
    if wanted in rotate:
        wanted = str(uuid.uuid4())
    elif wanted == sender.cookies.get(f"{site.cookie_name}_id") and not renews:
        return None
    secure = "; Secure" if sender.origin is not None and sender.origin.startswith("https:") else ""
    where = f"; Domain={domain}" if domain else ""
    return f"{site.cookie_name}_id={wanted}{where}; Path=/; Max-Age={MAX_AGE}; SameSite=Lax{secure}"


def _current_id(site: Site, sender: Sender, anonymous_id: str | None) -> str | None:
    """The id that the browser has now. Its own cookie says it, where it was sent along: events may be left over from
    before a `reset()`, and other programs on the page have ids of their own."""
    own = sender.cookies.get(site.cookie_name, "").partition(".")[0]
    return next((text for text in (own, anonymous_id) if text and _UUID.match(text)), None)


def _is_unwanted(site: Site, sender: Sender) -> bool:
    """Somebody asks for no cookies: the browser (Global Privacy Control, Do Not Track), or the visitor's answer."""
    answer = sender.cookies.get(f"{site.cookie_name}_consent")
    if sender.objects and site.privacy_signals != "ignore":
        return True
    return answer == "denied" or (site.consent_required and answer != "granted")


def _is_own(site: Site, sender: Sender, page_host: str) -> bool:
    """The page is on the collector's own host, or both are on domains of the site's own."""
    if site.domains and not owns_host(site, page_host):
        return False
    return sender.same_origin or page_host == sender.host or _shares_domain(site, sender.host, page_host)


def _shares_domain(site: Site, host: str, page_host: str) -> bool:
    """The collector is on a subdomain of the page's own registrable domain, and the site says it is its own."""
    return owns_host(site, page_host) and owns_host(site, host) and widest_domain(host) == widest_domain(page_host)
