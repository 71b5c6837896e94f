"""Load on a running collector from several clients at once, and the history of what each was told.

A client keeps what was not answered with 200 (no answer, 429, 5xx) and sends the same bytes again, as the snippet and the
public SDKs do. At the end: acknowledged must be in the store, each once, and nothing else may be there.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from typing import Any

import httpx


class Client(threading.Thread):
    """Browser that reports without pause; batches of one to five, an identify now and then."""

    def __init__(self, load: Load, number: int) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.load = load
        self.random = random.Random(number)
        self.anonymous_id = str(uuid.UUID(int=self.random.getrandbits(128)))
        self.acknowledged: dict[str, str] = {}
        self.sent: set[str] = set()
        self.resent = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        with httpx.Client(timeout=8) as http:
            while not self.load.stopping.is_set():
                try:
                    self._report(http, [self._event() for _ in range(self.random.randint(1, 5))])
                except Exception as error:  # shown by the test, which looks at `wrong`
                    self.wrong.append(f"{self.name}: {error!r}")

    def _event(self) -> dict[str, Any]:
        message = str(uuid.uuid4())
        self.sent.add(message)
        known = {"userId": f"user-{self.name}"} if self.random.random() < 0.2 else {}
        kind = {"type": "identify", "traits": {"n": message}} if known else {"type": "track", "event": "e"}
        return {**kind, **known, "messageId": message, "anonymousId": self.anonymous_id, "properties": {"n": message}}

    def _report(self, http: httpx.Client, events: list[dict[str, Any]]) -> None:
        """Send one batch until it is acknowledged, or until it is no longer wanted."""
        body = {"batch": events, "writeKey": self.load.write_key}
        tries = 0
        while True:
            try:
                answer = http.post(f"{self.load.url}/v1/batch", json=body)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                break
            if answer is not None and answer.status_code not in (429, 503):
                self.wrong.append(f"{answer.status_code} {answer.text}")
                return
            if self.load.giving_up.is_set():
                return
            tries += 1
            time.sleep(0.03)
        self.resent += len(events) if tries else 0
        said = answer.json()
        if said["stored"] + said["duplicate"] != len(events) or said["quarantined"] or (said["duplicate"] and not tries):
            self.wrong.append(f"{len(events)} sent, {tries} times again, answered {said}")
        for event in events:
            self.acknowledged[event["messageId"]] = event["type"]


class Load:
    """Load of several clients. `stop()` lets each finish the batch it is at; then look at what they were told."""

    def __init__(self, url: str, write_key: str, clients: int = 4, seed: int = 0) -> None:
        self.url = url
        self.write_key = write_key
        self.stopping = threading.Event()
        self.giving_up = threading.Event()
        self.clients = [Client(self, seed * 1_000 + number) for number in range(clients)]

    def start(self) -> Load:
        for client in self.clients:
            client.start()
        return self

    def stop(self, give_up: bool = False) -> None:
        """`give_up`: the server is gone for good, so what is in doubt stays in doubt."""
        self.stopping.set()
        if give_up:
            self.giving_up.set()
        for client in self.clients:
            client.join(30)
            assert not client.is_alive(), f"{client.name} hangs"

    @property
    def acknowledged(self) -> set[str]:
        return {message for client in self.clients for message in client.acknowledged}

    @property
    def sent(self) -> set[str]:
        return {message for client in self.clients for message in client.sent}

    @property
    def resent(self) -> int:
        return sum(client.resent for client in self.clients)

    @property
    def wrong(self) -> list[str]:
        return [one for client in self.clients for one in client.wrong]
