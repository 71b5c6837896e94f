"""What the benchmarks have to know of a client, whosever it is."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.e2e.wire import Answer, Request

JSON_TYPE = ("Content-Type", "application/json")
SCRIPT_TYPE = ("Content-Type", "text/javascript; charset=utf-8")
EVENT = "benched"
"""What the tracked events are called."""


class Sent(NamedTuple):
    """One event of a request. `number` is the benchmark's, None for what a client sends by itself; `key` is what its backend
    can tell a repetition by, None where the client sends nothing of that kind."""

    number: int | None
    key: str | None


class Client(ABC):
    """A client as its documentation tells a self-hoster to install it, and a backend that answers as its own would."""

    name: str
    """On the command line."""
    title: str
    """In the tables."""
    ingest: re.Pattern[str]
    """The paths that events go to."""
    upstream: tuple[str, int] | None = None
    """Where a real server of it listens; without one, `script` and `answer` are all there is."""

    @abstractmethod
    def head(self, collector: str) -> str:
        """What goes into the head of a page. `collector` is the origin of the client's server."""

    @abstractmethod
    def track(self, number: int) -> str:
        """The call that a page makes to track an event with this number."""

    @abstractmethod
    def events(self, body: Any) -> list[Sent]:
        """The events of an unpacked body."""

    def unpack(self, request: Request) -> Any:
        """The body as JSON values."""
        return msgspec.json.decode(request.body)

    def script(self, path: str) -> Path | None:
        """The file that the client's server has at this path."""
        return None

    def answer(self, request: Request) -> Answer | None:
        """What its backend answers to events and to questions for settings; None where it answers nothing."""
        return None

    def is_ingest(self, path: str) -> bool:
        return self.ingest.search(path.partition("?")[0]) is not None

    def read(self, request: Request) -> list[Sent]:
        """The events of a request; none when the browser gave up before all of it was here."""
        try:
            return self.events(self.unpack(request))
        except (ValueError, EOFError, KeyError):
            return []


def as_json(value: object) -> Answer:
    return Answer(200, [JSON_TYPE], json.dumps(value).encode())


def number_of(properties: Any) -> int | None:
    """The benchmark's number among the properties of an event."""
    found = properties.get("n") if isinstance(properties, dict) else None
    return found if isinstance(found, int) else None
