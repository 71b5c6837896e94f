"""The seams: what the ingest path needs from the rest of the house, as narrow as it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import msgspec

from .domain.events import Event, Quarantined
from .domain.sites import Site

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""


class Submission(msgspec.Struct):
    """The events of one request, for the journal. `source` names the protocol they came in."""

    site: Site
    received: int
    received_at: int
    events: list[Event]
    quarantined: list[Quarantined]
    source: str = "segment"


class Receipt(msgspec.Struct):
    """Receipt of a commit: `stored + duplicate + len(quarantined)` is what was received. `echoed` of the duplicates repeat
    for the first time what a better proven sender has said."""

    stored: int = 0
    duplicate: int = 0
    quarantined: list[Quarantined] = []
    rotate: tuple[str, ...] = ()
    echoed: int = 0


class Room(Protocol):
    """The memory that a request may hold until it is answered."""

    def take(self, size: int) -> None:
        """Count bytes that are about to be held. Raises SenderOverBudget or Unavailable."""
        ...

    async def wait(self, size: int) -> None:
        """The same, after waiting a while for what is in the way to be answered."""
        ...

    def give(self, size: int) -> None:
        """Take off again what is held no more; what is left goes with the answer."""
        ...


@runtime_checkable
class Journal(Protocol):
    async def submit(self, submission: Submission) -> Receipt:
        """Return once the submission is committed and flushed; raise Unavailable when that cannot be done in time."""
        ...

    def refuse(self, site_id: int, count: int = 1) -> None:
        """Count events that the client was told were refused; written with the next commit."""
        ...


class Sites(Protocol):
    """All sites at one moment."""

    def by_write_key(self, key: str) -> Site | None: ...

    def by_secret(self, key: str) -> Site | None: ...


@runtime_checkable
class SiteDirectory(Protocol):
    """The sites as they are `known` now."""

    @property
    def known(self) -> Sites: ...
