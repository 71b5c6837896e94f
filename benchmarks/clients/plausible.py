"""Plausible's official tracker, bundled as a site would bundle it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.wire import Answer, Request

from ..peers import BUILD, version
from .client import EVENT, Client, Sent, number_of

PACKAGE = "@plausible-analytics/tracker"


class Plausible(Client):
    name = "plausible"
    ingest = re.compile(r"^/api/event\Z")

    def __init__(self) -> None:
        self.title = f"Plausible tracker {version(PACKAGE)}"

    def head(self, collector: str) -> str:
        return f"""<script>window.plausibleOptions = {{domain: "shop.localhost", endpoint: "{collector}/api/event"}};</script>
<script async src="{collector}/js/plausible.js"></script>"""

    def track(self, number: int) -> str:
        return f"plausible('{EVENT}', {{props: {{n: {number}}}}})"

    def script(self, path: str) -> Path | None:
        return BUILD / "plausible.js" if path == "/js/plausible.js" else None

    def answer(self, request: Request) -> Answer | None:
        return Answer(202, [("Content-Type", "text/plain")], b"ok")

    def events(self, body: Any) -> list[Sent]:
        return [Sent(number_of(body.get("p")), None)]
