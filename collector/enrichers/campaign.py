"""Campaign attribution: utm parameters and click ids of the page's address, or of the one that its visitor landed on.

Done here for every client, so that no browser has to load code for what its address already says.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from ..domain.events import Draft, Flag
from ..ingest.context import RequestContext
from ..ingest.links import landing_of
from ..ingest.wire import RawEvent

_PARAMETER = re.compile(r"utm_(\w{1,50})|(\w{1,20}clk?id|[gw]braid|li_fat_id)", re.ASCII)
"""The ad networks' click ids have a word's form in common: gclid, fbclid, msclkid, ..."""


def put_campaign(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Fill `context.campaign` from the address, for what the client did not say itself; note page views that have one."""
    said = event.context.get("campaign")
    campaign = said if isinstance(said, dict) else {}
    found = _campaign_in(event.url) or _campaign_in(landing_of(event))
    if found:
        event.context["campaign"] = campaign = {**found, **campaign}
    if campaign and event.type == "page":
        event.flags |= Flag.CAMPAIGN


def _campaign_in(url: str | None) -> dict[str, str]:
    return campaign_of(url) if url is not None and ("utm_" in url or "id=" in url) else {}


def campaign_of(url: str) -> dict[str, str]:
    """Return the campaign that an address names, under Segment's words (`utm_campaign` is `name`)."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for key, value in parse_qsl(query, errors="replace"):
        known = _PARAMETER.fullmatch(key.lower())
        if known is not None and value:
            name = "name" if known[1] == "campaign" else known[1] or known[2]
            found.setdefault(name, value.replace("\x00", "\ufffd"))
    return found
