"""Bento's events API as a second, thin endpoint: its events become ours and take the same journey.

Source: Bento's public documentation of `POST /batch/events`, and docs/wire.md.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec

from ..domain.events import Event, Reason, Rejection
from ..domain.identifiers import email_key
from .context import RequestContext
from .decode import decode_guarded
from .pipeline import Pipeline, Sorted, set_aside, set_aside_by_fault
from .proof import Keyring
from .redact import redacted
from .wire import ServerEvent

MAX_EVENTS = 1_000
_FIELD_OF = {
    Reason.BAD_TIMESTAMP: "date",
    Reason.FUTURE_DATE: "date",
    Reason.ILLEGAL_ID: "anonymous_id",
    Reason.MISSING_ID: "anonymous_id",
    Reason.ID_TOO_LONG: "anonymous_id",
}


class BentoEvent(msgspec.Struct):
    """One event as Bento's API takes it. `anonymous_id` instead of `email` is our addition."""

    type: str | None = None
    email: str | None = None
    fields: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    date: str | None = None
    anonymous_id: str | None = None


_decoder = msgspec.json.Decoder(BentoEvent)


def sort_events(items: list[bytes], pipeline: Pipeline, request: RequestContext, secret_of: Keyring) -> Sorted:
    """Run the events through the pipeline; what fails comes out on the bad side with a `field: message` detail.

    Message ids that are made here are keyed with the site's secret: nobody can send one first, or ask whether it is there.
    """
    secret = secret_of(request.site).encode()
    outcome = Sorted(len(items), [], [])
    for index, item in enumerate(items):
        try:
            outcome.events.append(_complete(index, item, pipeline, request, secret))
        except Rejection as rejection:
            field = rejection.field or _FIELD_OF.get(rejection.reason, "event")
            detail = f"{field}: {rejection.detail}"
            outcome.quarantined.append(set_aside(index, rejection.reason, detail, item))
        except Exception as error:
            outcome.quarantined.append(set_aside_by_fault(index, error, item))
    return outcome


def _complete(index: int, item: bytes, pipeline: Pipeline, request: RequestContext, secret: bytes) -> Event:
    said = _decode(item)
    raw = ServerEvent(
        type="track",
        event=said.type,
        email=said.email,
        anonymous_id=said.anonymous_id,
        timestamp=said.date,
        properties=said.details,
        fields=said.fields or {},
    )
    _put_meaning(raw)
    purchase = _purchase_key(said)
    if purchase is not None:
        keyed = hmac.digest(secret, b"purchase\x00" + purchase.encode(), "sha256")
        raw.message_id = f"purchase:{keyed[:16].hex()}"
    event = pipeline.complete(index, raw, request)
    event.raw = redacted(item)
    if purchase is not None:  # counted once by its key, whatever else the second report of it says
        event.fingerprint = hashlib.blake2b(purchase.encode(), digest_size=16).digest()
        event.former_id = f"purchase:{event.fingerprint.hex()}"  # it was not keyed then; nobody else has the fingerprint
    return event


def _decode(item: bytes) -> BentoEvent:
    said, _ = decode_guarded(item, _decoder)
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
