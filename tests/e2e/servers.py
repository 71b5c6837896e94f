"""What the tests run against: the demo as `passerby demo` starts it, and our own pages in front of a plain `passerby serve`."""

from __future__ import annotations

import json
import re
import subprocess
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.support.server import Collector, free_port

from .wire import Answer, Request, Wire

READY_SECONDS = 40.0
PAGES = Path(__file__).parent / "pages"


class Api:
    """The read API of one site."""

    def __init__(self, base_url: str, secret_key: str) -> None:
        self._base_url = base_url
        self._headers = {"authorization": f"Bearer {secret_key}"}

    def get(self, path: str, **parameters: Any) -> Any:
        answer = httpx.get(f"{self._base_url}/api{path}", params=parameters, headers=self._headers, timeout=20)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def person(self, user_id: str) -> dict[str, Any]:
        """The one person with this user id; fails when there is none, or a second one."""
        people = self.get("/people", user_id=user_id)["people"]
        assert len(people) == 1, f"{len(people)} people are {user_id}: {people}"
        found: dict[str, Any] = people[0]
        return found

    def timeline(self, user_id: str) -> list[dict[str, Any]]:
        """All events of a person, oldest received first."""
        answer = self.get(f"/people/{self.person(user_id)['person_id']}/events", limit=500)
        assert answer["next"] is None
        return list(reversed(answer["events"]))

    def visitor(self, anonymous_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/visitors/{anonymous_id}", limit=500)
        return found

    def merges(self, anonymous_id: str) -> list[dict[str, Any]]:
        """The activity log's entries "Anonymous merge" of one anonymous id."""
        entries = self.get("/activity", tab="identified", limit=500)["entries"]
        return [entry for entry in entries if entry["kind"] == "anonymous_merge" and entry["anonymous_id"] == anonymous_id]


class Demo:
    """`passerby demo` on free ports, with a wire in front of the shop. Use as a context manager."""

    def __init__(self, data_dir: Path) -> None:
        self.shop_port = free_port()
        self.collector = Collector(data_dir, command=(*_program(), "demo"), options=("--shop-port", str(self.shop_port)))
