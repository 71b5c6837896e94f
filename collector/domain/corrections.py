"""Corrections: what people do to identity by hand (rules R13, R26, R27, K17), and the changes that each makes.

`Correction` is what can be asked for; API, command line and console make one each and hand it to `carry_out` of
storage/operations/corrections.py. Deletion and trimming are none: they move nobody, cannot be taken back, and go on as jobs.

Each function returns the changes to apply, and raises Conflict when there is nothing to do. The state holds everyone
concerned: the device with its streams, all members of both people, and all their merges.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import Conflict
from .bounds import MOST_EPOCHS, MOST_MEMBERS
from .changes import Change, Claim, Detached, EpochOpened, IdentifierRemoved, Logged, PeopleMerged, PeopleUnmerged
from .deciding import Policy
from .events import Proof
from .keys import NewId
from .log import Op
from .streams import CONTESTED, Boundary, Device, Kind, Merge, State, Stream


class Detach(msgspec.Struct, frozen=True, tag="detach"):
    """Take a device from its person, for good."""

    anonymous_id: str


class Attach(msgspec.Struct, frozen=True, tag="attach"):
    """Give a device to a person, whoever has it now: how a refused merge is carried out."""

    anonymous_id: str
    person_id: int


class MergePeople(msgspec.Struct, frozen=True, tag="merge"):
    """Make two people one; `source` is shown as `target` until the merge is taken back."""

    source: int
    target: int


class Unmerge(msgspec.Struct, frozen=True, tag="unmerge"):
    """Take one merge of two people back: both as if it had not been, with what each did in between."""

    merge_id: int


class RemoveEmail(msgspec.Struct, frozen=True, tag="remove_email"):
    """Take an address from a person, who has to have another name."""

    person_id: int
    email: str


class LogOut(msgspec.Struct, frozen=True, tag="log_out"):
    """Tell of a log-out that only the server knows: the device's epoch ends at `at`, in microseconds."""

    anonymous_id: str
    at: int


Correction = Detach | Attach | MergePeople | Unmerge | RemoveEmail | LogOut


def detach(device: Device, at: int, by: str) -> list[Change]:
    """Take every claimed stream of a device from its person; no identify claims them again."""
    changes: list[Change] = []
    for stream in _anonymous(device):
        if stream.person_id is not None:
            changes.append(Detached(device.device_id, stream.stream_id, stream.person_id))
            changes.append(_entry(Op.DETACHED, device, stream, f"{at}", by, person_id=stream.person_id))
    if not changes:
        raise Conflict("This anonymous id belongs to nobody; there is nothing to detach.")
    return changes


def attach(state: State, device: Device, person_id: int, at: int, by: str, policy: Policy) -> list[Change]:
    """Give a device's anonymous streams to a person, whoever has them now: how a refused merge is carried out."""
    changes: list[Change] = []
    for stream in _anonymous(device):
        before = stream.person_id
        if stream.epoch == CONTESTED or (before is not None and state.canonical(before) == state.canonical(person_id)):
            continue
        strength, reach = int(Proof.VERIFIED), policy.reach(at)
        changes.append(Claim(device.device_id, stream.stream_id, person_id, before, strength, at, reach, by_hand=True))
        entry = _entry(Op.ATTACHED, device, stream, f"{at}", by, person_id=person_id, other_id=before)
        changes.append(entry)
    if not changes:
        raise Conflict("Nothing to attach: this anonymous id has no anonymous events, or they are this person's already.")
    return changes


def merge(state: State, source: int, target: int, at: int, by: str, new_id: NewId) -> list[Change]:
    """Make two people one; the source's number then stands for the target."""
    source, target = state.canonical(source), state.canonical(target)
    if source == target:
        raise Conflict("These two are one person already.")
    if len(state.members(source)) + len(state.members(target)) > MOST_MEMBERS:
        raise Conflict(f"These would be more than {MOST_MEMBERS} people that are one; undo merges that are not right first.")
    made = Merge(new_id(), source, target, at, by)
    detail = {"merge_id": str(made.merge_id), "by": by}
    return [PeopleMerged(made), Logged(Op.PEOPLE_MERGED, 0, 0, str(made.merge_id), target, source, None, detail)]


def unmerge(state: State, merge_id: int, at: int, by: str) -> list[Change]:
    """Take one merge back; merges made before and after it stay."""
    made = state.merges[merge_id]
    if made.reversed_at is not None:
        raise Conflict("This merge was taken back already.")
    detail = {"merge_id": str(merge_id), "by": by}
    entry = Logged(Op.PEOPLE_UNMERGED, 0, 0, str(merge_id), made.target_id, made.source_id, None, detail)
    return [PeopleUnmerged(merge_id, at), entry]


def remove_email(state: State, person_id: int, address: str, at: int, by: str) -> list[Change]:
    """Take an address from a person (rule K17). Whoever says it next has it; the state holds all their identifiers."""
    canonical = state.canonical(person_id)
    own = [one for one in state.identifiers.values() if state.canonical(one.person_id) == canonical]
    found = next((one for one in own if one.kind == "email" and one.value == address), None)
    if found is None:
        raise Conflict("This is none of the person's addresses.")
    if len(own) == 1:
        raise Conflict("This address is all that names the person; delete the person instead.")
    detail = {"by": by, "address": found.display}
    whose = None if found.person_id == canonical else found.person_id
    entry = Logged(Op.ADDRESS_REMOVED, 0, 0, f"{found.value}:{at}", person_id=canonical, other_id=whose, detail=detail)
    return [IdentifierRemoved(found), entry]


def log_out(device: Device, at: int, by: str) -> list[Change]:
    """Close the device's epoch: what comes after `at` without a user is free to be the next person's."""
    if any(boundary.since == at for boundary in device.boundaries):
        return []
    if len(device.boundaries) >= MOST_EPOCHS:
        raise Conflict(f"Somebody has logged out here {MOST_EPOCHS} times: no anonymous id lasts so long. Take a new one.")
    boundary = Boundary(at, device.next_epoch())
    entry = Logged(Op.LOGGED_OUT, device.device_id, 0, str(at), anonymous_id=device.owner, detail={"by": by, "since": at})
    return [EpochOpened(device.device_id, boundary), entry]


def _anonymous(device: Device) -> list[Stream]:
    return [stream for stream in device.streams if stream.kind == Kind.ANONYMOUS]


def _entry(op: Op, device: Device, stream: Stream, cause: str, by: str, **rest: Any) -> Logged:
    detail = {"by": by}
    return Logged(op, device.device_id, stream.stream_id, cause, anonymous_id=device.owner, detail=detail, **rest)
