"""Claims: an anonymous stream becomes a person's, or does not, and why (docs/identity.md, "Who wins a claim").

The first claim wins; only a stronger proof overrides it (R7). The same person again changes nothing (R8). Another user on
the same anonymous id is not given its history, also where the first one got nothing of it: what was said there decides
(naming.py).
"""

from __future__ import annotations

from typing import Any

import msgspec

from .changes import Claim, HandoffUsed, Joined, PersonWritten
from .deciding import Deciding
from .events import DAY, Address, Proof
from .keys import device_key
from .log import Op, Refusal
from .naming import Heard, hear_link, is_nobodys
from .people import Person
from .profile import profile
from .streams import Device, Kind, Stream

MOST_STREAMS = 500
MOST_A_DAY = 50
"""Past either, the id is shared or hard-coded rather than one person's (R22)."""
MOST_JOINED = 5


class Claims:
    """The claims that one event makes for `person` at `strength`; `written` is what it says of the person itself."""

    def __init__(self, deciding: Deciding, person: Person, strength: int, written: PersonWritten | None = None) -> None:
        self.deciding = deciding
        self.state = deciding.state
        self.event = deciding.event
        self.person = person
        self.strength = strength
        self.is_weak = strength < Proof.ASSERTED
        """A link or a typed address: contests no device, and no browser gives up its id for it (K11)."""
        self.written = written or PersonWritten(person.person_id)
        self.taken = 0

    def claim_all(self, brought: dict[str, int], heard: dict[str, Heard]) -> None:
        """Claim every anonymous id that came along, with its device; `heard` is what naming somebody came to on each."""
        for anonymous_id, device_id in brought.items():
            if anonymous_id in heard:
                self.claim(device_id, anonymous_id, heard[anonymous_id])

    def claim(self, device_id: int, anonymous_id: str, heard: Heard) -> None:
        """Claim the stream of the epoch in which the event happened, or refuse with the reason."""
        if heard is Heard.STILL_HERE:
            return
        device = self.deciding.devices.of(device_id, anonymous_id)
        stream = self.deciding.devices.find(device, Kind.ANONYMOUS, device.epoch_at(self.event.time))
        owner = None if stream is None or stream.person_id is None else self.state.canonical(stream.person_id)
        if stream is not None and owner is not None and self.deciding.is_same(owner, self.person):
            self._repeat(stream)
        elif stream is not None and owner is None and not stream.claimable:
            self._refuse(Refusal.DETACHED, device, anonymous_id)
        elif owner is None and (heard is Heard.OTHER or device.is_contested_at(self.event.time)):
            self._refuse(Refusal.CONTESTED, device, anonymous_id)
        elif stream is not None and owner is not None and (heard is Heard.OTHER or stream.strength >= self.strength):
            self._refuse(Refusal.CLAIMED_BY_ANOTHER, device, anonymous_id, stream.person_id)
        else:
            self._take(device, stream, anonymous_id)

    def _refuse(self, reason: Refusal, device: Device, anonymous_id: str, owner: int | None = None) -> None:
        rotated = {"rotated": True} if anonymous_id in self.deciding.rotate else {}
        once = self.is_weak or reason == Refusal.DETACHED
        self.deciding.refuse(reason, self.person.person_id, owner, device.device_id, anonymous_id, once=once, **rotated)

    # -- taking --------------------------------------------------------------------------------------------------

    def _take(self, device: Device, stream: Stream | None, anonymous_id: str) -> None:
        before = stream.person_id if stream else None
        if self._is_braked():
            self._refuse(Refusal.FAN_IN, device, anonymous_id, before)
            return
        if stream is None:
            stream = self.deciding.devices.add(
                Stream(self.deciding.new_id(), device.device_id, epoch=device.epoch_at(self.event.time))
            )
        event, policy = self.event, self.deciding.policy
        claim = self._set(stream, self.person.person_id, self.strength, event.time, policy.reach(event.time))
        self.taken += 1
        self.deciding.log(
            Op.ANONYMOUS_MERGE, stream.stream_id, cause=event.cause, person_id=self.person.person_id, other_id=before,
            anonymous_id=anonymous_id, device_id=stream.device_id, detail=self._detail(stream, claim),
        )  # fmt: skip

    def _is_braked(self) -> bool:
        held = self._held()
        now = self.event.time
        recent = sum(stream.claimed_at is not None and now - DAY < stream.claimed_at <= now for stream in held)
        return len(held) + self.taken >= MOST_STREAMS or recent + self.taken >= MOST_A_DAY

    def _held(self) -> list[Stream]:
        """Return the streams that the person holds, as far as read, also through a merge that this decision has just made."""
        people = self.state.people.values()
        same = {one.person_id for one in people if self.deciding.is_same(one.canonical_id, self.person)}
        return [stream for stream in self.state.held.values() if stream.person_id in same]

    def _detail(self, stream: Stream, claim: Claim) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "since": claim.attributed_from, "strength": int(self.strength), "fields_filled": self._filled(stream, claim),
        }  # fmt: skip
        if self.event.written.account_id is not None:
            detail["account"] = self.event.written.account_id
        said = self.state.accounts.get(stream.stream_id, {})
        accounts = {account: at for account, at in said.items() if at >= claim.attributed_from}
        if accounts:
            detail["old_account"] = max(accounts, key=lambda account: (accounts[account], account))
        return detail

    def _filled(self, stream: Stream, claim: Claim) -> list[str]:
        """The fields that this claim fills for the person, as it looks now."""
        if not stream.fields:
            return []
        said = msgspec.structs.replace(
            self.person, fields=self.person.fields | self.written.fields, typed=self.person.typed | self.written.typed
        )
        known = self.state.members(self.person.person_id) if self.person.person_id in self.state.people else []
        members = [said if person.person_id == said.person_id else person for person in known] or [said]
        historical = self.deciding.policy.historical
        before = profile(members, self._held(), historical).fields
        claimed = msgspec.structs.replace(
            stream, person_id=claim.person_id, claimed_at=claim.claimed_at, attributed_from=claim.attributed_from
        )
        after = profile(members, [*self._held(), claimed], historical).fields
        return sorted(key for key in after if after[key] != before.get(key))

    def _repeat(self, stream: Stream) -> None:
        """The same person again: nothing new, unless this identify happened earlier or is better proven."""
        earlier = stream.claimed_at is None or self.event.time < stream.claimed_at
        if earlier or self.strength > stream.strength:
            at = self.event.time if earlier or stream.claimed_at is None else stream.claimed_at
            reach = self.deciding.policy.reach(at)
            known = stream.attributed_from
            reach = reach if known is None else min(reach, known)
            # It stays with the one who claimed it, of people merged into one: a merge can be taken back.
            self._set(stream, stream.person_id or self.person.person_id, max(self.strength, stream.strength), at, reach)

    def _set(self, stream: Stream, person_id: int, strength: int, at: int, reach: int) -> Claim:
        claim = Claim(stream.device_id, stream.stream_id, person_id, stream.person_id, strength, at, reach)
        self.deciding.changes.append(claim)
        return claim


