"""A decision under way: what it reads, the changes so far, and the small changes that every part of it makes."""

from __future__ import annotations

from typing import Any

import msgspec

from .changes import (
    Change,
    IdentifierWritten,
    Logged,
    PeopleMerged,
    PersonAdded,
    PersonWritten,
    StreamFieldsWritten,
)
from .devices import Devices
from .events import DAY, HOUR, Event
from .keys import NewId
from .log import Op, Refusal
from .people import Person
from .sites import Site
from .streams import Identifier, Merge, State


class Policy(msgspec.Struct, frozen=True):
    """Settings of a site about identity; times in microseconds. `is_kiosk`: after a claim a new visitor begins.
    `is_guarded`: an address that somebody has proven is not theirs who only say it (K16)."""

    lookback: int = 90 * DAY
    merging: bool = True
    merging_since: int = 0
    is_kiosk: bool = False
    is_guarded: bool = False
    historical: tuple[str, ...] = ()

    def reach(self, claimed_at: int) -> int:
        """Return how far back a claim reaches."""
        return max(claimed_at - self.lookback, self.merging_since)


def policy_of(site: Site) -> Policy:
    return Policy(
        site.lookback_days * DAY, site.merging, site.merging_since, site.after_claim == "new_visitor", site.verify != "off",
        site.historical_fields,
    )  # fmt: skip


class Decision(msgspec.Struct, frozen=True):
    """Where the event goes, what changes, and which anonymous ids the browser has to give up.

    `stream_id` is None when the event is of somebody deleted, and not to be kept.
    """

    stream_id: int | None
    changes: list[Change]
    rotate: tuple[str, ...] = ()

    @property
    def has_left_out(self) -> bool:
        """Say whether something that the event says was over a bound."""
        return any(isinstance(change, PersonWritten | StreamFieldsWritten) and change.left_out for change in self.changes)


class Deciding:
    """One decision under way, handed from part to part."""

    def __init__(self, state: State, event: Event, new_id: NewId, policy: Policy) -> None:
        self.state = state
        self.event = event
        self.asserted = event.asserted
        self.new_id = new_id
        self.policy = policy
        self.changes: list[Change] = []
        self.rotate: list[str] = []
        self.devices = Devices(state, event, self.changes)
        self._merged: set[int] = set()

    def add_person(self, kind: str, value: str, display: str, strength: int) -> Person:
        """Add a person with this identifier."""
        person_id = self.new_id()
        person = Person(person_id, person_id, self.event.received_at)
        self.changes.append(PersonAdded(person))
        self.changes.append(IdentifierWritten(Identifier(kind, value, display, person_id, strength)))
        return person

    def merge(self, source: Person, target: Person, by: str) -> None:
        """Make two people one: `source` points to `target`."""
        merge = Merge(self.new_id(), source.person_id, target.person_id, self.event.received_at, by)
        self.changes.append(PeopleMerged(merge))
        self._merged |= {source.person_id, target.person_id}
        self.log(
            Op.PEOPLE_MERGED, 0, cause=str(merge.merge_id), person_id=target.person_id, other_id=source.person_id,
            detail={"merge_id": str(merge.merge_id), "by": by},
        )  # fmt: skip

    def is_same(self, canonical: int, person: Person) -> bool:
        """Say whether a canonical person is this one, also by a merge that this decision has just made."""
        return canonical == person.canonical_id or {canonical, person.canonical_id} <= self._merged

    def refuse(
        self, reason: Refusal, person_id: int | None, other_id: int | None,
        device_id: int | None = None, anonymous_id: str | None = None, *, once: bool = False, **detail: Any,
    ) -> None:  # fmt: skip
        """Log a refused merge: once per device, person, reason and hour (rule K4), or only `once`."""
        hour = "ever" if once else self.event.time // HOUR
        cause = f"{reason}:{person_id or other_id or 0}:{hour}"
        self.log(
            Op.MERGE_REFUSED, 0, cause=cause, person_id=person_id, other_id=other_id,
            device_id=device_id, anonymous_id=anonymous_id or self.event.anonymous_id, detail={"reason": reason, **detail},
        )  # fmt: skip

    def log(self, op: Op, stream_id: int, *, cause: str, device_id: int | None = None, **rest: Any) -> None:
        """Log an operation, on the event's device unless another is given."""
        device = self.event.device_id if device_id is None else device_id
        rest.setdefault("anonymous_id", self.event.anonymous_id)
        self.changes.append(Logged(op, device, stream_id, cause, **rest))
