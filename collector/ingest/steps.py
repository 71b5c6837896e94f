"""The journey of one event between the wire and the journal, one named step after another.

Every step has the same signature: it reads the raw event and the request and completes the event. `drop_` steps may
raise Rejection, which ends the journey in quarantine; `put_` steps only add, and take out what must not be stored.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from ..domain.events import DAY, KINDS, MARK, MINUTE, Draft, Flag, Reason, Rejection, Written
from ..domain.identifiers import MAX_ID, email_key, is_illegal, is_too_long, names_somebody
from ..domain.ip import Address, parse_ip, truncated
from ..domain.keys import device_key, new_uuid7, user_owner
from ..domain.limits import MAX_MESSAGE_ID
from ..domain.times import parse_time
from .context import RequestContext
from .links import LinkSigner
from .page import put_page
from .proof import Prover, put_actor
from .wire import RawEvent, ServerEvent, id_text

Step = Callable[[RawEvent, Draft, RequestContext], None]

OLDEST_FROM_BROWSER = 31 * DAY
FUTURE_ALLOWED = 5 * MINUTE
EARLIEST = -70 * 365 * DAY
"""About 1900. With a lookback before it, a time still has a year that can be written down."""
MAX_OTHER_IDS = 5


def drop_unknown_type(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    if raw.type not in KINDS:
        raise Rejection(Reason.UNKNOWN_TYPE, f"type is {raw.type!r}; one of {', '.join(sorted(KINDS))} is needed")
    event.type = raw.type


def drop_bad_message_id(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Take the client's message id, or make one; it counts the event once per site and device."""
    if raw.message_id is None or raw.message_id == "":
        event.message_id = new_uuid7()
        return
    event.message_id = str(raw.message_id).replace(MARK, "\ufffd")
    if len(event.message_id) > MAX_MESSAGE_ID:
        raise Rejection(Reason.MESSAGE_ID_TOO_LONG, f"{len(event.message_id)} characters; the limit is {MAX_MESSAGE_ID}")