def join(deciding: Deciding) -> None:
    """Follow a handoff: the browser is the same as the one with the other anonymous id, while both are anonymous (R34)."""
    event, state, handoff = deciding.event, deciding.state, deciding.asserted.handoff
    if handoff is None or event.anonymous_id is None or handoff.nonce in state.used:
        return
    deciding.changes.append(HandoffUsed(handoff.nonce, event.received_at))
    other = handoff.anonymous_id
    if ("anonymous_id", other) in state.deleted or other == event.anonymous_id:
        return
    devices = (deciding.devices.own(), deciding.devices.of(device_key(event.site_id, other), other))
    if all(is_nobodys(device, event.time) for device in devices):
        pairs = [*zip(devices, (other, event.anonymous_id), strict=True)]
        if all(name in device.joined or len(device.joined) < MOST_JOINED for device, name in pairs):  # both, or neither
            deciding.changes += [Joined(device.device_id, name) for device, name in pairs if name not in device.joined]
        deciding.log(Op.HANDOFF, 0, cause=handoff.nonce, detail={"other": other})


def follow_link(deciding: Deciding) -> None:
    """A link from an e-mail was opened here: claim the device for the address, at the weakest strength (K10)."""
    event, state, link = deciding.event, deciding.state, deciding.asserted.link
    if link is None or event.anonymous_id is None or not deciding.policy.merging:
        return
    heard = hear_link(deciding, link.kind, link.value)
    named = (link.kind, link.value)
    if link.issued_at <= state.deleted.get(named, link.issued_at - 1):
        return
    found = state.identifiers.get(named)
    person = state.people[found.person_id] if found else deciding.add_person(*named, link.display, Proof.LINK)
    if link.kind == "email":
        address = Address(link.value, link.display, Proof.LINK)
        deciding.changes.append(PersonWritten(person.person_id, addresses=(address,), at=event.time, seen=False))
    if heard is not None:
        Claims(deciding, person, Proof.LINK).claim(event.device_id, event.anonymous_id, heard)
