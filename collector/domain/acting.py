"""Somebody acts in a user's name: what happens then is nobody's, counts nowhere and changes nothing (rule R23)."""

from __future__ import annotations

from .changes import Impersonated
from .deciding import Deciding
from .events import HOUR
from .keys import excluded_key
from .log import Op
from .streams import Kind, Stream


class Acting(Deciding):
    """The part of a decision that asks who acts."""

    def is_excluded(self) -> bool:
        """Said by the event, or by one with an actor before, until the user identifies here without one."""
        if self.event.asserted.actor is not None:
            return True
        acting = self._acting()
        return acting is not None and acting.claimable and self.event.type != "identify"

    def _acting(self) -> Stream | None:
        """Where somebody acts, or acted, in this user's name in this browser."""
        event, device = self.event, self.state.devices.get(self.event.device_id)
        if device is None or event.asserted.user_id is None or event.anonymous_id is None:
            return None
        return device.find(Kind.EXCLUDED, user_person=excluded_key(event.site_id, event.asserted.user_id))

    def excluded(self) -> Stream:
        event = self.event
        device = self.device()
        user = excluded_key(event.site_id, event.asserted.user_id) if event.asserted.user_id is not None else 0
        stream = device.find(Kind.EXCLUDED, user_person=user)
        if stream is None:
            stream = self.add_stream(Stream(self.new_id(), device.device_id, Kind.EXCLUDED, user_person=user))
        elif event.asserted.actor is not None and not stream.claimable:
            self.changes.append(Impersonated(device.device_id, stream.stream_id, in_force=True))
        if event.asserted.actor is not None and event.type == "identify":
            found = self.state.identifiers.get(("user", event.asserted.user_id or ""))
            cause = f"{event.asserted.actor}:{event.asserted.user_id}:{event.time // HOUR}"
            canonical = self.state.canonical(found.person_id) if found else None
            self.log(
                Op.IMPERSONATION,
                stream.stream_id,
                cause=cause,
                person_id=canonical,
                detail={"actor": event.asserted.actor, "user_id": event.asserted.user_id},
            )
        return stream

    def end_acting(self) -> None:
        acting = self._acting()
        if acting is not None and acting.claimable:
            self.changes.append(Impersonated(acting.device_id, acting.stream_id, in_force=False))
