"""What a decision about identity changes, as values; `apply` carries one change into the state in memory."""

from __future__ import annotations

from typing import Any

import msgspec

from . import bounds, merging, people
from .events import Address
from .log import Op
from .people import FieldValue, Person
from .streams import Boundary, Device, Identifier, Kind, Merge, Named, State, Stream


class DeviceAdded(msgspec.Struct, frozen=True):
    device: Device


class DeviceHeard(msgspec.Struct, frozen=True):
    """An anonymous id is remembered by a keyed hash: nothing of it is kept but what was said under it."""

    device: Device


class DeviceNamed(msgspec.Struct, frozen=True):
    """Who was named on an anonymous id, in one of its epochs."""

    device_id: int
    epoch: int
    named: Named


class StreamAdded(msgspec.Struct, frozen=True):
    stream: Stream


class PersonAdded(msgspec.Struct, frozen=True):
    person: Person


class IdentifierWritten(msgspec.Struct, frozen=True):
    """A new identifier, or a stronger proof of a known one."""

    identifier: Identifier


class IdentifierMoved(msgspec.Struct, frozen=True):
    """An address is another account's from now on: one compare-and-set of its person, from `before`."""

    identifier: Identifier
    before: int


class IdentifierRemoved(msgspec.Struct, frozen=True):
    """An address is nobody's any longer, and nobody of its person is remembered to have said it."""

    identifier: Identifier


class Claim(msgspec.Struct, frozen=True):
    """An anonymous stream becomes a person's: one compare-and-set of `person_id`, from `before`. `by_hand`: also one
    that was detached."""

    device_id: int
    stream_id: int
    person_id: int
    before: int | None
    strength: int
    claimed_at: int
    attributed_from: int
    by_hand: bool = False


class Detached(msgspec.Struct, frozen=True):
    """A claimed stream belongs to nobody again, and is never claimed by itself (rule R27)."""

    device_id: int
    stream_id: int
    before: int


class StreamProven(msgspec.Struct, frozen=True):
    """A better proof of who speaks on an asserted stream."""

    device_id: int
    stream_id: int
    strength: int


class Impersonated(msgspec.Struct, frozen=True):
    """From now on, or no longer, what the user does on this device is somebody else's doing."""

    device_id: int
    stream_id: int
    in_force: bool


class Contested(msgspec.Struct, frozen=True):
    device_id: int
    since: int


class EpochOpened(msgspec.Struct, frozen=True):
    device_id: int
    boundary: Boundary


class Joined(msgspec.Struct, frozen=True):
    """A handoff tied two devices: who claims one claims the other (rule R34)."""

    device_id: int
    other: str


class HandoffUsed(msgspec.Struct, frozen=True):
    nonce: str
    at: int


class StreamFieldsWritten(msgspec.Struct, frozen=True):
    device_id: int
    stream_id: int
    fields: dict[str, FieldValue]
    left_out: int = 0


class PersonWritten(msgspec.Struct, frozen=True):
    """Fields, tags, subscription and said addresses of a person, and a visit at `at` if the event counts as one."""

    person_id: int
    fields: dict[str, FieldValue] = {}
    typed: dict[str, FieldValue] = {}
    addresses: tuple[Address, ...] = ()
    tags: tuple[tuple[str, bool], ...] = ()
    subscribed: bool | None = None
    at: int = 0
    seen: bool = True
    identified: bool = False
    left_out: dict[str, int] = {}


class MembershipWritten(msgspec.Struct, frozen=True):
    """The stream's person is a member of the account; `fields` are the account's own, said by a group call."""

    device_id: int
    stream_id: int
    account_id: str
    at: int
    fields: dict[str, FieldValue] = {}


class PeopleMerged(msgspec.Struct, frozen=True):
    merge: Merge


class PeopleUnmerged(msgspec.Struct, frozen=True):
    merge_id: int
    at: int


class Logged(msgspec.Struct, frozen=True):
    """An entry of the activity log; (op, device, stream, cause) occurs once."""

    op: Op
    device_id: int
    stream_id: int
    cause: str
    person_id: int | None = None
    other_id: int | None = None
    anonymous_id: str | None = None
    detail: dict[str, Any] = {}


Change = (
    DeviceAdded
    | DeviceHeard
    | DeviceNamed
    | StreamAdded
    | PersonAdded
    | IdentifierWritten
    | IdentifierMoved
    | IdentifierRemoved
    | Claim
    | Detached
    | StreamProven
    | Impersonated
    | Contested
    | EpochOpened
    | Joined
    | HandoffUsed
    | StreamFieldsWritten
    | PersonWritten
    | MembershipWritten
    | PeopleMerged
    | PeopleUnmerged
    | Logged
)


