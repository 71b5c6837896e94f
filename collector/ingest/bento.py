"""Bento's events API as a second protocol: its events become ours and take the same journey.

Source: Bento's public documentation of `POST /batch/events`, and docs/wire.md.
"""

from __future__ import annotations

import hmac
from typing import Any, ClassVar

import msgspec

from ..domain.events import Reason, Rejection
from ..domain.identifiers import email_key
from ..errors import BadRequest, ConflictingKeys, Forbidden
from . import salvage
from .decode import decode_guarded
from .decoder import Unacceptable
from .wire import Batch, ServerEvent

MAX_EVENTS = 1_000
_FIELD_OF = {
    Reason.BAD_TIMESTAMP: "date",
    Reason.FUTURE_DATE: "date",
    Reason.ILLEGAL_ID: "anonymous_id",
    Reason.MISSING_ID: "anonymous_id",
    Reason.ID_TOO_LONG: "anonymous_id",
}


class Envelope(msgspec.Struct):
    events: list[msgspec.Raw] | None = None
    site_uuid: str | None = None


class BentoEvent(msgspec.Struct):
    """One event as Bento's API takes it. `anonymous_id` instead of `email` is our addition."""

    type: str | None = None
    email: str | None = None
    fields: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    date: str | None = None
    anonymous_id: str | None = None


_envelope = msgspec.json.Decoder(Envelope)
_event = msgspec.json.Decoder(BentoEvent)


class BentoDecoder(msgspec.Struct, frozen=True):
    """Bento's protocol (decoder.py) for the site `uuid`, which query and body may name too.

    Message ids that are made here are keyed with the site's `secret`: nobody can send one first, or ask whether it is there.
    """

    source: ClassVar[str] = "bento"
    uuid: str
    query_uuid: str | None
    secret: bytes

    def batch(self, body: bytes) -> Batch | None:
        try:
            envelope = _envelope.decode(body)
        except msgspec.ValidationError as error:
            raise Unacceptable(str(error), "events") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return self._checked([bytes(item) for item in envelope.events or []], envelope.site_uuid)

    def salvage(self, body: bytes) -> Batch:
        """Cut out what does not decode, so that it fails alone. Raises BadRequest when no event is left."""
        items, cut_off = salvage.cut_events(body, name=b"events")
        if not items:
            raise BadRequest("The body is not JSON.")
        return self._checked([*items, cut_off] if cut_off else items, None)

    def event(self, item: bytes) -> tuple[ServerEvent, bool]:
        """Decode one event. What was repaired in it is not noted of it."""
        said = _decode(item)
        raw = ServerEvent(
            type="track",
            event=said.type,
            email=said.email,
            anonymous_id=said.anonymous_id,
            timestamp=said.date,
            properties=said.details,
            fields=said.fields or {},
            purchase=_purchase_key(said),
        )
        _put_meaning(raw)
        if raw.purchase is not None:
            keyed = hmac.digest(self.secret, b"purchase\x00" + raw.purchase.encode(), "sha256")
            raw.message_id = f"purchase:{keyed[:16].hex()}"
        return raw, False

    def detail(self, rejection: Rejection) -> str:
        """Return `field: message`, which the answer takes apart again."""
        return f"{rejection.field or _FIELD_OF.get(rejection.reason, 'event')}: {rejection.detail}"

    def _checked(self, items: list[bytes], body_uuid: str | None) -> Batch:
        uuids = {uuid for uuid in (self.query_uuid, body_uuid) if uuid}
        if len(uuids) > 1:
            raise ConflictingKeys("site_uuid differs between query and body.")
        if uuids and uuids != {self.uuid}:
            raise Forbidden("These keys belong to another site than site_uuid.")
        if not 1 <= len(items) <= MAX_EVENTS:
            raise Unacceptable(f"must hold 1 to {MAX_EVENTS} events, not {len(items)}", "events")
        return Batch(items)


def _decode(item: bytes) -> BentoEvent:
    said, _ = decode_guarded(item, _event)
    if not said.type:
        raise Rejection(Reason.MISSING_NAME, "is required", "type")
    if said.email is None and said.anonymous_id is None:
        raise Rejection(Reason.MISSING_ID, "is required", "email")
    if said.email is not None and email_key(said.email) is None:
        raise Rejection(Reason.ILLEGAL_ID, "is not an e-mail address", "email")
    for key, value in (said.fields or {}).items():
        if isinstance(value, dict | list):
            raise Rejection(Reason.INVALID_FIELD, f"must be flat, but {key!r} is nested", "fields")
    return said


def _put_meaning(raw: ServerEvent) -> None:
    """The event types that mean something; any other name is a custom event."""
    details = raw.properties or {}
    match raw.event:
        case "$subscribe":
            raw.subscribed = True
        case "$unsubscribe":
            raw.subscribed = False
        case "$tag":
            raw.add_tags = _tags(details.get("tag"))
        case "$remove_tag":
            raw.remove_tags = _tags(details.get("tag"))


def _tags(value: object) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else str(value or "").split(",")
    return tuple(text.strip() for text in texts if isinstance(text, str) and text.strip())


def _purchase_key(said: BentoEvent) -> str | None:
    unique = (said.details or {}).get("unique") if said.type == "$purchase" else None
    key = unique.get("key") if isinstance(unique, dict) else None
    return str(key) if isinstance(key, str | int) and key != "" else None
