"""Segment's tracking spec, as it comes: a tolerant envelope and one tolerant event, decoded event by event.

Source: the public Segment spec (batch, messageId, sentAt, ...), and the limits of docs/wire.md.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from ..domain.events import Rejection
from ..errors import BadBody, TooLarge
from . import salvage
from .decode import decode_guarded
from .limits import MAX_EVENTS
from .shared_context import SharedContext, decode_context

Id = str | int | float | None


class Envelope(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    context: msgspec.Raw = msgspec.Raw(b"")
    sent_at: Any = None
    write_key: Any = None


class Keys(msgspec.Struct, rename="camel"):
    """Keys in a body with a single event, for the envelope that it lacks."""

    sent_at: Any = None
    write_key: Any = None


class RawEvent(msgspec.Struct, rename="camel"):
    """One event as sent. Anything may be missing; fields that we do not know are ignored."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    message_id: str | int | None = None
    anonymous_id: Id = None
    user_id: Id = None
    group_id: Id = None
    previous_id: Id = None
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    write_key: str | None = None


class ServerEvent(RawEvent):
    """An event of a protocol that names people by e-mail and may write to them (Bento's); never decoded from our wire.

    `purchase` is the key of one, by which it is counted once, whatever else the second report of it says.
    """

    email: str | None = None
    purchase: str | None = None
    fields: dict[str, Any] = {}
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    subscribed: bool | None = None


class Batch(msgspec.Struct):
    """A request's events, still as bytes, and what the envelope says for all of them."""

    items: list[bytes]
    sent_at: str | int | float | None = None
    write_key: str | None = None
    context: SharedContext = SharedContext()
    cut_off: bytes | None = None

    @property
    def count(self) -> int:
        return len(self.items) + (self.cut_off is not None)


_envelope = msgspec.json.Decoder(Envelope)
_event = msgspec.json.Decoder(RawEvent)
_keys = msgspec.json.Decoder(Keys)


def decode_batch(body: bytes) -> Batch | None:
    """Cut a batch into its events; None when it does not decode, and has to be salvaged. Raises TooLarge past MAX_EVENTS."""
    try:
        envelope = _envelope.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len(envelope.batch) > MAX_EVENTS:
        raise TooLarge
    items = [bytes(item) for item in envelope.batch]
    context = decode_context(bytes(envelope.context))
    return Batch(items, _plain(envelope.sent_at), _text(envelope.write_key), context)


def salvage_batch(body: bytes) -> Batch:
    """Cut the events out of a batch that does not decode as a whole, which may take a quarter of a second.

    Raises BadBody when not one event can be cut out, TooLarge past MAX_EVENTS.
    """
    items, cut_off = salvage.cut_events(body)
    if not items and cut_off is None:
        raise BadBody
    if len(items) > MAX_EVENTS:
        raise TooLarge
    context = decode_context(salvage.find_context(body))
    return Batch(items, salvage.find_sent_at(body), salvage.find_write_key(body), context, cut_off)


def decode_single(body: bytes) -> Batch:
    """Take the whole body as one event, as /v1/track and its like do."""
    if not body.strip():
        raise BadBody("The body is empty.")
    try:
        keys = _keys.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Batch([body], salvage.find_sent_at(body), salvage.find_write_key(body))
    return Batch([body], _plain(keys.sent_at), _text(keys.write_key))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _plain(value: object) -> str | int | float | None:
    return value if isinstance(value, str | int | float) else None


def id_text(value: Id) -> str | None:
    """Ids are text; numbers become their digits, so 1 and "1" are the same person; the empty string is no id."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else str(value)


def decode_event(item: bytes) -> tuple[RawEvent, bool]:
    """Decode one event; the flag says that it had to be repaired. Raises Rejection with the reason it is set aside."""
    return decode_guarded(item, _event)


class SegmentDecoder(msgspec.Struct, frozen=True):
    """Segment's protocol (decoder.py): a batch, or one event of the type `kind`, which the path names."""

    source: ClassVar[str] = "segment"
    kind: str | None = None

    def batch(self, body: bytes) -> Batch | None:
        return decode_batch(body) if self.kind is None else decode_single(body)

    def salvage(self, body: bytes) -> Batch:
        return salvage_batch(body)

    def event(self, item: bytes) -> tuple[RawEvent, bool]:
        raw, repaired = decode_event(item)
        if self.kind is not None:
            raw.type = self.kind
        return raw, repaired

    def detail(self, rejection: Rejection) -> str:
        return rejection.detail


SEGMENT = SegmentDecoder()
"""The decoder of batches."""
