"""Ours: what `passerby site add` prints, in front of a real collector."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from collector.web.script.install import FORMS
from tests.e2e.servers import Api
from tests.support.server import Collector

from .client import EVENT, Client, Sent, number_of

MESSAGE = {
    "key": "hello",
    "name": "For newcomers",
    "status": "live",
    "where": {"pages": [{"part": "path", "op": "matches", "value": "/elsewhere"}]},
    "who": {"identity": "anonymous"},
    "often": {"lifetime": None, "stop_on": ["dismiss", "act"]},
    "content": {"default": "en", "texts": {"en": {"title": "New here?", "body": "Have a look around.", "actions": []}}},
}
"""Live, and for another page: its site gets the bundle with the message runtime, and no page shows it."""


class Passerby(Client):
    name = "passerby"
    title = "Passerby"
    form = "queue"
    ingest = re.compile(r"^/[a-z0-9]+/v1/batch\Z")

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.upstream = ("127.0.0.1", collector.port)
        self._sites: dict[str, dict[str, Any]] = {}

    def head(self, collector: str) -> str:
        site = self.collector.add_site(_name(collector), "--domain", "shop.localhost", "--base-url", collector)
        self._sites[collector] = site
        return FORMS[self.form](str(site["script_url"]))

    def track(self, number: int) -> str:
        return f"passerby.track('{EVENT}', {{n: {number}}})"

    def events(self, body: Any) -> list[Sent]:
        return [Sent(number_of(event.get("properties")), event["messageId"]) for event in body["batch"]]

    def stored(self, collector: str, anonymous_ids: set[str]) -> list[int]:
        """The numbers of all stored events of these visitors, one for each row that the read API has."""
        api = Api(self.collector.url, self._sites[collector]["secret_key"])
        return [number for one in sorted(anonymous_ids) for number in self._numbers(api, one)]

    def _numbers(self, api: Api, anonymous_id: str) -> list[int]:
        found: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            answer = api.get(f"/visitors/{anonymous_id}", limit=500, **cursor)
            numbers = (number_of(event["properties"]) for event in answer["events"])
            found.extend(number for number in numbers if number is not None)
            if not answer["next"]:
                return found
            cursor = {"cursor": answer["next"]}


class PasserbyTag(Passerby):
    """As `passerby snippet --form script` prints it: the browser sees the script's address before it runs any code."""

    name = "passerby-tag"
    title = "Passerby, as a plain tag"

    form = "script"


class PasserbyLoader(Passerby):
    """As `passerby snippet --form loader` prints it: inline code brings the script."""

    name = "passerby-loader"
    title = "Passerby, with the loader"
    form = "loader"


class PasserbyWithMessages(Passerby):
    name = "passerby-messages"
    title = "Passerby with messages"

    def head(self, collector: str) -> str:
        head = super().head(collector)
        file = Path(self.collector.data_dir.parent) / "message.json"
        file.write_text(json.dumps(MESSAGE))
        self.collector.cli("message", "put", str(file), "--site", _name(collector))
        return head


def _name(collector: str) -> str:
    """What the site is called whose browsers reach the collector at this origin."""
    return collector.partition("//")[2]
