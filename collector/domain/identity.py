"""Who an event belongs to: `decide(state, event) -> Decision`, a pure function.

The policy, in one place (docs/identity.md tells it in full):

* An event is written once, to one stream, and never moves. Anonymous streams belong to a device and an epoch, asserted
  streams to a device and a user (R4). An event with a valid user goes to the asserted stream, whoever owns the
  anonymous id (R5). One with an actor goes to an excluded stream, and has no other effect (R23).
* `identify` claims anonymous streams: claims.py.
* An assertion that the site wants proven, and is not, makes nobody and claims nothing (R21).
* Illegal ids identify nobody (R2).
* Two accounts are never joined by a browser (R26); a lead joins the account that names its address: addresses.py.
* What the browser is told follows from what was said under its anonymous ids, not from what is known of anybody: naming.py.
"""

from __future__ import annotations

import msgspec

from . import addresses, bounds, people
from .acting import Acting
from .changes import MembershipWritten, PersonWritten, StreamFieldsWritten, StreamProven
from .claims import Claims, follow_link, join
from .deciding import Decision, Policy
from .events import HOUR, Address, Event, Proof
from .identifiers import is_illegal
from .keys import NewId
from .log import By, Op, Refusal
from .naming import Heard, brought, hear, names_nobody
from .people import FieldValue, Person
from .streams import CONTESTED, Kind, State, Stream

__all__ = ["Decision", "Policy", "decide"]


def decide(state: State, event: Event, new_id: NewId, policy: Policy | None = None) -> Decision:
    """Decide one event. Reads `state`, changes nothing; `apply` each change before deciding the next event."""
    return _Decider(state, event, new_id, policy or Policy()).run()


