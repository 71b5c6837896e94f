"""The address under which browsers reach the collector, as an operator writes it down."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_BASE_URL = re.compile(r"https?://[^\s/?#\\@\"'<>]+(/[^\s?#\\\"'<>]*)?\Z")
"""Base URL as it is put into every page: a scheme and a host, a path at most."""


def base_url_fault(text: str) -> str | None:
    """Say, as the end of a sentence, why this is no base URL; None when it is one.

    One with credentials is none: it would publish them in every page, and `fetch` refuses such an address.
    """
    authority = text.partition("://")[2].partition("/")[0]
    if "@" in authority:
        return "has a user name or password in it, which every visitor could read: leave out what is before the @."
    if not _BASE_URL.match(text) or not _has_port(text):
        return "is not an address; write it like https://www.example.com, with a path at most."
    return None


def _has_port(text: str) -> bool:
    try:
        return urlsplit(text).port != 0
    except ValueError:
        return False
