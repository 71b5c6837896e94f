"""Devices, their streams, and who they belong to: what identity is decided on."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from .people import FieldValue, Person


class Kind(IntEnum):
    ANONYMOUS = 0
    ASSERTED = 1


class Epoch(IntEnum):
    OPEN = 0
    CONTESTED = 1


class Stream(msgspec.Struct):
    stream_id: int
    device_id: int
    kind: Kind = Kind.ANONYMOUS
    epoch: Epoch = Epoch.OPEN
    user_person: int = 0
    claimable: bool = True
    person_id: int | None = None
    strength: int = 0
    claimed_at: int | None = None
    attributed_from: int | None = None
    fields: dict[str, FieldValue] = {}


class Device(msgspec.Struct):
    device_id: int
    owner: str
    virtual: bool = False
    contested_from: int | None = None
    streams: list[Stream] = []

    def find(self, kind: Kind, epoch: Epoch = Epoch.OPEN, user_person: int = 0) -> Stream | None:
        for stream in self.streams:
            if stream.kind == kind and stream.epoch == epoch and stream.user_person == user_person:
                return stream
        return None


class Identifier(msgspec.Struct):
    """One of the customer's names for a person; `kind` is `user` or `email`."""

    kind: str
    value: str
    display: str
    person_id: int
    strength: int


class State(msgspec.Struct):
    """What is known about the devices, identifiers and people that a group of events touches."""

    devices: dict[int, Device] = {}
    identifiers: dict[tuple[str, str], Identifier] = {}
    people: dict[int, Person] = {}

    def canonical(self, person_id: int) -> int:
        return self.people[person_id].canonical_id
