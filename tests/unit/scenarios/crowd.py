"""Concurrent requests.

On PostgreSQL two collectors with a journal of their own write into one database; SQLite has one, with corrections beside it.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest import mock

from collector.storage.operations import jobs
from collector.storage.write.commit import commit_group
from collector.storage.write.saving import save
from tests.support.app import WRITE_KEY, Answer, App

from .consistency import check_consistency
from .sender import Told
from .story import Story

ROUNDS = 4
"""Runs of each race."""

Act = tuple[str, str, Any]
"""Request: method, path, body."""


class Crowd:
    """Concurrent requests, each through the next of the collectors."""

    def __init__(self, story: Story, collectors: list[App]) -> None:
        self.story = story
        self.collectors = collectors

    def at_once(self, *acts: Act, tries: int = 1, after_the_first: threading.Event | None = None) -> list[Answer]:
        """Make these requests at the same moment, each in a thread of its own; none may end in an error of ours.

        A client that is `unavailable` sends the same again, `tries` times in all. With `after_the_first`, all but the first
        wait for it.
        """
        for collector in self.collectors:
            collector.clock.now = self.story.app.clock.now
        start = threading.Barrier(len(acts))

        def carry_out(number: int, act: Act) -> Answer:
            collector = self.collectors[number % len(self.collectors)]
            method, path, body = act
            headers = {"authorization": f"Bearer {collector.secret_key}", "content-type": "application/json"}
            if path.startswith("/v1/"):
                headers = {}
            sent = b"" if body is None else json.dumps(body).encode()
            start.wait()
            if after_the_first is not None and number > 0:
                after_the_first.wait(2)
            for _ in range(tries):
                answer = asyncio.run(collector.requested(method, path, [sent], headers))
                if answer.status != 503:
                    break
            return answer

        with ThreadPoolExecutor(len(acts)) as pool:
            answers = list(pool.map(carry_out, range(len(acts)), acts))
        assert all(answer.status < 500 for answer in answers), [answer for answer in answers if answer.status >= 500]
        self.story.settle()
        check_consistency(self.story.app.installation.store)
        return answers

    def sent(self, *events: Told, key: str = WRITE_KEY) -> Act:
        return ("POST", "/v1/batch", {"batch": list(events), "writeKey": key})

    def said_by_server(self, *events: Told) -> Act:
        return self.sent(*events, key=self.story.app.secret_key)


def by_hand(path: str, body: Any = None) -> Act:
    return ("POST", f"/api{path}", body or {})


def stored_and_rotated(answers: list[Answer]) -> tuple[int, list[str]]:
    assert all(answer.status == 200 for answer in answers), answers
    return sum(answer.json["stored"] for answer in answers), [x for answer in answers for x in answer.json.get("rotate", [])]


def requested(act: Act) -> tuple[str, str, list[bytes]]:
    method, path, body = act
    return method, path, [json.dumps(body).encode()]


@contextmanager
def held_back(first: str) -> Iterator[threading.Event]:
    """Transaction of the first writer, by `hand` or `events`, held open until the others wait for it."""
    written = threading.Event()

    def slowly(real: Callable[..., Any]) -> Callable[..., Any]:
        def done(*parts: Any, **named: Any) -> Any:
            result = real(*parts, **named)
            if not written.is_set():
                written.set()
                time.sleep(0.3)
            return result

        return done

    if first == "events":
        with mock.patch("collector.storage.write.journal.commit_group", slowly(commit_group)):
            yield written
    else:
        with (
            mock.patch("collector.storage.operations.corrections.save", slowly(save)),
            mock.patch.object(jobs, "add", slowly(jobs.add)),
        ):
            yield written
