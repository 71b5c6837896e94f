"""A page's address in full, where a client tells it once or in parts."""

from __future__ import annotations

from typing import Any

from ..domain.events import Draft
from .context import RequestContext
from .wire import RawEvent

_PAGE = ("url", "path", "search", "title", "referrer")


def put_page(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Fill in what the snippet leaves out because an address is sent once: a page view's `context.page` from its properties,
    `search` from `url`. After the fingerprint, which is of what was sent: a retry by another version is no conflict."""
    said = event.context.get("page")
    page = said if isinstance(said, dict) else {}
    if event.type == "page":
        event.properties = _with_search(event.properties)
        page = {**{name: event.properties[name] for name in _PAGE if isinstance(event.properties.get(name), str)}, **page}
    page = _with_search(page)
    if page != said and isinstance(said, dict | None) and page:  # into a new one: a batch's context may be shared
        event.context = {**event.context, "page": page}


def _with_search(page: dict[str, Any]) -> dict[str, Any]:
    """The query of the address with its question mark, as `location.search` has it; empty only beside a path, for a client that
    tells an address in parts."""
    url = page.get("url")
    if "search" in page or not isinstance(url, str):
        return page
    _, mark, query = url.partition("#")[0].partition("?")
    return {**page, "search": mark + query if query else ""} if query or "path" in page else page
