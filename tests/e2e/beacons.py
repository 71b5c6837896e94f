"""Beacons that a browser must send, and must not.

    device.beacons.expect(page("/"), track("product_viewed", properties={"product": "heron-vase"}), exactly=True)
    device.beacons.refute(track("message_shown"))

An expectation is part of an event: what it names must be there and equal, at any depth. Each looks only at what has been
sent since the one before it took its events away.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from .wire import Request, Wire

Event = dict[str, Any]

PATIENCE = 15.0
"""Seconds that an event may take to arrive, on a machine that has other things to do."""
QUIET = 0.6
"""Seconds of silence that mean that nothing more will come: more than twice what the snippet lets events gather."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
"""Absent field of an expectation."""


def page(path: str, **more: Any) -> Event:
    return {"type": "page", "properties": {"path": path}, **more}


def track(event: str, **more: Any) -> Event:
    return {"type": "track", "event": event, **more}


def identify(user_id: str, **more: Any) -> Event:
    return {"type": "identify", "userId": user_id, **more}


def matches(wanted: Any, found: Any) -> bool:
    """True if everything that `wanted` names is in `found`."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            (key not in found) if value is ABSENT else (key in found and matches(value, found[key]))
            for key, value in wanted.items()
        )
    return bool(wanted == found)


def check_all(events: Sequence[Event], *wanted: Event) -> None:
    """Fail unless these are the wanted events and no others, in any order."""
    found = _assign(wanted, list(events))
    missing = [f"    {one}" for one, event in zip(wanted, found, strict=True) if event is None]
    complaint = "\n".join(["not there:", *missing, "all that there is:", *(f"    {event}" for event in events)])
    assert not missing and len(events) == len(wanted), complaint


def is_quiet(wire: Wire, *clients: str) -> bool:
    """Wait until no request of theirs is under way and none has begun or ended for QUIET seconds; false if that never comes."""
    begun = time.monotonic()
    with wire.changed:
        while (now := time.monotonic()) - begun <= PATIENCE:
            silence = now - max(begun, *(wire.last_at.get(client, 0.0) for client in clients))
            is_busy = any(wire.under_way(client) for client in clients)
            if not is_busy and silence >= QUIET:
                return True
            wire.changed.wait(QUIET if is_busy else QUIET - silence)
    return False


class Beacons:
    """Events that one browser context has sent and that were answered 200, in the order of their requests."""

    def __init__(self, wire: Wire, client: str) -> None:
        self._wire = wire
        self._client = client
        self._taken: set[str] = set()
        """Events by message id: of one sent twice, the second may be answered first."""

    @property
    def requests(self) -> list[Request]:
        """Ingest requests, whatever was answered."""
        return [request for request in self._wire.requests if request.client == self._client and request.is_ingest]

    @property
    def events(self) -> list[Event]:
        """Events delivered so far. One that a page left behind unconfirmed and the next page sent again is here once."""
        first: dict[str, Event] = {}
        for event in self._delivered:
            first.setdefault(event["messageId"], event)
        return list(first.values())

    @property
    def resent(self) -> int:
        """Number of events delivered once more."""
        return len(self._delivered) - len(self.events)

    def expect(self, *wanted: Event, exactly: bool = False) -> list[Event]:
        """Wait until these have arrived, and return them. With `exactly`, nothing else may have come, nor come soon."""
        deadline = time.monotonic() + PATIENCE
        with self._wire.changed:
            while None in (found := _assign(wanted, self._unread)):
                if not self._wire.changed.wait(deadline - time.monotonic()):
                    missing = [one for one, event in zip(wanted, found, strict=True) if event is None]
                    raise AssertionError(self._complaint(f"not sent within {PATIENCE:.0f} s", missing))
        events = [event for event in found if event is not None]
        self._taken.update(event["messageId"] for event in events)
        if exactly:
            self.refute()
        return events

    def refute(self, *unwanted: Event) -> None:
        """Wait until nothing moves, and fail if one of these has been sent; without any, if anything has."""
        self.settle()
        found = [event for event in self._unread if not unwanted or any(matches(one, event) for one in unwanted)]
        if found:
            raise AssertionError(self._complaint("sent, and must not be", found))

    def settle(self) -> None:
        """Wait until no request is under way and none has begun or ended for QUIET seconds."""
        if not is_quiet(self._wire, self._client):
            raise AssertionError(self._complaint(f"never quiet within {PATIENCE:.0f} s", self._unread))

    @property
    def _delivered(self) -> list[Event]:
        return [event for request in self.requests if request.status == 200 for event in request.events]

    @property
    def _unread(self) -> list[Event]:
        return [event for event in self.events if event["messageId"] not in self._taken]

    def _complaint(self, what: str, events: list[Event]) -> str:
        lines = [f"{self._client}: {what}:", *(f"    {event}" for event in events), "all that it has sent:"]
        sent = [_line(event, event["messageId"] in self._taken) for event in self.events]
        return "\n".join([*lines, *(f"    {line}" for line in sent)])


def _assign(wanted: Sequence[Event], events: list[Event]) -> list[Event | None]:
    """First event that fits each expectation, none twice; None where there is none. So name the narrower ones first."""
    left = list(events)
    found: list[Event | None] = []
    for one in wanted:
        index = next((index for index, event in enumerate(left) if matches(one, event)), None)
        found.append(None if index is None else left.pop(index))
    return found


def _line(event: Event, is_taken: bool) -> str:
    name = event.get("event") or event.get("userId") or ""
    path = event.get("context", {}).get("page", {}).get("path", "")
    who = f"{event['anonymousId'][-6:]} {event.get('userId', '-')}"
    return f"{'  ' if is_taken else '* '}{event['type']:<9}{name:<20} {event['host']}{path} ({who}) {event['messageId'][-6:]}"
