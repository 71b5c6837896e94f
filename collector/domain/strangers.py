"""Answers where an event is not believed about somebody, or comes late for somebody deleted: the same as if nothing
were known of whom it names.

Everybody can name anybody with the write key. Which ids a browser has to give up therefore follows from those ids alone,
and so does where a kiosk's epochs end, which the next answer tells.
"""

from __future__ import annotations

import msgspec

from .changes import Change, DeviceAdded, EpochOpened
from .deciding import Decision
from .streams import State

Name = tuple[str, str]


class Unheard(msgspec.Struct):
    """Names about which an event was not heard: what is known of them, or that they were deleted, is not to be told."""

    known: set[Name] = msgspec.field(default_factory=set)
    deleted: set[Name] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.known or self.deleted)

    def forgotten(self, state: State) -> State:
        """Return the state in which nothing is known of them. Shares what it holds: to be read only."""
        return msgspec.structs.replace(
            state,
            identifiers={name: found for name, found in state.identifiers.items() if name not in self.known},
            deleted={name: at for name, at in state.deleted.items() if name not in self.deleted},
        )


def answered_as(decision: Decision, stranger: Decision, *, ends_epochs: bool) -> Decision:
    """Return the decision with the answer that a stranger's event would have got, and the epochs that it would have ended."""
    if not ends_epochs:
        return msgspec.structs.replace(decision, rotate=stranger.rotate)
    added = {change.device.device_id for change in decision.changes if isinstance(change, DeviceAdded)}
    ended = {change.device_id for change in stranger.changes if isinstance(change, EpochOpened)}
    ends: list[Change] = [
        change for change in stranger.changes
        if isinstance(change, EpochOpened)
        or (isinstance(change, DeviceAdded) and change.device.device_id in ended - added)
    ]  # fmt: skip
    return msgspec.structs.replace(decision, changes=[*decision.changes, *ends], rotate=stranger.rotate)
