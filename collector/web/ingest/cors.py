"""Which pages may send, and whether the browser lets them read the answer.

Any origin may send events, without credentials; credentials (cookies) only for origins under the site's own domains.
The origin is advice, not proof: a program can send any.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ...domain.sites import Site, owns_host

ALLOWED_HEADERS = "authorization, content-type, x-retry-count, anonymousid, sentat, x-write-key"
EXPOSED_HEADERS = "retry-after"
MAX_AGE = "86400"


def origin_host(origin: str | None) -> str | None:
    """Return the host of an Origin header, or None when there is none (`null` included)."""
    if not origin or origin == "null":
        return None
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") else None


def is_own_origin(site: Site, origin: str | None) -> bool:
    host = origin_host(origin)
    return host is not None and owns_host(site, host)


def cors_headers(origin: str | None, site: Site | None) -> dict[str, str]:
    """Return what lets a page read the answer. Without a known site no credentials are allowed."""
    if not origin:
        return {}
    if site is not None and is_own_origin(site, origin):
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": EXPOSED_HEADERS,
            "vary": "origin",
        }
    return {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED_HEADERS, "vary": "origin"}


def preflight_headers(origin: str | None, site: Site | None) -> dict[str, str]:
    return {
        **cors_headers(origin, site),
        "access-control-allow-methods": "POST, GET, OPTIONS",
        "access-control-allow-headers": ALLOWED_HEADERS,
        "access-control-max-age": MAX_AGE,
    }
