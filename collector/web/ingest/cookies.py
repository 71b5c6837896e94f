"""The visitor cookie that the collector sets: on the widest domain, for 400 days (rule R33).

Cookies written by script live seven days in Safari; one set by the site's own host lives as long as it says. The
collector therefore repeats the anonymous id in a cookie of its own, `<name>_id`, and starts the 400 days anew with each
page view. The snippet reads it when its own cookie is gone; it never goes before the snippet's, so that a late answer
cannot bring back an id after `reset()`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from functools import lru_cache

import msgspec
from publicsuffixlist import PublicSuffixList

from ...domain.sites import Site, cookie_domains, is_under, owns_host
from .cookie_marks import choose, cookie_values, level_of, marked
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
    that this is the same), its Cookie header, and whether it asks not to be tracked."""

    host: str
    origin: str | None
    same_origin: bool
    cookies: str
    objects: bool = False


def needs_marks(site: Site) -> bool:
    """Say whether pages of the site may see cookies of a wider domain than its own, which are another site's."""
    return not site.cross_subdomain or any(widest_domain(domain) not in (None, domain) for domain in cookie_domains(site))


class _Jar(msgspec.Struct, frozen=True):
    """The visitor cookies of a request, as the page that sent it reads them."""

    name: str
    header: str
    level: int | None

    def value(self, suffix: str = "") -> str | None:
        return choose(cookie_values(self.header, self.name + suffix), self.level)

    def anonymous_id(self, suffix: str = "") -> str | None:
        text = (self.value(suffix) or "").partition(".")[0]
        return text if _UUID.match(text) else None


def visitor_cookie(site: Site, sender: Sender, anonymous_id: str | None, rotate: Sequence[str], renews: bool) -> str | None:
    """Return the Set-Cookie value that answers an ingest request, or None when none may or need be set.

    `anonymous_id` is what the events say, `rotate` the ids that this browser has to give up. `renews` starts the 400 days
    anew although the browser has the cookie: with page views, not with everything.
    """
    page_host = origin_host(sender.origin) or (sender.host if sender.same_origin else None)
    if page_host is None or not _is_own(site, sender, page_host):
        return None
    domain = cookie_domain(site, page_host)
    jar = _Jar(site.cookie_name, sender.cookies, level_of(domain) if needs_marks(site) else None)
    wanted = _current_id(jar, anonymous_id)
    if wanted is None or _is_unwanted(site, sender, jar):
        return None
    if not sender.same_origin and page_host != sender.host and not (domain and is_under(sender.host, domain)):
        return None  # it would be the collector's host's own, where the page cannot read it, or refused
    if wanted in rotate:
        wanted = str(uuid.uuid4())
    elif wanted == jar.anonymous_id("_id") and not renews:
        return None
    value = marked(wanted, jar.level)
    secure = "; Secure" if sender.origin is not None and sender.origin.startswith("https:") else ""
    where = f"; Domain={domain}" if domain else ""
    return f"{site.cookie_name}_id={value}{where}; Path=/; Max-Age={MAX_AGE}; SameSite=Lax{secure}"


def _current_id(jar: _Jar, anonymous_id: str | None) -> str | None:
    """The id that the browser has now. Its own cookie says it, where it was sent along: events may be left over from
    before a `reset()`, and other programs on the page have ids of their own."""
    stated = anonymous_id if anonymous_id and _UUID.match(anonymous_id) else None
    return jar.anonymous_id() or stated


def _is_unwanted(site: Site, sender: Sender, jar: _Jar) -> bool:
    """Say whether cookies are unwanted: by the browser (Global Privacy Control, Do Not Track), or the visitor's answer."""
    if sender.objects and site.privacy_signals != "ignore":
        return True
    # A denial on a wider domain may be one from before the site's setting was narrowed.
    answer = jar.value("_consent") or ("denied" if "denied" in cookie_values(jar.header, f"{jar.name}_consent") else None)
    return answer == "denied" or (site.consent_required and answer != "granted")


def _is_own(site: Site, sender: Sender, page_host: str) -> bool:
    """The page is on the collector's own host, or both are on domains of the site's own."""
    if site.domains and not owns_host(site, page_host):
        return False
    return sender.same_origin or page_host == sender.host or _shares_domain(site, sender.host, page_host)


def _shares_domain(site: Site, host: str, page_host: str) -> bool:
    """The collector is on a subdomain of the page's own registrable domain, and the site says it is its own."""
    return owns_host(site, page_host) and owns_host(site, host) and widest_domain(host) == widest_domain(page_host)
