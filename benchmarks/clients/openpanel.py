"""OpenPanel's script tag, with the three automatic captures that its documentation switches on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.wire import Answer, Request

from ..peers import MODULES, version
from .client import EVENT, Client, Sent, as_json, number_of

PACKAGE = "@openpanel/web"


class OpenPanel(Client):
    name = "openpanel"
    ingest = re.compile(r"^/track\Z")

    def __init__(self) -> None:
        self.title = f"OpenPanel {version(PACKAGE)}"

    def head(self, collector: str) -> str:
        return f"""<script>
  window.op = (...call) => op.q.push(call);
  op.q = [];
  op("init", {{
    apiUrl: "{collector}", clientId: "benchmark", trackScreenViews: true, trackOutgoingLinks: true, trackAttributes: true,
  }});
</script>
<script defer async src="{collector}/op1.js"></script>"""

    def track(self, number: int) -> str:
        return f"op('track', '{EVENT}', {{n: {number}}})"

    def script(self, path: str) -> Path | None:
        return MODULES / PACKAGE / "dist" / "src" / "tracker.global.js" if path == "/op1.js" else None

    def answer(self, request: Request) -> Answer | None:
        return as_json({"deviceId": "benchmark", "sessionId": "benchmark"})

    def events(self, body: Any) -> list[Sent]:
        return [Sent(number_of(body["payload"].get("properties")), None)]
