"""Short texts for a stored event. Everything in it came from strangers, so nothing is taken to have its right type."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ....domain.times import iso
from ....storage.reports import EventRow

_CUT = 120

_STEPS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))


def inside(value: Any, *keys: str) -> str:
    """Return the text under nested keys, empty when there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def shorten(text: str, length: int = _CUT) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def page_url(event: EventRow) -> str:
    return event.url or inside(event.context, "page", "url") or inside(event.properties, "url")


def page_label(event: EventRow) -> str:
    """The path of the page on which it happened, with the query string: what tells pages apart."""
    url = page_url(event)
    parts = _split(url)
    if parts is None or not parts.netloc:
        return shorten(inside(event.context, "page", "path") or url)
    return shorten((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def page_title(event: EventRow) -> str:
    return shorten(inside(event.context, "page", "title") or inside(event.properties, "title"))


def web_url(url: str | None) -> str | None:
    """Return `url` if it may become a link: http and https only, nothing that runs (`javascript:`, `data:`)."""
    parts = _split(url or "")
    return url if parts is not None and parts.scheme in {"http", "https"} and parts.netloc else None


def _split(url: str) -> Any:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def source_label(event: EventRow) -> str:
    """Return the sender's label: the name of the library, without its version."""
    return shorten(inside(event.context, "library", "name"), 40)


def device_label(event: EventRow) -> str:
    """Browser and system, as the user agent told them."""
    client = event.context.get("client")
    parts = [inside(client, "browser"), inside(client, "os")]
    return shorten(" on ".join(part for part in parts if part and part != "Other"), 60)


def event_title(event: EventRow) -> str:
    """The name of what happened, the title of the page, or who was identified."""
    if event.type in {"page", "screen"}:
        return shorten(event.name or page_title(event))
    who = event.user_id if event.type == "identify" else None
    return shorten(event.name or who or "")


def as_sent(event: EventRow) -> dict[str, Any]:
    """The whole event for the raw view."""
    return {
        "message_id": event.message_id,
        "type": event.type,
        "name": event.name,
        "timestamp": iso(event.ts),
        "received_at": iso(event.received_at),
        "original_timestamp": event.original_ts,
        "anonymous_id": event.anonymous_id,
        "user_id": event.user_id,
        "url": event.url,
        "properties": event.properties,
        "context": event.context,
    }


def pretty(value: Any) -> str:
    """Indented JSON, with control characters escaped so that nothing hides."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def stamp(time: int) -> str:
    """The absolute time, UTC, as shown."""
    return iso(time)[:19].replace("T", " ")


def ago(time: int, now: datetime | None = None) -> str:
    """The time as a distance from now, for the hover text."""
    then = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
    seconds = int(((now or datetime.now(UTC)) - then).total_seconds())
    for length, name in _STEPS:
        count = abs(seconds) // length
        if count:
            words = f"{count} {name}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def short_id(anonymous_id: str) -> str:
    """An anonymous id as a line of a list shows it."""
    return anonymous_id if len(anonymous_id) <= 13 else anonymous_id[:8] + "…"
