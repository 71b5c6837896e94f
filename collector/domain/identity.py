"""Identity decision, the owner of an event: `decide(state, event) -> Decision`, a pure function.

The policy, in one place (docs/identity.md tells it in full):

* An event is written once, to one stream, and never moves. Anonymous streams belong to a device and an epoch, asserted
  streams to a device and a user (R4). An event with a valid user goes to the asserted stream, whoever owns the
  anonymous id (R5). One with an actor goes to an excluded stream, and has no other effect (R23): acting.py.
* `identify` claims anonymous streams: claims.py.
* An assertion that the site wants proven, and is not, makes nobody and claims nothing (R21): speaker.py.
* Illegal ids identify nobody (R2).
* Two accounts are never joined by a browser (R26); a lead joins the account that names its address: addresses.py.
* What the browser is told follows from what was said under its anonymous ids, not from what is known of anybody: naming.py.

One value, `Deciding`, is handed from part to part, and gathers the changes.
"""

from __future__ import annotations

from .acting import end_acting, excluded, is_excluded
from .changes import StreamProven
from .claims import Claims, follow_link, join
from .deciding import Deciding, Decision, Policy
from .events import Event, Proof
from .identifiers import is_illegal
from .keys import NewId
from .log import By, Op, Refusal
from .naming import Heard, brought, hear
from .people import Person
from .speaker import Speaker, is_believed, speaker_of
from .streams import CONTESTED, Kind, State, Stream
from .writing import write_account, write_anonymous, write_person

__all__ = ["Decision", "Policy", "decide"]


def decide(state: State, event: Event, new_id: NewId, policy: Policy | None = None) -> Decision:
    """Decide one event. Reads `state`, changes nothing; `apply` each change before deciding the next event."""
    deciding = Deciding(state, event, new_id, policy or Policy())
    stream = _decide(deciding)
    return Decision(None if stream is None else stream.stream_id, deciding.changes, tuple(dict.fromkeys(deciding.rotate)))


def _decide(deciding: Deciding) -> Stream | None:
    """Where the event goes, None for nowhere; everything that it brings about on the way there."""
    event, asserted = deciding.event, deciding.asserted
    if asserted.retired is not None:
        deciding.rotate.append(asserted.retired)
    is_acted = is_excluded(deciding)
    heard = {} if asserted.actor is not None else hear(deciding)
    if _is_late_for_deleted(deciding):
        return None
    stream = excluded(deciding) if is_acted else _stream(deciding, heard)
    write_account(deciding, stream)
    if asserted.illegal_id is not None and event.type in ("identify", "alias"):
        deciding.log(Op.ILLEGAL_ID, stream.stream_id, cause=asserted.illegal_id, detail={"value": asserted.illegal_id})
    return stream


def _is_late_for_deleted(deciding: Deciding) -> bool:
    """Of somebody deleted, from before the deletion; or of a deleted browser, without saying who else this is."""
    event, asserted = deciding.event, deciding.asserted
    named = asserted.named
    if named is None:
        return asserted.retired is not None
    if asserted.retired is not None and not is_believed(deciding, named):
        return True
    if asserted.unproven is not None:  # it is kept with what it says whoever that is; of nobody's stream, retention takes it
        return False
    return event.time <= deciding.state.deleted.get(named, event.time - 1)


def _stream(deciding: Deciding, heard: dict[str, Heard]) -> Stream:
    speaker = speaker_of(deciding)
    return _anonymous(deciding) if speaker is None else _asserted(deciding, speaker, heard)


# -- of nobody -------------------------------------------------------------------------------------------------------


def _anonymous(deciding: Deciding) -> Stream:
    event = deciding.event
    device = deciding.devices.own()
    contested = device.is_contested_at(event.time)
    epoch = CONTESTED if contested else device.epoch_at(event.time)
    stream = deciding.devices.find(device, Kind.ANONYMOUS, epoch) or deciding.devices.add(
        Stream(deciding.new_id(), event.device_id, epoch=epoch, claimable=not contested)
    )
    if deciding.policy.is_kiosk and epoch > 0 and event.anonymous_id is not None and event.asserted.named is None:
        deciding.rotate.append(event.anonymous_id)
        deciding.log(Op.ID_ROTATED, stream.stream_id, cause=f"epoch:{epoch}")
    write_anonymous(deciding, stream)
    if event.asserted.named is None:
        join(deciding)
        follow_link(deciding)
    return stream


# -- of somebody -----------------------------------------------------------------------------------------------------


def _asserted(deciding: Deciding, speaker: Speaker, heard: dict[str, Heard]) -> Stream:
    event, asserted = deciding.event, deciding.asserted
    stream = _find_asserted(deciding, speaker.person)
    written = write_person(deciding, speaker)
    if asserted.unproven is None and event.type in ("identify", "alias"):
        claims = Claims(deciding, speaker.person, asserted.proof, written)
        if event.type == "identify":
            end_acting(deciding)
            claims.claim_all(brought(deciding), heard)
        else:
            _alias(deciding, speaker.person, claims, heard)
    deciding.changes.append(written)
    return stream


def _find_asserted(deciding: Deciding, person: Person) -> Stream:
    asserted, device = deciding.asserted, deciding.devices.own()
    stream = deciding.devices.find(device, Kind.ASSERTED, user_person=person.person_id)
    strength = int(asserted.strength) if asserted.unproven is None and asserted.user_id is not None else 0
    if stream is None:
        return deciding.devices.add(
            Stream(
                deciding.new_id(), device.device_id, Kind.ASSERTED, user_person=person.person_id, claimable=False,
                person_id=person.person_id, strength=strength,
            )
        )  # fmt: skip
    if strength > stream.strength:
        deciding.changes.append(StreamProven(stream.device_id, stream.stream_id, strength))
    return stream


def _alias(deciding: Deciding, person: Person, claims: Claims, heard: dict[str, Heard]) -> None:
    """`previous` becomes this user: an anonymous id is claimed, another user only on a server's word."""
    state, previous = deciding.state, deciding.event.name
    if previous is None or previous == deciding.asserted.user_id:
        return
    if is_illegal(previous):
        deciding.log(Op.ILLEGAL_ID, 0, cause=previous, detail={"value": previous})
        return
    found = state.identifiers.get(("user", previous))
    if found is None:
        claims.claim_all(brought(deciding), heard)
        return
    source, target = state.canonical(found.person_id), person.canonical_id
    if source == target:
        return
    if deciding.asserted.strength < Proof.VERIFIED:
        deciding.refuse(Refusal.TWO_PEOPLE, person.person_id, found.person_id)
    elif state.was_undone(source, target):
        deciding.refuse(Refusal.UNDONE, person.person_id, found.person_id)
    elif state.is_crowd(source, target):
        deciding.refuse(Refusal.TOO_MANY_PEOPLE, person.person_id, found.person_id)
    else:
        deciding.merge(state.people[source], state.people.get(target, person), By.ALIAS)