def drop_without_id(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Settle who speaks: a legal anonymous id, a legal user id, or both; an illegal one counts as absent (rule R2)."""
    anonymous, user = id_text(raw.anonymous_id), id_text(raw.user_id)
    if anonymous is not None and is_too_long(anonymous):
        raise _too_long("anonymousId", anonymous)
    if anonymous is not None and not is_illegal(anonymous):
        event.anonymous_id = anonymous
    if user is not None and is_too_long(user):
        if event.anonymous_id is None:
            raise _too_long("userId", user)
        event.asserted = replace(event.asserted, illegal_id=user[:MAX_ID])
    elif user is not None and is_illegal(user):
        event.asserted = replace(event.asserted, illegal_id=user)
    elif user is not None:
        event.asserted = replace(event.asserted, user_id=user)
    if event.anonymous_id is None and event.asserted.user_id is None and not _has_email(raw):
        if anonymous is None and user is None:
            raise Rejection(Reason.MISSING_ID, "an event needs an anonymousId or a userId")
        raise Rejection(Reason.ILLEGAL_ID, f"{user if user is not None else anonymous!r} is a placeholder, not an id")


def _too_long(name: str, value: str) -> Rejection:
    return Rejection(Reason.ID_TOO_LONG, f"{name} has {len(value)} characters; the limit is {MAX_ID}")


def _has_email(raw: RawEvent) -> bool:
    return email_key(_email_text(raw)) is not None


def _email_text(raw: RawEvent) -> str:
    """The address that names the event's person: said by Bento's protocol, or in the traits of an identify."""
    if isinstance(raw, ServerEvent):
        return raw.email or ""
    found = (raw.traits or {}).get("email") if raw.type == "identify" else None
    return found if isinstance(found, str) else ""


def put_email(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """The address is an identifier, looked up in its normal form (rule R3)."""
    text = _email_text(raw)
    if text and event.asserted.illegal_id is None:
        event.asserted = replace(event.asserted, email=email_key(text), email_display=text.strip())


def put_device(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Name the device: the anonymous id, or the virtual device of a user whose event carries none."""
    if event.anonymous_id is not None:
        event.owner = event.anonymous_id
    elif event.asserted.user_id is not None:
        event.owner = user_owner("user", event.asserted.user_id)
    else:
        event.owner = user_owner("email", event.asserted.email or "")
    event.device_id = device_key(event.site_id, event.owner)


def put_other_ids(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """An identify carries every anonymous id that its browser knows, at most five (rule R14)."""
    if event.type != "identify" or not raw.context:
        return
    known = raw.context.get("anonymousIds")
    if isinstance(known, list):
        legal = [other for other in known if isinstance(other, str) and names_somebody(other)]
        unique = dict.fromkeys(other for other in legal if other != event.anonymous_id)
        event.asserted = replace(event.asserted, anonymous_ids=tuple(unique)[:MAX_OTHER_IDS])


def drop_without_name(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """A track needs its event's name; a page may have one; a group is named by its id."""
    if event.type == "track":
        event.name = raw.event or raw.name
        if not event.name:
            raise Rejection(Reason.MISSING_NAME, "a track needs `event`, the name of what happened")
    elif event.type == "group":
        event.name = id_text(raw.group_id)
        if event.name is None:
            raise Rejection(Reason.MISSING_NAME, "a group needs `groupId`")
    elif event.type == "alias":
        event.name = id_text(raw.previous_id)
        if event.name is not None and is_too_long(event.name):
            raise _too_long("previousId", event.name)
    else:
        event.name = raw.name or None


def drop_bad_time(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Event time = received - (sent - timestamp), so that a wrong client clock cancels out (rule R15).

    A browser's event is clamped to the last 31 days; a server's keeps its date, but may not lie in the future.
    """
    said = raw.timestamp if raw.timestamp is not None else raw.original_timestamp
    if said is None or said == "":
        event.time = event.received_at
        return
    time = parse_time(said)
    if time is None:
        raise Rejection(Reason.BAD_TIMESTAMP, f"timestamp {said!r} is not an ISO 8601 date")
    event.original_time = str(said)
    sent = parse_time(raw.sent_at) if raw.sent_at is not None else request.sent_at
    if sent is not None:
        time += event.received_at - sent
    event.time = _clamped(time, event, request)


def _clamped(time: int, event: Draft, request: RequestContext) -> int:
    now = event.received_at
    if not request.is_browser:
        if time > now + FUTURE_ALLOWED:
            raise Rejection(Reason.FUTURE_DATE, "the timestamp lies more than five minutes in the future")
        if time < EARLIEST:
            raise Rejection(Reason.BAD_TIMESTAMP, "the timestamp, corrected by sentAt, lies before the year 1900")
        return time
    earliest = now - OLDEST_FROM_BROWSER
    if time > now + FUTURE_ALLOWED or time < earliest:
        event.flags |= Flag.TIME_CLAMPED
    return max(earliest, min(time, now))


def put_content(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Properties, or traits for identify and group; an identify's traits are written to the person."""
    if event.type in ("identify", "group"):
        event.properties = raw.traits or raw.properties or {}
    else:
        event.properties = raw.properties or {}
    if isinstance(raw, ServerEvent):
        event.written = Written(raw.fields, raw.add_tags, raw.remove_tags, raw.subscribed)
    elif event.type == "identify":
        event.written = Written(event.properties)


def put_context(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """The event's context over the batch's, one level deep (docs/wire.md)."""
    own = raw.context or {}
    if request.batch_context:
        merged = dict(request.batch_context)
        for key, value in own.items():
            below = merged.get(key)
            merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
        own = merged
    event.context = own
    if own.get("storage") == "memory":
        event.flags |= Flag.MEMORY_ONLY
    altered = own.get("altered")
    if isinstance(altered, int) and altered > 0 and altered is not True:
        event.flags |= Flag.ALTERED


def put_ip(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """`context.ip` as the site wants it kept: not at all, truncated, or in full. What does not fit is taken out."""
    address = None if request.site.addresses == "off" else _address(event, request)
    if address is not None and request.site.addresses == "truncated":
        address = truncated(address)
    if address is not None:
        event.context = {**event.context, "ip": str(address)}
    elif "ip" in event.context:  # into a new one: a batch's context may be shared
        event.context = {name: value for name, value in event.context.items() if name != "ip"}


def _address(event: Draft, request: RequestContext) -> Address | None:
    """A program states its user's address, as in Segment's server SDKs. A browser's is what we found ourselves.

    A page can only ask for none: with 0.0.0.0, as pages of Segment do, or because nothing may be kept in its browser.
    """
    stated = parse_ip(event.context.get("ip"))
    if stated is not None and stated.is_unspecified:
        return None
    if not request.is_browser:
        return stated
    return None if event.flags & Flag.MEMORY_ONLY else request.client_address


def put_account(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """The account that the event speaks of: a group's own id, or the one that the context names."""
    said = event.name if event.type == "group" else event.context.get("groupId")
    account = id_text(said) if isinstance(said, str | int | float) else None
    if account is not None and names_somebody(account):
        event.written = replace(event.written, account_id=account)


def put_url(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    page = event.context.get("page")
    found = page.get("url") if isinstance(page, dict) else None
    if not isinstance(found, str):
        found = event.properties.get("url") if event.type == "page" else None
    event.url = found if isinstance(found, str) else None


_encoder = msgspec.json.Encoder(order="sorted")


def put_fingerprint(raw: RawEvent, event: Draft, request: RequestContext) -> None:
    """Put the fingerprint, by which two events with one message id are the same: their content, or a purchase's key, not when
    or how they came."""
    if isinstance(raw, ServerEvent) and raw.purchase is not None:
        event.fingerprint = hashlib.blake2b(raw.purchase.encode(), digest_size=16).digest()
        event.former_id = f"purchase:{event.fingerprint.hex()}"  # it was not keyed then; nobody else has the fingerprint
        return
    content: tuple[Any, ...] = (
        event.type,
        event.name,
        event.asserted.user_id,
        event.asserted.illegal_id,
        event.asserted.email,
        event.url,
        event.properties,
    )
    event.fingerprint = hashlib.blake2b(_encoder.encode(content), digest_size=16).digest()


def steps_with(prover: Prover, links: LinkSigner) -> tuple[Step, ...]:
    """Return the whole journey, in this order; enrichers come after it. Two steps need keys, which their owners bring."""
    return (
        drop_unknown_type,
        drop_bad_message_id,
        drop_without_id,
        put_email,
        put_device,
        put_other_ids,
        drop_without_name,
        drop_bad_time,
        put_content,
        put_context,
        put_ip,
        put_account,
        put_actor,
        put_url,
        links.put_link,
        put_fingerprint,
        put_page,
        prover.put_proof,
    )


_nobodys = secrets.token_urlsafe()

STEPS = steps_with(Prover(lambda _: _nobodys), LinkSigner(_nobodys))
"""The journey with keys that nobody has: tokens and links are taken out, none is believed."""
