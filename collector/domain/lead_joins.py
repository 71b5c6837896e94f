"""Leads whose address an account named before such a lead joined the account: those that rule K13 would have joined, join.

It is the same decision (`addresses.attach`), made for the moment in which the account named the address: so the brakes count
as they would have counted, and carrying it out twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from . import addresses
from .applying import apply
from .changes import Change, Logged
from .deciding import Deciding, Policy
from .events import Address, Event, Proof
from .keys import NewId
from .log import Refusal
from .streams import Identifier, State


class Naming(msgspec.Struct, frozen=True):
    """`account` named an address of `lead` at a time (microseconds), from a device.

    `address` is None where it was not written down: then it is the lead's own, if that has a single one.
    """

    account: int
    lead: int
    at: int
    device_id: int = 0
    anonymous_id: str | None = None
    address: str | None = None
    strength: int = Proof.ASSERTED


class Joined(msgspec.Struct, frozen=True):
    """A lead that joins an account, or does not for the reason `refusal`."""

    account: int
    lead: int
    address: str
    refusal: Refusal | None


def join(
    state: State, namings: Sequence[Naming], site_id: int, policy: Policy, new_id: NewId
) -> tuple[list[Change], list[Joined]]:
    """Decide about the leads that one account named, in the order of time. The changes are applied to the state already.

    The state holds both people of each with everybody merged into them, their merges and all their identifiers. Where the
    two are one person, or both are accounts, there is nothing to decide.
    """
    changes: list[Change] = []
    found: list[Joined] = []
    for naming in sorted(namings, key=lambda one: (one.at, one.lead)):
        made, joined = _join(state, naming, site_id, policy, new_id)
        for change in made:
            apply(state, change)
        changes += made
        found += [] if joined is None else [joined]
    return changes, found


def _join(state: State, naming: Naming, site_id: int, policy: Policy, new_id: NewId) -> tuple[list[Change], Joined | None]:
    identifier = _address(state, naming)
    if identifier is None or state.canonical(naming.account) == state.canonical(naming.lead):
        return [], None
    event = Event(
        index=0,
        site_id=site_id,
        type="identify",
        message_id="lead_joins",
        time=naming.at,
        received_at=naming.at,
        anonymous_id=naming.anonymous_id,
        device_id=naming.device_id,
    )
    deciding = Deciding(state, event, new_id, policy)
    if addresses.is_account(deciding, identifier):
        return [], None
    address = Address(identifier.value, identifier.display, naming.strength)
    has_joined = addresses.attach(deciding, state.people[naming.account], address)
    refusals = [change.detail["reason"] for change in deciding.changes if isinstance(change, Logged) and not has_joined]
    joined = Joined(state.canonical(naming.account), identifier.person_id, identifier.display, next(iter(refusals), None))
    # What is refused was refused when the address was named, and has its entry.
    return (deciding.changes if has_joined else []), joined


def _address(state: State, naming: Naming) -> Identifier | None:
    """The address of the lead that was named."""
    emails = [one for one in state.identifiers.values() if one.kind == "email"]
    if naming.address is None:  # the entry names who held it, also when others were merged with that one since
        own = [one for one in emails if one.person_id == naming.lead]
        return own[0] if len(own) == 1 else None
    lead = state.canonical(naming.lead)
    return next((one for one in emails if one.value == naming.address and state.canonical(one.person_id) == lead), None)
