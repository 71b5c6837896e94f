"""Changes by a decision about identity, as values."""

from __future__ import annotations

from typing import Any

import msgspec

from .events import Address
from .log import Op
from .people import FieldValue, Person
from .streams import Boundary, Device, Identifier, Merge, Named, Stream


class DeviceAdded(msgspec.Struct, frozen=True):
    device: Device


class DeviceHeard(msgspec.Struct, frozen=True):
    """An anonymous id is remembered by a keyed hash: nothing of it is kept but what was said under it."""

    device: Device


class DeviceNamed(msgspec.Struct, frozen=True):
    """Names given on an anonymous id, in one of its epochs."""

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
