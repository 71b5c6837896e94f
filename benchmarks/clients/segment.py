"""Segment's analytics-next, the standalone build, with settings served by ourselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.wire import Answer, Request

from ..peers import MODULES, version
from .client import EVENT, Client, Sent, as_json, number_of

PACKAGE = "@segment/analytics-next"
FILES = MODULES / PACKAGE / "dist" / "umd"
KEY = "benchmark"


class Segment(Client):
    name = "segment"
    ingest = re.compile(r"^/v1/[a-z]\Z")

    def __init__(self) -> None:
        self.title = f"Segment analytics-next {version(PACKAGE)}"

    def head(self, collector: str) -> str:
        return f"""<script>
  window.analytics = [];
  analytics._writeKey = "{KEY}";
  analytics._cdn = "{collector}";
  analytics._loadOptions = {{}};
  for (const name of ["page", "track"]) analytics[name] = (...values) => analytics.push([name, ...values]);
  analytics.page();
</script>
<script async data-global-segment-analytics-key="analytics" src="{collector}/analytics-next/standalone.js"></script>"""

    def track(self, number: int) -> str:
        return f"analytics.track('{EVENT}', {{n: {number}}})"

    def script(self, path: str) -> Path | None:
        return FILES / path.rpartition("/")[2] if path.startswith("/analytics-next/") else None

    def answer(self, request: Request) -> Answer | None:
        if request.path.endswith("/settings"):
            api = {"apiKey": KEY, "apiHost": f"{request.headers['Host']}/v1", "protocol": "http", "unbundledIntegrations": []}
            return as_json({"integrations": {"Segment.io": api}, "plan": {"track": {"__default": {"enabled": True}}}})
        return as_json({"success": True})

    def events(self, body: Any) -> list[Sent]:
        batch = body.get("batch", [body])
        return [Sent(number_of(event.get("properties")), event["messageId"]) for event in batch]
