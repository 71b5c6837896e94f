"""Addresses: whose one is that an event names together with a user, and which people become one by it (docs/identity.md).

An *account* is a person with a user id, a *lead* one who is known by addresses only. A lead joins the account that names its
address (K13); two accounts are never joined, but an address moves to the one that proves it better (K14).
"""

from __future__ import annotations

from .bounds import MOST_ADDRESSES
from .changes import IdentifierMoved, IdentifierWritten, PeopleMerged
from .deciding import Deciding
from .events import DAY, Address, Proof
from .log import By, Op, Refusal
from .people import Person
from .streams import Identifier

MOST_ASSERTED = 5
"""Addresses of an account that it only said: an agent who types those of customers while signed in has more."""
MOST_LEADS_A_DAY = 3


def attach(deciding: Deciding, person: Person, address: Address) -> bool:
    """Give `person`, an account, an address: a new one, its own said again, a lead's, or another account's; or refuse it.

    Says whether the address is the account's now.
    """
    event, state = deciding.event, deciding.state
    named = ("email", address.value)
    if event.time <= state.deleted.get(named, event.time - 1):
        return False
    found = state.identifiers.get(named)
    refusal, other = _refusal(deciding, person, address, found), found.person_id if found else None
    if refusal is not None:
        deciding.refuse(refusal, person.person_id, other, address=address.display)
    elif found is None:
        deciding.changes.append(IdentifierWritten(Identifier(*named, address.display, person.person_id, address.strength)))
    elif deciding.is_same(state.canonical(found.person_id), person):
        strengthen(deciding, found, address.strength)
    elif is_account(deciding, found):
        _move(deciding, person, found, address)
    else:
        deciding.merge(state.people[state.canonical(found.person_id)], person, By.LEAD)
        strengthen(deciding, found, address.strength)
    return refusal is None


def _refusal(deciding: Deciding, person: Person, address: Address, found: Identifier | None) -> Refusal | None:
    """Why the account may not have the address; None where it may, or has it already."""
    state = deciding.state
    if found is None:
        return Refusal.FAN_IN if _is_full(deciding, person, address) else None
    other = state.canonical(found.person_id)
    if deciding.is_same(other, person):
        return None
    if is_protected(deciding, found, address.strength):
        return Refusal.EMAIL_VERIFIED
    if is_account(deciding, found):
        if address.strength <= found.strength:
            return Refusal.EMAIL_TAKEN
        return Refusal.FAN_IN if _is_full(deciding, person, address) else None
    return _refusal_of_lead(deciding, person, other, address)


def _refusal_of_lead(deciding: Deciding, person: Person, lead: int, address: Address) -> Refusal | None:
    if person.canonical_id != person.person_id:
        return Refusal.MERGED_AWAY
    if deciding.state.was_undone(person.canonical_id, lead):
        return Refusal.UNDONE
    if deciding.state.is_crowd(person.canonical_id, lead):
        return Refusal.TOO_MANY_PEOPLE
    is_braked = _is_full(deciding, person, address) or _leads_today(deciding, person) >= MOST_LEADS_A_DAY
    return Refusal.FAN_IN if is_braked else None


def is_protected(deciding: Deciding, found: Identifier, strength: int) -> bool:
    """Say whether somebody has proven this address, and who says it now has not, where that matters (K16)."""
    return deciding.policy.is_guarded and strength < Proof.PROVEN_EMAIL <= found.strength


def strengthen(deciding: Deciding, found: Identifier, strength: int) -> None:
    if strength > found.strength:
        stronger = Identifier(found.kind, found.value, found.display, found.person_id, strength)
        deciding.changes.append(IdentifierWritten(stronger))


def is_account(deciding: Deciding, found: Identifier) -> bool:
    """Say whether somebody of those who are this identifier's person has a user id."""
    state = deciding.state
    canonical = state.canonical(found.person_id)
    return any(
        one.kind == "user" and one.person_id in state.people and state.canonical(one.person_id) == canonical
        for one in state.identifiers.values()
    )


def _move(deciding: Deciding, person: Person, found: Identifier, address: Address) -> None:
    moved = Identifier("email", address.value, address.display, person.person_id, address.strength)
    deciding.changes.append(IdentifierMoved(moved, found.person_id))
    deciding.log(
        Op.ADDRESS_MOVED,
        0,
        cause=f"{address.value}:{deciding.event.cause}",
        person_id=person.person_id,
        other_id=found.person_id,
        detail={"address": address.display, "strength": address.strength},
    )


def _is_full(deciding: Deciding, person: Person, address: Address) -> bool:
    """Say whether the account may not have one more address, or none that is only said."""
    known = dict(deciding.state.identifiers)
    for change in deciding.changes:
        if isinstance(change, IdentifierWritten | IdentifierMoved):
            known[change.identifier.kind, change.identifier.value] = change.identifier
    own = [one for one in known.values() if one.kind == "email" and _is_of(deciding, one.person_id, person)]
    said = [one for one in own if one.strength <= Proof.ASSERTED]
    is_said = address.strength <= Proof.ASSERTED
    return len(own) >= MOST_ADDRESSES or (is_said and len(said) >= MOST_ASSERTED)


def _leads_today(deciding: Deciding, person: Person) -> int:
    now = deciding.event.received_at
    made = [change.merge for change in deciding.changes if isinstance(change, PeopleMerged)]
    return sum(
        merge.by == By.LEAD
        and merge.reversed_at is None
        and now - DAY < merge.at <= now
        and _is_of(deciding, merge.target_id, person)
        for merge in [*deciding.state.merges.values(), *made]
    )


def _is_of(deciding: Deciding, person_id: int, person: Person) -> bool:
    """Say whether this is the person, also by what this very decision has made."""
    state = deciding.state
    return person_id == person.person_id or (person_id in state.people and deciding.is_same(state.canonical(person_id), person))
