"""Answer to a browser: which anonymous ids it gives up follows from what was said under them, and from nothing else.

Everybody can name anybody with the write key. An answer that followed from what is known of a person would tell it: whether
a user id is known, was deleted, is over a brake, or is one with another. So who was named on an anonymous id is remembered
on the id itself, as keyed hashes, whatever became of the event: not believed, late for somebody deleted, or braked. From this
follow the ids that are given up, where a device is contested, and where a kiosk's epochs end (R9, R28).
"""

from __future__ import annotations

from enum import Enum, auto

from .bounds import MOST_EPOCHS
from .changes import Contested, DeviceNamed, EpochOpened
from .deciding import Deciding
from .events import Event, Proof
from .identifiers import is_illegal
from .keys import device_key, keyed_hash
from .streams import Boundary, Device, Kind, Named, Stream

MOST_ADDRESSES = 5


class Heard(Enum):
    """Result of naming somebody on an anonymous id."""

    FIRST = auto()
    SAME = auto()
    STRONGER = auto()
    OTHER = auto()
    STILL_HERE = auto()  # in a kiosk, after the epoch that the same one ended


def mark(key: bytes, site_id: int, kind: str, value: str) -> str:
    """Return the keyed hash of a name, of which no two of a site are alike."""
    return keyed_hash(key, f"named\x00{site_id}\x00{kind}\x00{value}", 12).hex()


def hear(deciding: Deciding) -> dict[str, Heard]:
    """Hear whom an identify or alias names on each anonymous id that it brings. Return what it comes to, by anonymous id; an
    id that was deleted is given up, and not among them."""
    said = _said(deciding)
    if said is None:
        return {}
    heard = {name: _hear(deciding, device_id, name, said) for name, device_id in brought(deciding).items()}
    return {name: one for name, one in heard.items() if one is not None}


def hear_link(deciding: Deciding, kind: str, value: str) -> Heard | None:
    """Hear whom a link from an e-mail names on the event's anonymous id."""
    event = deciding.event
    name = mark(deciding.state.key, event.site_id, kind, value)
    user, addresses = (name, ()) if kind == "user" else (None, (name,))
    return _hear(deciding, event.device_id, event.anonymous_id or "", Named(user, addresses, Proof.LINK))


def brought(deciding: Deciding) -> dict[str, int]:
    """Return the anonymous ids that an event brings, with their devices: of an identify its own, those that its browser knows
    (R14) and those joined to it (R34); of an alias the one that becomes the user's."""
    event = deciding.event
    if event.type == "alias":
        previous = event.name
        is_named = previous is not None and previous != event.asserted.user_id and not is_illegal(previous)
        return {previous: device_key(event.site_id, previous)} if previous is not None and is_named else {}
    own = deciding.state.devices.get(event.device_id)
    joined = own.joined if own is not None and event.anonymous_id is not None else ()
    names = [*([event.anonymous_id] if event.anonymous_id is not None else []), *event.asserted.anonymous_ids, *joined]
    return {name: event.device_id if name == event.anonymous_id else device_key(event.site_id, name) for name in names}


def _names_nobody(event: Event) -> bool:
    """Say whether the event, by its own words, speaks for nobody: it names nobody, or lacks a proof that is asked for."""
    return event.asserted.unproven is not None or event.asserted.named is None


def is_nobodys(device: Device, time: int) -> bool:
    """Say whether nobody was named on an anonymous id in the epoch of a moment, and it is not contested then."""
    epoch = device.epoch_at(time)
    stream = device.find(Kind.ANONYMOUS, epoch)
    is_owned = stream is not None and stream.person_id is not None
    return epoch not in device.named and not is_owned and not device.is_contested_at(time)


def _said(deciding: Deciding) -> Named | None:
    event = deciding.event
    if event.type not in ("identify", "alias") or _names_nobody(event):
        return None
    key, asserted = deciding.state.key, deciding.asserted
    user = mark(key, event.site_id, "user", asserted.user_id) if asserted.user_id is not None else None
    addresses = tuple(mark(key, event.site_id, "email", address.value) for address in asserted.addresses())
    return Named(user, addresses[:MOST_ADDRESSES], asserted.proof)


