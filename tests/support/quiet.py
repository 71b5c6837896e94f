"""Logs of the code under test: not printed, but looked at. A line with an address or a key in it fails its test."""

from __future__ import annotations

import json
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from collector.logs import PROCESSORS

PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+|\b(wk|pk|sk)_[\w-]{6,}|\beyJ[\w-]{10,}\.|(anonymous|user|message)_?[iI]d['\"]?[:=]"
)
"""E-mail addresses, keys, tokens, and what names an id."""

seen: list[str] = []
"""Lines that no log may hold, since this was last emptied."""


def look(_: Any, __: str, entry: MutableMapping[str, Any]) -> Any:
    """Take the place of the last processor."""
    line = json.dumps(entry, default=repr)
    if PERSONAL.search(line):
        seen.append(line)
    raise structlog.DropEvent


def be_quiet() -> None:
    structlog.reset_defaults()
    structlog.configure(processors=[*PROCESSORS, look])
