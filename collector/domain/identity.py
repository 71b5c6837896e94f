"""Who an event belongs to: `decide(state, event) -> Decision`, a pure function.

The policy, in one place:

* An event is written once, to one stream, and never moves. Anonymous streams belong to a device and an epoch, asserted
  streams to a device and a user (R4). An event with a valid user goes to the asserted stream, whoever owns the
  anonymous id (R5).
* `identify` claims the open anonymous stream of every anonymous id it carries, if nobody has (R6, R14). The first claim
  wins; only a stronger proof overrides it (R7). The same user again changes nothing (R8).
* Another user on the same anonymous id is not given its history: the device becomes contested, what arrives without
  a user after that moment belongs to nobody, and the browser is told to take a new id (R9).
* Illegal ids identify nobody (R2). An address that somebody has proven cannot be taken by typing it (K3).
"""

from __future__ import annotations

from typing import Any

import msgspec

from . import people
from .changes import (
    Change,
    Claim,
    Contested,
    DeviceAdded,
    IdentifierWritten,
    Logged,
    PersonAdded,
    PersonWritten,
    StreamAdded,
    StreamFieldsWritten,
)
from .events import DAY, HOUR, Event, Proof
from .keys import NewId, device_key
from .people import FieldValue, Person
from .streams import Device, Epoch, Identifier, Kind, State, Stream


class Decision(msgspec.Struct, frozen=True):
    """Where the event goes, what changes, and which anonymous ids the browser has to give up."""

    stream_id: int
    changes: list[Change]
    rotate: tuple[str, ...] = ()


def decide(state: State, event: Event, new_id: NewId, lookback_days: int = 90) -> Decision:
    """Decide one event. Reads `state`, changes nothing; `apply` each change before deciding the next event."""
    return _Decider(state, event, new_id, lookback_days * DAY).run()


