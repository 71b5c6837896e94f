"""Applying: carry a change into the state in memory, so that the next event of the group is decided on top of it."""

from __future__ import annotations

from . import bounds, merging, people
from .changes import (
    Change,
    Claim,
    Contested,
    Detached,
    DeviceAdded,
    DeviceHeard,
    DeviceNamed,
    EpochOpened,
    HandoffUsed,
    IdentifierMoved,
    IdentifierRemoved,
    IdentifierWritten,
    Impersonated,
    Joined,
    Logged,
    MembershipWritten,
    PeopleMerged,
    PeopleUnmerged,
    PersonAdded,
    PersonWritten,
    StreamAdded,
    StreamFieldsWritten,
    StreamProven,
)
from .streams import Kind, State, Stream


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
