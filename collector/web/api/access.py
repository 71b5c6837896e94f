"""API authentication: a program that holds the site's secret key may read and correct (`Authorization: Bearer SECRET_KEY`)."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ...domain.sites import Site
from ...errors import Forbidden, MissingKey, UnknownKey
from ...storage.site_registry import SiteRegistry

AnyRequest = Request[Any, Any, Any]


async def site_of_secret_key(request: AnyRequest, sites: NamedDependency[SkipValidation[SiteRegistry]]) -> Site:
    """Return the site whose secret key the request carries.

    Raises MissingKey (401) without one, Forbidden (403) for a public key, UnknownKey (401) for any other.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise MissingKey("Send the site's secret key as `Authorization: Bearer SECRET_KEY`.")
    await sites.know(key)
    site = sites.known.by_secret(key)
    if site is not None:
        return site
    if sites.known.by_write_key(key) is not None or sites.known.by_publishable(key) is not None:
        raise Forbidden("This key is public and may only send events; this takes the site's secret key.")
    raise UnknownKey
