"""Browser, system and kind of device, and whether it is a bot, from the user agent."""

from __future__ import annotations

import re
from typing import Any

from user_agents.parsers import UserAgent

from ..domain.events import Draft, Flag
from ..ingest.context import Allowance, RequestContext
from ..ingest.wire import RawEvent

MAX_LENGTH = 512
"""Longer texts are cut before they are parsed: the expressions of the parser have had costly inputs."""

_BOT = re.compile(r"bot\b|crawl|spider|slurp|headless|lighthouse|phantomjs|python-|curl/|wget/|go-http|java/", re.IGNORECASE)


def put_user_agent(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Fill `context.client`; a page's own header speaks for its visitor, a server's header does not."""
    said = event.context.get("userAgent")
    text = said if isinstance(said, str) else (request.user_agent if request.is_browser else None)
    if not text:
        return
    text = text[:MAX_LENGTH]
    found = client_of(text, request.costly)
    if found is not None:
        event.context["client"] = found[0]
    is_bot = _is_named_bot(text) if found is None else found[1]
    if is_bot:
        event.flags |= Flag.BOT


Client = tuple[dict[str, str], bool]
_known: dict[str, Client] = {}
KNOWN = 10_000


def client_of(user_agent: str, costly: Allowance) -> Client | None:
    """Return what a user agent says of the client, and whether it is a bot; the result is shared: do not change it.

    None for one that nobody has seen lately, where nothing `costly` may be done for this request any longer.
    """
    known = _known.get(user_agent)
    if known is None and costly.take():
        known = _parse(user_agent)
        if len(_known) >= KNOWN:
            _known.pop(next(iter(_known)), None)
        _known[user_agent] = known
    return known


def _parse(user_agent: str) -> Client:
    parsed: Any = UserAgent(user_agent)  # type: ignore[no-untyped-call]
    is_bot = parsed.is_bot or _is_named_bot(user_agent)
    client = {
        "browser": parsed.browser.family,
        "browser_version": parsed.browser.version_string,
        "os": parsed.os.family,
        "os_version": parsed.os.version_string,
        "device": _device(parsed, is_bot),
    }
    return client, is_bot


def _is_named_bot(user_agent: str) -> bool:
    return _BOT.search(user_agent) is not None


def _device(parsed: object, is_bot: bool) -> str:
    if is_bot:
        return "bot"
    for attribute, name in (("is_tablet", "tablet"), ("is_mobile", "mobile"), ("is_pc", "desktop")):
        if getattr(parsed, attribute):
            return name
    return "other"
