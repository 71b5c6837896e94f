"""PostHog's array.js, with feature flags, surveys and recordings answered as switched off in the project."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tests.e2e.wire import Answer, Request

from ..peers import MODULES, version
from .client import EVENT, SCRIPT_TYPE, Client, Sent, as_json, number_of

PACKAGE = "posthog-js"
KEY = "phc_benchmark"
GZIP = b"\x1f\x8b"
SETTINGS = {
    "token": KEY,
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "sessionRecording": False,
    "surveys": False,
    "heatmaps": False,
    "capturePerformance": False,
    "autocapture_opt_out": False,
    "captureDeadClicks": False,
    "autocaptureExceptions": False,
    "siteApps": [],
}


class PostHog(Client):
    name = "posthog"
    ingest = re.compile(r"^/(e|i/v0/e|capture|batch)/?\Z")

    def __init__(self) -> None:
        self.title = f"PostHog array.js {version(PACKAGE)}"

    def head(self, collector: str) -> str:
        # Its guard against robots would drop everything that a driven browser sends.
        return f"""<script>
  window.posthog = [];
  posthog.__SV = 1;
  posthog._i = [["{KEY}", {{
    api_host: "{collector}", defaults: "2025-05-24", person_profiles: "identified_only", opt_out_useragent_filter: true,
  }}, "posthog"]];
</script>
<script async crossorigin="anonymous" src="{collector}/static/array.js"></script>"""

    def track(self, number: int) -> str:
        return f"posthog.capture('{EVENT}', {{n: {number}}})"

    def script(self, path: str) -> Path | None:
        return MODULES / PACKAGE / "dist" / path.rpartition("/")[2] if path.startswith("/static/") else None

    def answer(self, request: Request) -> Answer | None:
        path = request.path.partition("?")[0]
        if path.endswith("/config.js"):
            text = f'(window._POSTHOG_REMOTE_CONFIG ||= {{}})["{KEY}"] = {{config: %s, siteApps: []}}'
            return Answer(200, [SCRIPT_TYPE], text.encode().replace(b"%s", msgspec.json.encode(SETTINGS)))
        if path.endswith("/config"):
            return as_json(SETTINGS)
        if path.startswith(("/flags", "/decide")):
            return as_json({**SETTINGS, "featureFlags": {}, "flags": {}, "errorsWhileComputingFlags": False})
        return as_json({"status": "Ok"})

    def unpack(self, request: Request) -> Any:
        body = request.body
        if body.startswith(b"data="):
            body = base64.b64decode(parse_qs(body.decode())["data"][0])
        return msgspec.json.decode(gzip.decompress(body) if body.startswith(GZIP) else body)

    def events(self, body: Any) -> list[Sent]:
        batch = body if isinstance(body, list) else body.get("batch") or [body]
        return [Sent(number_of(event["properties"]), event["uuid"]) for event in batch]
