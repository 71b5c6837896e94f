"""Devices and streams as a decision sees them: those that were read, and those that it has just added."""

from __future__ import annotations

from .changes import Change, DeviceAdded, DeviceHeard, StreamAdded
from .events import Event
from .streams import Device, Kind, State, Stream, find_stream


class Devices:
    """The devices of one decision under way. What is added here is added to its `changes`."""

    def __init__(self, state: State, event: Event, changes: list[Change]) -> None:
        self._state = state
        self._event = event
        self._changes = changes
        self._new: dict[int, Device] = {}
        self._added: set[int] = set()
        self._streams: list[Stream] = []

    def own(self) -> Device:
        """Return the device of the event, added if it is new."""
        return self.of(self._event.device_id, self._event.anonymous_id)

    def of(self, device_id: int, anonymous_id: str | None) -> Device:
        """Return the device of an anonymous id, added if it is not kept yet."""
        known = self._known(device_id)
        if known is not None and (known.is_kept or device_id in self._added):
            return known
        device = known or Device(device_id, anonymous_id or self._event.owner, virtual=anonymous_id is None)
        self._changes.append(DeviceAdded(device))
        self._new[device_id] = device
        self._added.add(device_id)
        return device

    def heard(self, device_id: int, anonymous_id: str) -> Device:
        """Return the device of an anonymous id that is named, and may never be kept."""
        known = self._known(device_id)
        if known is not None:
            return known
        device = Device(device_id, anonymous_id, is_kept=False)
        self._changes.append(DeviceHeard(device))
        self._new[device_id] = device
        return device

    def find(self, device: Device, kind: Kind, epoch: int = 0, user_person: int = 0) -> Stream | None:
        """Find a stream of the device, also one that this decision has just added."""
        found = device.find(kind, epoch, user_person)
        if found is None and self._streams:
            added = (stream for stream in self._streams if stream.device_id == device.device_id)
            found = find_stream(added, kind, epoch, user_person)
        return found

    def add(self, stream: Stream) -> Stream:
        """Add a stream."""
        self._changes.append(StreamAdded(stream))
        self._streams.append(stream)
        return stream

    def _known(self, device_id: int) -> Device | None:
        return self._state.devices.get(device_id) or self._new.get(device_id)
