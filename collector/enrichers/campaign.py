"""Where a visit came from: utm parameters and click ids of the page's address."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from ..domain.events import Event, Flag
from ..ingest.context import RequestContext
from ..ingest.wire import RawEvent

_UTM = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_term": "term",
    "utm_content": "content",
}
_CLICK_IDS = frozenset({"gclid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid", "wbraid", "gbraid", "dclid"})


def put_campaign(raw: RawEvent, event: Event, request: RequestContext) -> None:
    """Fill `context.campaign` from the address, for what the client did not say itself; note page views that have one."""
    said = event.context.get("campaign")
    campaign = said if isinstance(said, dict) else {}
    if event.url is not None and ("utm_" in event.url or "id=" in event.url):
        found = campaign_of(event.url)
        if found:
            event.context["campaign"] = campaign = {**found, **campaign}
    if campaign and event.type == "page":
        event.flags |= Flag.CAMPAIGN


def campaign_of(url: str) -> dict[str, str]:
    """Return the campaign that an address names, under Segment's words (`utm_campaign` is `name`)."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for key, value in parse_qsl(query, errors="replace"):
        name = _UTM.get(key.lower()) or (key.lower() if key.lower() in _CLICK_IDS else None)
        if name is not None and value:
            found.setdefault(name, value.replace("\x00", "\ufffd"))
    return found
