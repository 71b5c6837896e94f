"""Devices, their streams, and who they belong to: what identity is decided on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from .bounds import MOST_MEMBERS
from .people import FieldValue, Person

CONTESTED = -1
"""The epoch of what nobody can claim: events without a user on a device that two people have used."""


class Kind(IntEnum):
    ANONYMOUS = 0
    ASSERTED = 1
    EXCLUDED = 2


class Stream(msgspec.Struct):
    """Where events are written. `claimable` is False for what is contested, asserted, or was detached by hand; of an
    excluded stream it says that somebody still acts in the user's name. `user_person` is the person of an asserted
    stream as first resolved, and keys.excluded_key() of an excluded one.

    `claimed_at` is the event time of the claim, `attributed_from` how far back it reaches; `strength` is the proof of
    the claim, and of an asserted stream the best proof that came with it. `left_out` counts what was over a bound.
    """

    stream_id: int
    device_id: int
    kind: Kind = Kind.ANONYMOUS
    epoch: int = 0
    user_person: int = 0
    claimable: bool = True
    person_id: int | None = None
    strength: int = 0
    claimed_at: int | None = None
    attributed_from: int | None = None
    fields: dict[str, FieldValue] = {}
    left_out: dict[str, int] = {}


def find_stream(streams: Iterable[Stream], kind: Kind, epoch: int = 0, user_person: int = 0) -> Stream | None:
    """Return the stream of a device by what makes it that one."""
    for stream in streams:
        if stream.kind == kind and stream.epoch == epoch and stream.user_person == user_person:
            return stream
    return None


class Boundary(msgspec.Struct, frozen=True, array_like=True):
    """From `since` on, unasserted events of the device belong to the epoch `number`."""

    since: int
    number: int


class Named(msgspec.Struct, frozen=True, array_like=True):
    """Names given on an anonymous id, as keyed hashes (naming.py), and the best proof of them."""

    user: str | None = None
    addresses: tuple[str, ...] = ()
    strength: int = 0


class Device(msgspec.Struct):
    """An anonymous id, or the virtual device of a user. `joined` are anonymous ids that a handoff tied to it, `named` is who
    was named first in each epoch, or since then with a better proof. One that is not kept is remembered by a keyed hash."""

    device_id: int
    owner: str
    virtual: bool = False
    contested_from: int | None = None
    boundaries: tuple[Boundary, ...] = ()
    joined: tuple[str, ...] = ()
    named: dict[int, Named] = {}
    is_kept: bool = True
    streams: list[Stream] = []

    def find(self, kind: Kind, epoch: int = 0, user_person: int = 0) -> Stream | None:
        return find_stream(self.streams, kind, epoch, user_person)

    def epoch_at(self, time: int) -> int:
        """Return the epoch that holds a moment; the first one began with the device."""
        if not self.boundaries:
            return 0
        held = [boundary for boundary in self.boundaries if boundary.since <= time]
        return max(held, key=lambda boundary: (boundary.since, boundary.number)).number if held else 0

    def next_epoch(self) -> int:
        return 1 + max((boundary.number for boundary in self.boundaries), default=0)

    def is_contested_at(self, time: int) -> bool:
        return self.contested_from is not None and time >= self.contested_from


class Identifier(msgspec.Struct):
    """One of the customer's names for a person; `kind` is `user` or `email`."""

    kind: str
    value: str
    display: str
    person_id: int
    strength: int


class Merge(msgspec.Struct):
    """Two people made one: the source points to the target until `reversed_at`."""

    merge_id: int
    source_id: int
    target_id: int
    at: int
    by: str
    reversed_at: int | None = None


class State(msgspec.Struct):
    """State of the devices, identifiers and people that a group of events touches.

    `held` are the anonymous streams of people who are about to claim, `accounts` the accounts of streams about to be
    claimed (account -> time), `merges` the merges of the people at hand, reversed ones too; `deleted` are tombstones,
    (kind, value) -> time, and `has_tombstones` says whether the site has any; `used` the nonces of handoffs that were followed.
    `key` is that of the hashes of names; `told` are the devices that are not kept, but remembered.
    """

    devices: dict[int, Device] = {}
    identifiers: dict[tuple[str, str], Identifier] = {}
    people: dict[int, Person] = {}
    held: dict[int, Stream] = {}
    accounts: dict[int, dict[str, int]] = {}
    merges: dict[int, Merge] = {}
    deleted: dict[tuple[str, str], int] = {}
    used: set[str] = set()
    has_tombstones: bool = False
    key: bytes = b""
    told: set[int] = set()

    def canonical(self, person_id: int) -> int:
        return self.people[person_id].canonical_id

    def members(self, person_id: int) -> list[Person]:
        """Everyone known here who was merged into the same person, in the order of joining; the canonical one first."""
        canonical = self.canonical(person_id)
        found = [person for person in self.people.values() if person.canonical_id == canonical]
        return sorted(found, key=lambda person: (person.joined_at or 0, person.person_id))

    def is_crowd(self, one: int, other: int) -> bool:
        """Say whether two canonical people would be more than may be one by merges."""
        known = [person_id for person_id in (one, other) if person_id in self.people]
        return sum(len(self.members(person_id)) for person_id in known) > MOST_MEMBERS

    def was_undone(self, one: int, other: int) -> bool:
        """Say whether a merge of these two canonical people, or of some who are now theirs, was taken back by hand."""
        return any(
            {self.canonical(merge.source_id), self.canonical(merge.target_id)} == {one, other}
            for merge in self.merges.values()
            if merge.reversed_at is not None and {merge.source_id, merge.target_id} <= self.people.keys()
        )