class _Decider:
    """One decision under way: the changes so far, and the person once it is resolved."""

    def __init__(self, state: State, event: Event, new_id: NewId, lookback: int) -> None:
        self.state = state
        self.event = event
        self.new_id = new_id
        self.lookback = lookback
        self.changes: list[Change] = []
        self.rotate: list[str] = []

    def run(self) -> Decision:
        person = self._person()
        stream_id = self._anonymous_stream() if person is None else self._asserted(person)
        if self.event.illegal_id is not None and self.event.type == "identify":
            self._log("illegal_id", stream_id, cause=self.event.illegal_id, detail={"value": self.event.illegal_id})
        return Decision(stream_id, self.changes, tuple(self.rotate))

    # -- who -----------------------------------------------------------------------------------------------------

    def _person(self) -> Person | None:
        """The person whom the event asserts, made if new; None when it asserts nobody or may not."""
        event = self.event
        if event.user_id is not None:
            found = self.state.identifiers.get(("user", event.user_id))
            person = self._known(found) if found else self._add_person("user", event.user_id, event.user_id)
            if event.email is not None:
                self._attach_email(person, event.email)
            return person
        if event.email is None:
            return None
        found = self.state.identifiers.get(("email", event.email))
        if found is None:
            return self._add_person("email", event.email, event.email_display or event.email)
        if event.strength < Proof.PROVEN_EMAIL <= found.strength:
            self._refuse("email_verified", 0, None, self.state.canonical(found.person_id))
            return None
        self._strengthen(found)
        return self._known(found)

    def _known(self, identifier: Identifier) -> Person:
        return self.state.people[self.state.canonical(identifier.person_id)]

    def _add_person(self, kind: str, value: str, display: str) -> Person:
        person_id = self.new_id()
        person = Person(person_id, person_id, self.event.received_at)
        self.changes.append(PersonAdded(person))
        self.changes.append(IdentifierWritten(Identifier(kind, value, display, person_id, self.event.strength)))
        return person

    def _attach_email(self, person: Person, email: str) -> None:
        found = self.state.identifiers.get(("email", email))
        if found is None:
            display = self.event.email_display or email
            added = Identifier("email", email, display, person.person_id, self.event.strength)
            self.changes.append(IdentifierWritten(added))
        elif self.state.canonical(found.person_id) == person.canonical_id:
            self._strengthen(found)
        else:
            self._refuse("email_taken", 0, person.person_id, self.state.canonical(found.person_id))

    def _strengthen(self, found: Identifier) -> None:
        if self.event.strength > found.strength:
            stronger = Identifier(found.kind, found.value, found.display, found.person_id, self.event.strength)
            self.changes.append(IdentifierWritten(stronger))

    # -- where ---------------------------------------------------------------------------------------------------

    def _anonymous_stream(self) -> int:
        event = self.event
        device = self.state.devices.get(event.device_id)
        if device is None:
            self._add_device(event.device_id, event.anonymous_id)
            stream = self._add_stream(Stream(self.new_id(), event.device_id))
        else:
            contested = device.contested_from is not None and event.time >= device.contested_from
            epoch = Epoch.CONTESTED if contested else Epoch.OPEN
            stream = device.find(Kind.ANONYMOUS, epoch) or self._add_stream(
                Stream(self.new_id(), event.device_id, epoch=epoch, claimable=not contested)
            )
        self._write_anonymous(stream)
        return stream.stream_id

    def _write_anonymous(self, stream: Stream) -> None:
        event = self.event
        if not event.fields and stream.person_id is None:
            return
        known = Person(0, 0, 0, fields=stream.fields)
        fields = people.written_fields(known, event.fields, event.time, "identify", event.message_id)
        if stream.person_id is not None:
            seen = stream.attributed_from is None or event.time >= stream.attributed_from
            owner = self.state.people[self.state.canonical(stream.person_id)]
            filled = people.filled_fields(owner, fields)
            if seen or filled:
                self.changes.append(PersonWritten(owner.person_id, filled, at=event.time, seen=seen))
        if fields:
            self.changes.append(StreamFieldsWritten(stream.device_id, stream.stream_id, fields))

    def _asserted(self, person: Person) -> int:
        event = self.event
        device = self.state.devices.get(event.device_id)
        if device is None:
            device = self._add_device(event.device_id, event.anonymous_id)
        stream = self._find_asserted(device, person)
        by = "api" if event.strength >= Proof.VERIFIED else "identify"
        fields = people.written_fields(person, event.fields, event.time, by, event.message_id)
        if event.type == "identify":
            anonymous = self._claim_all(person)
            known = Person(0, 0, 0, fields={**person.fields, **fields})
            fields = {**people.filled_fields(known, anonymous), **fields}
        tags = (*((tag, True) for tag in event.add_tags), *((tag, False) for tag in event.remove_tags))
        self.changes.append(
            PersonWritten(person.person_id, fields, tags, event.subscribed, event.time, seen=True, identified=True)
        )
        return stream.stream_id

    def _find_asserted(self, device: Device, person: Person) -> Stream:
        for stream in device.streams:
            if stream.kind == Kind.ASSERTED and stream.user_person:
                owner = stream.person_id
                if owner is not None and self.state.canonical(owner) == person.person_id:
                    return stream
        return self._add_stream(
            Stream(
                self.new_id(), device.device_id, Kind.ASSERTED, user_person=person.person_id, claimable=False,
                person_id=person.person_id, strength=self.event.strength,
            )
        )  # fmt: skip

    # -- claims --------------------------------------------------------------------------------------------------

    def _claim_all(self, person: Person) -> dict[str, FieldValue]:
        """Claim every anonymous id that came along; return the anonymous fields that became the person's."""
        event = self.event
        gained: dict[str, FieldValue] = {}
        if event.anonymous_id is not None:
            gained |= self._claim(event.device_id, event.anonymous_id, person)
        for other in event.anonymous_ids:
            gained = {**self._claim(device_key(event.site_id, other), other, person), **gained}
        return gained

    def _claim(self, device_id: int, anonymous_id: str, person: Person) -> dict[str, FieldValue]:
        device = self.state.devices.get(device_id)
        if device is None and device_id != self.event.device_id:
            device = self._add_device(device_id, anonymous_id)
        stream = device.find(Kind.ANONYMOUS) if device else None
        if stream is None:
            stream = self._add_stream(Stream(self.new_id(), device_id))
        owner = None if stream.person_id is None else self.state.canonical(stream.person_id)
        if owner == person.person_id:
            self._repeat_claim(stream, person)
            return {}
        if owner is not None and stream.strength >= self.event.strength:
            self._contest(device_id, stream, person, owner, anonymous_id)
            return {}
        self._take(stream, person, anonymous_id, owner)
        return stream.fields

    def _take(self, stream: Stream, person: Person, anonymous_id: str, owner: int | None) -> None:
        event = self.event
        since = event.time - self.lookback
        filled = sorted(people.filled_fields(person, stream.fields))
        self._set_claim(stream, person, event.strength, event.time)
        self._log(
            "anonymous_merge", stream.stream_id, cause=event.message_id, person_id=person.person_id, other_id=owner,
            anonymous_id=anonymous_id, device_id=stream.device_id,
            detail={"since": since, "strength": int(event.strength), "fields_filled": filled},
        )  # fmt: skip

    def _repeat_claim(self, stream: Stream, person: Person) -> None:
        """The same user again: nothing new, unless this identify happened earlier or is better proven."""
        earlier = stream.claimed_at is None or self.event.time < stream.claimed_at
        if earlier or self.event.strength > stream.strength:
            at = self.event.time if earlier or stream.claimed_at is None else stream.claimed_at
            self._set_claim(stream, person, max(self.event.strength, stream.strength), at)

    def _set_claim(self, stream: Stream, person: Person, strength: int, at: int) -> None:
        claim = Claim(stream.device_id, stream.stream_id, person.person_id, stream.person_id, strength, at, at - self.lookback)
        self.changes.append(claim)

    def _contest(self, device_id: int, stream: Stream, person: Person, owner: int, anonymous_id: str) -> None:
        device = self.state.devices[device_id]
        since = self.event.time
        if device.contested_from is None or since < device.contested_from:
            self.changes.append(Contested(device_id, since))
        if device.find(Kind.ANONYMOUS, Epoch.CONTESTED) is None:
            self._add_stream(Stream(self.new_id(), device_id, epoch=Epoch.CONTESTED, claimable=False))
        self.rotate.append(anonymous_id)
        self._refuse("claimed_by_another", stream.stream_id, person.person_id, owner, device_id, anonymous_id)

    # -- small changes -------------------------------------------------------------------------------------------

    def _add_device(self, device_id: int, anonymous_id: str | None) -> Device:
        event = self.event
        device = Device(device_id, anonymous_id or event.owner, virtual=anonymous_id is None)
        self.changes.append(DeviceAdded(device))
        return device

    def _add_stream(self, stream: Stream) -> Stream:
        self.changes.append(StreamAdded(stream))
        return stream

    def _refuse(
        self, reason: str, stream_id: int, person_id: int | None, owner: int,
        device_id: int | None = None, anonymous_id: str | None = None,
    ) -> None:  # fmt: skip
        """Log a refused merge: once per device, person and hour (rule K4)."""
        cause = f"{reason}:{person_id or 0}:{self.event.time // HOUR}"
        self._log(
            "merge_refused", stream_id, cause=cause, person_id=person_id, other_id=owner, device_id=device_id,
            anonymous_id=anonymous_id or self.event.anonymous_id, detail={"reason": reason},
        )  # fmt: skip

    def _log(self, op: str, stream_id: int, *, cause: str, device_id: int | None = None, **rest: Any) -> None:
        device = self.event.device_id if device_id is None else device_id
        rest.setdefault("anonymous_id", self.event.anonymous_id)
        self.changes.append(Logged(op, device, stream_id, cause, **rest))
