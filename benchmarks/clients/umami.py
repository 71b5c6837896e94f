"""Umami's tracker. Npm has 2.10.0 as the newest; the script of a newer server can be given as a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.wire import Answer, Request

from ..peers import BUILD, UMAMI
from .client import EVENT, Client, Sent, as_json, number_of

WEBSITE = "0b5f0f6a-5d0b-4d0f-9d3b-7f0c1e2d3a4b"


class Umami(Client):
    name = "umami"
    ingest = re.compile(r"^/api/send\Z")

    def __init__(self, file: Path | None = None) -> None:
        self.title = f"Umami ({file.name})" if file else f"Umami {UMAMI.partition('@')[2]}"
        self._file = file or BUILD / "umami.js"

    def head(self, collector: str) -> str:
        return f'<script defer src="{collector}/script.js" data-host-url="{collector}" data-website-id="{WEBSITE}"></script>'

    def track(self, number: int) -> str:
        return f"umami.track('{EVENT}', {{n: {number}}})"

    def script(self, path: str) -> Path | None:
        return self._file if path == "/script.js" else None

    def answer(self, request: Request) -> Answer | None:
        return as_json({"cache": "benchmark", "sessionId": WEBSITE, "visitId": WEBSITE})

    def events(self, body: Any) -> list[Sent]:
        return [Sent(number_of(body["payload"].get("data")), None)]
