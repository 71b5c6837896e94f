"""What a decision about identity changes, as values; `apply` carries one change into the state in memory."""

from __future__ import annotations

from typing import Any

import msgspec

from . import people
from .people import FieldValue, Person
from .streams import Device, Identifier, State, Stream


class DeviceAdded(msgspec.Struct, frozen=True):
    device: Device


class StreamAdded(msgspec.Struct, frozen=True):
    stream: Stream


class PersonAdded(msgspec.Struct, frozen=True):
    person: Person


class IdentifierWritten(msgspec.Struct, frozen=True):
    """A new identifier, or a stronger proof of a known one."""

    identifier: Identifier


class Claim(msgspec.Struct, frozen=True):
    """An anonymous stream becomes a person's: one compare-and-set of `person_id`, from `before`."""

    device_id: int
    stream_id: int
    person_id: int
    before: int | None
    strength: int
    claimed_at: int
    attributed_from: int


class Contested(msgspec.Struct, frozen=True):
    device_id: int
    since: int


class StreamFieldsWritten(msgspec.Struct, frozen=True):
    device_id: int
    stream_id: int
    fields: dict[str, FieldValue]


class PersonWritten(msgspec.Struct, frozen=True):
    """Fields, tags and subscription of a person, and a visit at `seen_at` if the event counts as one."""

    person_id: int
    fields: dict[str, FieldValue] = {}
    tags: tuple[tuple[str, bool], ...] = ()
    subscribed: bool | None = None
    at: int = 0
    seen: bool = True
    identified: bool = False


class Logged(msgspec.Struct, frozen=True):
    """An entry of the activity log; (op, device, stream, cause) occurs once."""

    op: str
    device_id: int
    stream_id: int
    cause: str
    person_id: int | None = None
    other_id: int | None = None
    anonymous_id: str | None = None
    detail: dict[str, Any] = {}


Change = (
    DeviceAdded
    | StreamAdded
    | PersonAdded
    | IdentifierWritten
    | Claim
    | Contested
    | StreamFieldsWritten
    | PersonWritten
    | Logged
)


def apply(state: State, change: Change) -> None:
    """Carry one change into `state`, so that the next event of the group is decided on top of it."""
    match change:
        case PersonWritten():
            _write_person(state.people[change.person_id], change)
        case StreamAdded():
            state.devices[change.stream.device_id].streams.append(change.stream)
        case DeviceAdded():
            state.devices[change.device.device_id] = change.device
        case PersonAdded():
            state.people[change.person.person_id] = change.person
        case IdentifierWritten():
            state.identifiers[(change.identifier.kind, change.identifier.value)] = change.identifier
        case Claim():
            stream = _stream(state, change.device_id, change.stream_id)
            stream.person_id = change.person_id
            stream.strength = change.strength
            stream.claimed_at = change.claimed_at
            stream.attributed_from = change.attributed_from
        case Contested():
            state.devices[change.device_id].contested_from = change.since
        case StreamFieldsWritten():
            _stream(state, change.device_id, change.stream_id).fields |= change.fields
        case Logged():
            pass


def _stream(state: State, device_id: int, stream_id: int) -> Stream:
    return next(stream for stream in state.devices[device_id].streams if stream.stream_id == stream_id)


def _write_person(person: Person, change: PersonWritten) -> None:
    person.fields |= change.fields
    for tag, on in change.tags:
        people.set_tag(person, tag, on, change.at)
    if change.subscribed is not None:
        people.set_subscription(person, change.subscribed, change.at)
    if change.seen:
        people.see(person, change.at, change.identified)
