"""Writes of an event: to its person, to the visitor's stream, to its account. All within bounds (bounds.py)."""

from __future__ import annotations

import msgspec

from . import bounds, people
from .changes import MembershipWritten, PersonWritten, StreamFieldsWritten
from .deciding import Deciding
from .events import Proof
from .people import FieldValue
from .speaker import Speaker
from .streams import Kind, Stream


def write_person(deciding: Deciding, speaker: Speaker) -> PersonWritten:
    """Return fields, tags and addresses that the event says of its person; typed ones never replace better (K12)."""
    event, asserted, person = deciding.event, deciding.asserted, speaker.person
    written = _write_tags(deciding, speaker)
    if asserted.unproven is not None:
        return written
    is_typed = asserted.user_id is None and asserted.email_strength < Proof.ASSERTED
    by = "api" if asserted.from_server else "typed" if is_typed else "identify"
    known = person.typed if is_typed else person.fields
    fields = people.written_fields(known, event.written.fields, event.time, by, event.message_id)
    kept = people.bounded(known, fields, bounds.OF_PERSON)
    said = {"typed": kept} if is_typed else {"fields": kept}
    left_out = {**written.left_out, **bounds.counted(("fields", len(fields) - len(kept)))}
    return msgspec.structs.replace(written, addresses=speaker.addresses, left_out=left_out, **said)


def _write_tags(deciding: Deciding, speaker: Speaker) -> PersonWritten:
    """Return the writes even of an event not believed, from a browser that was: that the person was here, and tags."""
    event, person = deciding.event, speaker.person
    said = (*((tag, True) for tag in event.written.add_tags), *((tag, False) for tag in event.written.remove_tags))
    fitting = bounds.fitting(dict.fromkeys(person.tags), dict.fromkeys(tag for tag, _ in said), bounds.OF_TAGS)
    tags = tuple(one for one in said if one[0] in fitting)
    return PersonWritten(
        person.person_id, tags=tags, subscribed=event.written.subscribed, at=event.time, seen=True, identified=True,
        left_out=bounds.counted(("tags", len(said) - len(tags))),
    )  # fmt: skip


def write_anonymous(deciding: Deciding, stream: Stream) -> None:
    """Note that the owner of the stream was here, and write the visitor's fields to the stream."""
    event = deciding.event
    if stream.person_id is not None and (stream.attributed_from is None or event.time >= stream.attributed_from):
        deciding.changes.append(PersonWritten(stream.person_id, at=event.time))
    if event.written.fields and deciding.asserted.unproven is None:
        fields = people.written_fields(stream.fields, event.written.fields, event.time, "identify", event.message_id)
        kept = people.bounded(stream.fields, fields, bounds.OF_STREAM)
        if fields:
            left_out = len(fields) - len(kept)
            deciding.changes.append(StreamFieldsWritten(stream.device_id, stream.stream_id, kept, left_out))


def write_account(deciding: Deciding, stream: Stream) -> None:
    """Join the account that the event speaks of; a group writes to it."""
    event, account_id = deciding.event, deciding.event.written.account_id
    if account_id is None or deciding.asserted.unproven is not None or stream.kind == Kind.EXCLUDED:
        return
    fields = event.properties if event.type == "group" else {}
    written = {key: FieldValue(value, event.time, "group", event.message_id) for key, value in fields.items()}
    deciding.changes.append(MembershipWritten(stream.device_id, stream.stream_id, account_id, event.time, written))
