"""Impersonation: what happens while somebody acts in a user's name is nobody's, counts nowhere, changes nothing (rule R23)."""

from __future__ import annotations

from .changes import Impersonated
from .deciding import Deciding
from .events import HOUR
from .keys import excluded_key
from .log import Op
from .streams import Kind, Stream


def is_excluded(deciding: Deciding) -> bool:
    """Say whether somebody acts: said by the event, or by one with an actor before, until the user identifies here without
    one."""
    if deciding.asserted.actor is not None:
        return True
    acting = _acting(deciding)
    return acting is not None and acting.claimable and deciding.event.type != "identify"


def _acting(deciding: Deciding) -> Stream | None:
    """Where somebody acts, or acted, in this user's name in this browser."""
    event, user_id = deciding.event, deciding.asserted.user_id
    device = deciding.state.devices.get(event.device_id)
    if device is None or user_id is None or event.anonymous_id is None:
        return None
    return device.find(Kind.EXCLUDED, user_person=excluded_key(event.site_id, user_id))


def excluded(deciding: Deciding) -> Stream:
    """Return the stream of an event that is excluded; an identify with an actor is logged."""
    event, user_id, actor = deciding.event, deciding.asserted.user_id, deciding.asserted.actor
    device = deciding.devices.own()
    user = excluded_key(event.site_id, user_id) if user_id is not None else 0
    stream = device.find(Kind.EXCLUDED, user_person=user)
    if stream is None:
        stream = deciding.devices.add(Stream(deciding.new_id(), device.device_id, Kind.EXCLUDED, user_person=user))
    elif actor is not None and not stream.claimable:
        deciding.changes.append(Impersonated(device.device_id, stream.stream_id, in_force=True))
    if actor is not None and event.type == "identify":
        found = deciding.state.identifiers.get(("user", user_id or ""))
        canonical = deciding.state.canonical(found.person_id) if found else None
        cause, detail = f"{actor}:{user_id}:{event.time // HOUR}", {"actor": actor, "user_id": user_id}
        deciding.log(Op.IMPERSONATION, stream.stream_id, cause=cause, person_id=canonical, detail=detail)
    return stream


def end_acting(deciding: Deciding) -> None:
    """The user identifies here without an actor: nobody acts any longer."""
    acting = _acting(deciding)
    if acting is not None and acting.claimable:
        deciding.changes.append(Impersonated(acting.device_id, acting.stream_id, in_force=False))
