"""The least that a page view can cost: a page without a client, and a script of one line that sends one request."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.wire import Answer, Request

from ..peers import FOLDER
from .client import Client, Sent, as_json


class Blank(Client):
    name = "blank"
    title = "(no client)"
    ingest = re.compile(r"^/nothing\Z")

    def head(self, collector: str) -> str:
        return ""

    def track(self, number: int) -> str:
        return ""

    def events(self, body: Any) -> list[Sent]:
        return []


class OneLine(Client):
    name = "one-line"
    title = "(one line: a `fetch`)"
    ingest = re.compile(r"^/hit\Z")

    def head(self, collector: str) -> str:
        return f'<script async src="{collector}/one-line.js"></script>'

    def track(self, number: int) -> str:
        return f"fetch('/hit', {{method: 'POST', keepalive: true, body: '{number}'}})"

    def script(self, path: str) -> Path | None:
        return FOLDER / "one-line.js" if path == "/one-line.js" else None

    def answer(self, request: Request) -> Answer | None:
        return as_json({})

    def events(self, body: Any) -> list[Sent]:
        return [Sent(None, None)]