def _hear(deciding: Deciding, device_id: int, anonymous_id: str, said: Named) -> Heard | None:
    if ("anonymous_id", anonymous_id) in deciding.state.deleted:
        deciding.rotate.append(anonymous_id)
        return None
    if not deciding.policy.merging:
        return None
    device = deciding.devices.heard(device_id, anonymous_id)
    heard = _compare(deciding, device, said)
    if heard is Heard.OTHER and said.strength >= Proof.ASSERTED:
        deciding.rotate.append(anonymous_id)
        if not deciding.policy.is_kiosk:  # there, the epoch ended anyway
            _contest(deciding, device, deciding.event.time)
    elif heard in (Heard.FIRST, Heard.STRONGER) and deciding.policy.is_kiosk:
        _end_epoch(deciding, device)
    return heard


def _compare(deciding: Deciding, device: Device, said: Named) -> Heard:
    """Compare with who was named before in the epoch of the event, and remember who is said."""
    time = deciding.event.time
    epoch = device.epoch_at(time)
    stream = deciding.devices.find(device, Kind.ANONYMOUS, epoch)
    before = device.named.get(epoch) or _owner(deciding, stream, said)
    if before is None:
        if device.is_contested_at(time):
            return Heard.OTHER
        if stream is None and _is_still_here(deciding, device, said):
            return Heard.STILL_HERE
        heard, named = Heard.FIRST, said
    elif _is_same(before, said):
        heard, named = Heard.SAME, _together(before, said)
    elif before.strength < said.strength:
        heard, named = Heard.STRONGER, said
    else:
        return Heard.OTHER
    if named != device.named.get(epoch):
        deciding.changes.append(DeviceNamed(device.device_id, epoch, named))
    return heard


def _owner(deciding: Deciding, stream: Stream | None, said: Named) -> Named | None:
    """Return the owner of a stream on which nobody was named: attached by hand, or claimed before names were remembered."""
    if stream is None or stream.person_id is None:
        return None
    event, state = deciding.event, deciding.state
    user = state.identifiers.get(("user", event.asserted.user_id or ""))
    known = [user] if user else [state.identifiers.get(("email", address.value)) for address in event.asserted.addresses()]
    owner = state.canonical(stream.person_id)
    if any(one is not None and state.canonical(one.person_id) == owner for one in known):
        return Named(said.user, said.addresses, stream.strength)
    return Named(strength=stream.strength)


def _is_same(before: Named, said: Named) -> bool:
    if before.user is not None and said.user is not None:
        return before.user == said.user
    return not set(before.addresses).isdisjoint(said.addresses)


def _together(before: Named, said: Named) -> Named:
    addresses = tuple(dict.fromkeys((*before.addresses, *said.addresses)))[:MOST_ADDRESSES]
    return Named(before.user or said.user, addresses, max(before.strength, said.strength))


def _is_still_here(deciding: Deciding, device: Device, said: Named) -> bool:
    """Kiosk mode: the epoch holds nothing yet, and the one before is this one's own: nobody else was here."""
    begun = [boundary.since for boundary in device.boundaries if boundary.since <= deciding.event.time]
    if not deciding.policy.is_kiosk or not begun:
        return False
    epoch = device.epoch_at(max(begun) - 1)
    before = device.named.get(epoch) or _owner(deciding, device.find(Kind.ANONYMOUS, epoch), said)
    return before is not None and _is_same(before, said)


def _contest(deciding: Deciding, device: Device, since: int) -> None:
    if device.contested_from is None or since < device.contested_from:
        deciding.changes.append(Contested(device.device_id, since))


def _end_epoch(deciding: Deciding, device: Device) -> None:
    """Begin the next one; of a device that had too many, what comes after this belongs to nobody."""
    since = deciding.event.time + 1
    if any(boundary.since == since for boundary in device.boundaries):
        return
    if len(device.boundaries) < MOST_EPOCHS:
        deciding.changes.append(EpochOpened(device.device_id, Boundary(since, device.next_epoch())))
    else:
        _contest(deciding, device, since)