def apply(state: State, change: Change) -> None:
    """Carry one change into `state`, so that the next event of the group is decided on top of it."""
    match change:
        case PersonWritten():
            _write_person(state, change)
        case (
            StreamAdded() | Claim() | Detached() | StreamProven() | Impersonated() | StreamFieldsWritten() | MembershipWritten()
        ):
            _apply_to_stream(state, change)
        case DeviceAdded() | DeviceHeard() | DeviceNamed() | Contested() | EpochOpened() | Joined():
            _apply_to_device(state, change)
        case PersonAdded():
            state.people[change.person.person_id] = change.person
        case IdentifierWritten() | IdentifierMoved() | IdentifierRemoved():
            _apply_to_identifier(state, change)
        case HandoffUsed():
            state.used.add(change.nonce)
        case PeopleMerged():
            state.merges[change.merge.merge_id] = change.merge
            merging.follow(state, change.merge)
        case PeopleUnmerged():
            merge = state.merges[change.merge_id]
            merge.reversed_at = change.at
            merging.separate(state, merge)
        case Logged():
            pass


def _apply_to_device(state: State, change: DeviceAdded | DeviceHeard | DeviceNamed | Contested | EpochOpened | Joined) -> None:
    if isinstance(change, DeviceAdded | DeviceHeard):
        change.device.is_kept = isinstance(change, DeviceAdded)
        state.devices[change.device.device_id] = change.device
        return
    device = state.devices[change.device_id]
    match change:
        case DeviceNamed():
            device.named = {**device.named, change.epoch: change.named}
        case Contested():
            device.contested_from = change.since
        case EpochOpened():
            device.boundaries += (change.boundary,)
        case Joined():
            device.joined += (change.other,)


def _apply_to_identifier(state: State, change: IdentifierWritten | IdentifierMoved | IdentifierRemoved) -> None:
    one = change.identifier
    if not isinstance(change, IdentifierRemoved):
        state.identifiers[(one.kind, one.value)] = one
        return
    del state.identifiers[(one.kind, one.value)]
    for person in state.members(one.person_id):
        person.addresses.pop(one.value, None)


def _apply_to_stream(
    state: State,
    change: StreamAdded | Claim | Detached | StreamProven | Impersonated | StreamFieldsWritten | MembershipWritten,
) -> None:
    if isinstance(change, StreamAdded):
        state.devices[change.stream.device_id].streams.append(change.stream)
        return
    stream = _stream(state, change.device_id, change.stream_id)
    match change:
        case Claim():
            _claim(state, stream, change)
        case Detached():
            stream.person_id, stream.claimable, stream.strength = None, False, 0
            stream.claimed_at = stream.attributed_from = None
            state.held.pop(stream.stream_id, None)
        case StreamProven():
            stream.strength = change.strength
        case Impersonated():
            stream.claimable = change.in_force
        case StreamFieldsWritten():
            stream.fields |= change.fields
            stream.left_out = bounds.add_up((stream.left_out, bounds.counted(("fields", change.left_out))))
        case MembershipWritten():
            if stream.kind == Kind.ANONYMOUS:
                accounts = state.accounts.setdefault(stream.stream_id, {})
                accounts[change.account_id] = max(change.at, accounts.get(change.account_id, change.at))


def _claim(state: State, stream: Stream, change: Claim) -> None:
    stream.person_id = change.person_id
    stream.strength = change.strength
    stream.claimed_at = change.claimed_at
    stream.attributed_from = change.attributed_from
    stream.claimable = True
    state.held[stream.stream_id] = stream


def _stream(state: State, device_id: int, stream_id: int) -> Stream:
    return next(stream for stream in state.devices[device_id].streams if stream.stream_id == stream_id)


def _write_person(state: State, change: PersonWritten) -> None:
    person = state.people[change.person_id]
    person.fields |= change.fields
    person.typed |= change.typed
    person.left_out = bounds.add_up((person.left_out, change.left_out))
    for address in change.addresses:
        people.say_address(person, address.value, address.strength, change.at)
    for tag, on in change.tags:
        people.set_tag(person, tag, on, change.at)
    if change.subscribed is not None:
        people.set_subscription(person, change.subscribed, change.at)
    if change.seen:
        for one in {person.person_id, person.canonical_id}:
            people.see(state.people[one], change.at, change.identified)