class _Decider(Acting):
    """One decision under way: who speaks, where the event goes, and what it changes."""

    def __init__(self, state: State, event: Event, new_id: NewId, policy: Policy) -> None:
        super().__init__(state, event, new_id, policy)
        self.said: tuple[Address, ...] = ()
        """The addresses that the event names and its person has."""
        self.heard: dict[str, Heard] = {}
        """What naming somebody comes to on each anonymous id that the event brings."""

    def run(self) -> Decision:
        event = self.event
        if event.asserted.retired is not None:
            self.rotate.append(event.asserted.retired)
        if not self.is_excluded():
            self.heard = hear(self)
        if self._is_late_for_deleted():
            return Decision(None, self.changes, tuple(dict.fromkeys(self.rotate)))
        stream = self._stream()
        self._join_account(stream)
        if event.asserted.illegal_id is not None and event.type in ("identify", "alias"):
            self.log(
                Op.ILLEGAL_ID, stream.stream_id, cause=event.asserted.illegal_id, detail={"value": event.asserted.illegal_id}
            )
        return Decision(stream.stream_id, self.changes, tuple(dict.fromkeys(self.rotate)))

    def _is_late_for_deleted(self) -> bool:
        """Of somebody deleted, from before the deletion; or of a deleted browser, without saying who else this is."""
        event = self.event
        if event.asserted.user_id is not None:
            named = ("user", event.asserted.user_id)
        elif event.asserted.email is not None:
            named = ("email", event.asserted.email)
        else:
            return event.asserted.retired is not None
        if event.asserted.retired is not None and not self._is_believed(named):
            return True
        return event.time <= self.state.deleted.get(named, event.time - 1)

    def _is_believed(self, named: tuple[str, str]) -> bool:
        """Say whether the event may speak for the one it names: proven if it has to be, no protected address just typed."""
        found = self.state.identifiers.get(named)
        is_protected = (
            named[0] == "email"
            and found is not None
            and addresses.is_protected(self, found, self.event.asserted.email_strength)
        )
        return self.event.asserted.unproven is None and not is_protected

    def _stream(self) -> Stream:
        """Where the event goes; everything that it brings about on the way there."""
        if self.is_excluded():
            return self.excluded()
        person = self._proven_person() if self.event.asserted.unproven is not None else self._person()
        if person is None:
            return self._anonymous()
        return self._asserted(person)

    # -- who -----------------------------------------------------------------------------------------------------

    def _person(self) -> Person | None:
        """The person whom the event asserts, made if new; None when it asserts nobody or may not."""
        event = self.event
        if event.asserted.user_id is not None:
            person = self._user() or self.add_person(
                "user", event.asserted.user_id, event.asserted.user_id, event.asserted.strength
            )
            self.said = tuple(one for one in event.asserted.addresses() if addresses.attach(self, person, one))
            return person
        if event.asserted.email is None:
            return None
        found = self.state.identifiers.get(("email", event.asserted.email))
        if found is None:
            self.said = event.asserted.addresses()
            return self.add_person(
                "email",
                event.asserted.email,
                event.asserted.email_display or event.asserted.email,
                event.asserted.email_strength,
            )
        if addresses.is_protected(self, found, event.asserted.email_strength):
            self.refuse(Refusal.EMAIL_VERIFIED, None, found.person_id)
            return None
        addresses.strengthen(self, found, event.asserted.email_strength)
        self.said = event.asserted.addresses()
        return self.state.people[found.person_id]

    def _user(self) -> Person | None:
        """The known person of the event's user id. Its own, not the one it was merged into: a merge can be taken back."""
        found = self.state.identifiers.get(("user", self.event.asserted.user_id or ""))
        if found is None:
            return None
        if self.event.asserted.unproven is None:
            addresses.strengthen(self, found, self.event.asserted.strength)
        return self.state.people[found.person_id]

    def _proven_person(self) -> Person | None:
        """Nobody, unless this browser has proven before that it speaks for this user; a refused identify is logged."""
        event = self.event
        if event.type in ("identify", "alias"):
            cause = f"{event.asserted.unproven}:{event.asserted.user_id or event.asserted.email}:{event.time // HOUR}"
            detail = {
                "reason": event.asserted.unproven,
                "user_id": event.asserted.user_id,
                "email": event.asserted.email_display,
            }
            self.log(Op.IDENTIFY_REFUSED, 0, cause=cause, detail=detail)
        person, device = self._user(), self.state.devices.get(event.device_id)
        if event.anonymous_id is None or person is None or device is None:
            return None
        spoken = self.find(device, Kind.ASSERTED, user_person=person.person_id)
        return person if spoken is not None and spoken.strength >= Proof.VERIFIED else None

    # -- people --------------------------------------------------------------------------------------------------

    def _alias(self, person: Person, claims: Claims) -> None:
        """`previous` becomes this user: an anonymous id is claimed, another user only on a server's word."""
        event, state = self.event, self.state
        previous = event.name
        if previous is None or previous == event.asserted.user_id:
            return
        if is_illegal(previous):
            self.log(Op.ILLEGAL_ID, 0, cause=previous, detail={"value": previous})
            return
        found = state.identifiers.get(("user", previous))
        if found is None:
            claims.claim_all(brought(self), self.heard)
            return
        source, target = state.canonical(found.person_id), person.canonical_id
        if source == target:
            return
        if event.asserted.strength < Proof.VERIFIED:
            self.refuse(Refusal.TWO_PEOPLE, person.person_id, found.person_id)
        elif state.was_undone(source, target):
            self.refuse(Refusal.UNDONE, person.person_id, found.person_id)
        elif self.is_crowd(source, target):
            self.refuse(Refusal.TOO_MANY_PEOPLE, person.person_id, found.person_id)
        else:
            self.merge(state.people[source], state.people.get(target, person), By.ALIAS)

    # -- where ---------------------------------------------------------------------------------------------------

    def _anonymous(self) -> Stream:
        event = self.event
        device = self.device()
        contested = device.is_contested_at(event.time)
        epoch = CONTESTED if contested else device.epoch_at(event.time)
        stream = self.find(device, Kind.ANONYMOUS, epoch) or self.add_stream(
            Stream(self.new_id(), event.device_id, epoch=epoch, claimable=not contested)
        )
        if self.policy.is_kiosk and epoch > 0 and event.anonymous_id is not None and names_nobody(event):
            self.rotate.append(event.anonymous_id)
            self.log(Op.ID_ROTATED, stream.stream_id, cause=f"epoch:{epoch}")
        self._write_anonymous(stream)
        if names_nobody(event):
            join(self)
            follow_link(self)
        return stream

    def _write_anonymous(self, stream: Stream) -> None:
        event = self.event
        if stream.person_id is not None and (stream.attributed_from is None or event.time >= stream.attributed_from):
            self.changes.append(PersonWritten(stream.person_id, at=event.time))
        if event.written.fields and event.asserted.unproven is None:
            fields = people.written_fields(stream.fields, event.written.fields, event.time, "identify", event.message_id)
            kept = people.bounded(stream.fields, fields, bounds.OF_STREAM)
            if fields:
                left_out = len(fields) - len(kept)
                self.changes.append(StreamFieldsWritten(stream.device_id, stream.stream_id, kept, left_out))

    def _asserted(self, person: Person) -> Stream:
        event = self.event
        stream = self._find_asserted(person)
        written = self._written(person)
        if event.asserted.unproven is None and event.type in ("identify", "alias"):
            claims = Claims(
                self,
                person,
                event.asserted.strength if event.asserted.user_id is not None else event.asserted.email_strength,
                written,
            )
            if event.type == "identify":
                self.end_acting()
                claims.claim_all(brought(self), self.heard)
            else:
                self._alias(person, claims)
        self.changes.append(written)
        return stream

    def _written(self, person: Person) -> PersonWritten:
        """Fields, tags and addresses that the event says of its person; typed ones never replace better (K12)."""
        event = self.event
        said_tags = (*((tag, True) for tag in event.written.add_tags), *((tag, False) for tag in event.written.remove_tags))
        fitting = bounds.fitting(dict.fromkeys(person.tags), dict.fromkeys(tag for tag, _ in said_tags), bounds.OF_TAGS)
        tags = tuple(said for said in said_tags if said[0] in fitting)
        left_out = bounds.counted(("tags", len(said_tags) - len(tags)))
        written = PersonWritten(
            person.person_id,
            {},
            {},
            (),
            tags,
            event.written.subscribed,
            event.time,
            seen=True,
            identified=True,
            left_out=left_out,
        )
        if event.asserted.unproven is not None:
            return written
        is_typed = event.asserted.user_id is None and event.asserted.email_strength < Proof.ASSERTED
        by = "api" if event.asserted.from_server else "typed" if is_typed else "identify"
        known = person.typed if is_typed else person.fields
        fields = people.written_fields(known, event.written.fields, event.time, by, event.message_id)
        kept = people.bounded(known, fields, bounds.OF_PERSON)
        said = {"typed": kept} if is_typed else {"fields": kept}
        left_out = {**left_out, **bounds.counted(("fields", len(fields) - len(kept)))}
        return msgspec.structs.replace(written, addresses=self.said, left_out=left_out, **said)

    def _find_asserted(self, person: Person) -> Stream:
        device = self.device()
        stream = self.find(device, Kind.ASSERTED, user_person=person.person_id)
        strength = int(
            self.event.asserted.strength
            if self.event.asserted.unproven is None and self.event.asserted.user_id is not None
            else 0
        )
        if stream is None:
            return self.add_stream(
                Stream(
                    self.new_id(), device.device_id, Kind.ASSERTED, user_person=person.person_id, claimable=False,
                    person_id=person.person_id, strength=strength,
                )
            )  # fmt: skip
        if strength > stream.strength:
            self.changes.append(StreamProven(stream.device_id, stream.stream_id, strength))
        return stream

    # -- accounts ------------------------------------------------------------------------------------------------

    def _join_account(self, stream: Stream) -> None:
        event = self.event
        if event.written.account_id is None or event.asserted.unproven is not None or stream.kind == Kind.EXCLUDED:
            return
        fields = event.properties if event.type == "group" else {}
        written = {key: FieldValue(value, event.time, "group", event.message_id) for key, value in fields.items()}
        self.changes.append(
            MembershipWritten(stream.device_id, stream.stream_id, event.written.account_id, event.time, written)
        )
