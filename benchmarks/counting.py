"""What came of the events of one stand."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from .clients.passerby import Passerby
from .stand import Stand


class Count(NamedTuple):
    numbers: set[int]
    """Those that arrived; of ours, those that the read API says are stored."""
    twice: int
    """How many would be counted once too often: of ours, rows stored in excess; of others, arrivals that carry nothing (no
    message id) by which the backend could see that it has the event."""
    repeated: int
    """How many arrived again with the same message id."""


def count(stand: Stand) -> Count:
    arrived = {sent: times for sent, times in stand.arrived().items() if sent.number is not None}
    repeated = sum(times - 1 for sent, times in arrived.items() if sent.key is not None)
    if isinstance(stand.client, Passerby):
        stored = Counter(stand.client.stored(stand.collector, _visitors(stand)))
        return Count(set(stored), stored.total() - len(stored), repeated)
    different = sum(1 if sent.key is not None else times for sent, times in arrived.items())
    numbers = stand.numbers()
    return Count(numbers, different - len(numbers), repeated)


def _visitors(stand: Stand) -> set[str]:
    bodies = (stand.client.unpack(request) for request in stand.sent if request.status == 200)
    return {event["anonymousId"] for body in bodies for event in body["batch"]}
