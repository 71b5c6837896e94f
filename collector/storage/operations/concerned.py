"""Read and lock whom a correction is about: a device with its holders, people with everyone who is merged with them."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ...domain.keys import device_key
from ...domain.streams import Device, Kind, State
from ...errors import NotFound
from .. import tables
from ..faults import StateMoved
from ..write.claimants import load_identifiers_of
from ..write.loading import load_devices, load_members, load_people

_person, _merge = tables.person.c, tables.person_merge.c


class Concerned(msgspec.Struct, frozen=True):
    """The people and devices of one site, read into `state`. Every method raises NotFound for what does not exist."""

    connection: sa.Connection
    site_id: int
    state: State

    def device(self, anonymous_id: str) -> Device:
        """Return the device of an anonymous id, its owners loaded with everyone who is merged with them."""
        attempt = 0
        while True:
            key = device_key(self.site_id, anonymous_id, attempt)
            load_devices(self.connection, self.site_id, [key], self.state)
            device = self.state.devices.get(key)
            if device is None:
                raise NotFound("This anonymous id was never seen.")
            if device.owner == anonymous_id and not device.virtual:
                load_people(self.connection, self.state)
                load_members(self.connection, self.state, {self.state.canonical(person) for person in _owners(device)})
                return device
            attempt += 1

    def people(self, *person_ids: int) -> None:
        """Load the people, everyone who is merged with them, and their merges."""
        for person_id in sorted(person_ids):
            query = sa.select(_person.canonical_id).where(_person.site_id == self.site_id, _person.person_id == person_id)
            if self.connection.execute(query).scalar() is None:
                raise NotFound(f"There is no person {person_id}.")
        load_people(self.connection, self.state, person_ids)
        if not set(person_ids) <= self.state.people.keys():
            raise StateMoved  # deleted between the two reads
        load_members(self.connection, self.state, {self.state.canonical(person_id) for person_id in person_ids})

    def identifiers(self, person_id: int) -> None:
        """Load a person with all its identifiers."""
        self.people(person_id)
        load_identifiers_of(self.connection, self.state, {self.state.canonical(person_id)})

    def ends(self, merge_id: int) -> set[int]:
        """Load the two people of a merge, and return them."""
        query = sa.select(_merge.source_id, _merge.target_id)
        row = self.connection.execute(query.where(_merge.site_id == self.site_id, _merge.merge_id == merge_id)).one_or_none()
        if row is None:
            raise NotFound("There is no merge with this id.")
        self.people(row.source_id, row.target_id)
        return {row.source_id, row.target_id}


def holders(device: Device) -> set[int]:
    """Return the people who have its anonymous streams: those whom a detach or an attach changes."""
    return {stream.person_id for stream in device.streams if stream.kind == Kind.ANONYMOUS and stream.person_id is not None}


def _owners(device: Device) -> set[int]:
    return {stream.person_id for stream in device.streams if stream.person_id is not None}
