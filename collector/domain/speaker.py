"""Speaker of an event: the person whom it asserts, made if new, as far as it may (rules K16, R21)."""

from __future__ import annotations

from typing import NamedTuple

from . import addresses
from .deciding import Deciding
from .events import HOUR, Address, Proof
from .log import Op, Refusal
from .people import Person
from .streams import Kind


class Speaker(NamedTuple):
    person: Person
    addresses: tuple[Address, ...] = ()
    """Those that the event names and the person has."""


def speaker_of(deciding: Deciding) -> Speaker | None:
    """Return who speaks; None when the event asserts nobody or may not."""
    asserted = deciding.asserted
    if asserted.unproven is not None:
        return _proven_before(deciding)
    if asserted.user_id is not None:
        person = _user(deciding) or deciding.add_person("user", asserted.user_id, asserted.user_id, asserted.strength)
        return Speaker(person, tuple(one for one in asserted.addresses() if addresses.attach(deciding, person, one)))
    if asserted.email is not None:
        return _lead(deciding, asserted.email)
    return None


def is_believed(deciding: Deciding, named: tuple[str, str]) -> bool:
    """Say whether the event may speak for the one it names: proven if it has to be, no protected address just typed."""
    found = deciding.state.identifiers.get(named) if named[0] == "email" else None
    is_protected = found is not None and addresses.is_protected(deciding, found, deciding.asserted.email_strength)
    return deciding.asserted.unproven is None and not is_protected


def _lead(deciding: Deciding, email: str) -> Speaker | None:
    """The person of an address alone, unless somebody has proven it better."""
    asserted = deciding.asserted
    found = deciding.state.identifiers.get(("email", email))
    if found is None:
        person = deciding.add_person("email", email, asserted.email_display or email, asserted.email_strength)
        return Speaker(person, asserted.addresses())
    if addresses.is_protected(deciding, found, asserted.email_strength):
        deciding.refuse(Refusal.EMAIL_VERIFIED, None, found.person_id)
        return None
    addresses.strengthen(deciding, found, asserted.email_strength)
    return Speaker(deciding.state.people[found.person_id], asserted.addresses())


def _user(deciding: Deciding) -> Person | None:
    """The known person of the event's user id. Its own, not the one it was merged into: a merge can be taken back."""
    found = deciding.state.identifiers.get(("user", deciding.asserted.user_id or ""))
    if found is None:
        return None
    if deciding.asserted.unproven is None:
        addresses.strengthen(deciding, found, deciding.asserted.strength)
    return deciding.state.people[found.person_id]


def _proven_before(deciding: Deciding) -> Speaker | None:
    """Nobody, unless this browser has proven before that it speaks for this user; a refused identify is logged."""
    event, asserted = deciding.event, deciding.asserted
    if event.type in ("identify", "alias"):
        cause = f"{asserted.unproven}:{asserted.user_id or asserted.email}:{event.time // HOUR}"
        detail = {"reason": asserted.unproven, "user_id": asserted.user_id, "email": asserted.email_display}
        deciding.log(Op.IDENTIFY_REFUSED, 0, cause=cause, detail=detail)
    person, device = _user(deciding), deciding.state.devices.get(event.device_id)
    if event.anonymous_id is None or person is None or device is None:
        return None
    spoken = deciding.devices.find(device, Kind.ASSERTED, user_person=person.person_id)
    return Speaker(person) if spoken is not None and spoken.strength >= Proof.VERIFIED else None
