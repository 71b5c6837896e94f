"""A signed link, for the API and the command line."""

from __future__ import annotations

import re

import msgspec

from ..domain.events import DAY
from ..domain.sites import Site
from ..domain.times import iso
from ..errors import BadParameter
from ..ingest.links import LINK_DAYS, LINK_PARAMETER, LinkSigner, decorate

_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f/?#]+[^\s\x00-\x1f\x7f]*\Z", re.IGNORECASE)


class LinkAnswer(msgspec.Struct):
    """Add `token` as `parameter` to any address of the site's, or take `url`, where it has been added."""

    token: str
    parameter: str
    url: str | None
    expires_at: str


def signed(links: LinkSigner, site: Site, kind: str, value: str, url: str | None, now: int) -> LinkAnswer:
    """Return a link for a user id (`kind` is user) or an address (email).

    Raises BadParameter for a name that names nobody, and for what is not an address of the web.
    """
    if url is not None and not _ADDRESS.match(url):
        raise BadParameter("`url` must be an address like https://www.example.com/offer.")
    token = links.sign_link(site, kind, value, now)
    whole = None if url is None else decorate(url, LINK_PARAMETER, token)
    return LinkAnswer(token, LINK_PARAMETER, whole, iso(now + LINK_DAYS * DAY))
