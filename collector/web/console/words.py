"""What the console says in sentences: why an event was set aside, why a merge was refused, how sure we were."""

from __future__ import annotations

from ...domain.events import Proof, Reason

REASONS: dict[str, str] = {
    Reason.MALFORMED_JSON: "The bytes are not JSON. Something cut or rewrote the request on its way.",
    Reason.INVALID_UTF8: "The bytes are not UTF-8 text. Encode the body as UTF-8.",
    Reason.NOT_AN_OBJECT: "An event must be a JSON object; this is a list, a text or a number.",
    Reason.INVALID_FIELD: "A field holds a value of the wrong type, such as a number where an object belongs.",
    Reason.TOO_DEEP: "The properties are nested too deeply to be stored and shown.",
    Reason.EVENT_TOO_LARGE: "The event is larger than one event may be. Send less with it.",
    Reason.TRUNCATED: "The body ended in the middle of this event; those before it were kept.",
    Reason.UNKNOWN_TYPE: "The type is not one of page, screen, track, identify, group, alias.",
    Reason.MISSING_ID: "The event names nobody: it has neither an anonymous id nor a user id nor an email.",
    Reason.ILLEGAL_ID: "The id is a placeholder such as null, undefined or guest, so it would mix strangers up.",
    Reason.ID_TOO_LONG: "An id is longer than 255 characters.",
    Reason.MISSING_NAME: "A track event needs the name of what happened.",
    Reason.MESSAGE_ID_TOO_LONG: "The message id is too long to be kept for counting the event once.",
    Reason.BAD_TIMESTAMP: "The time could not be read. Send ISO 8601, such as 2026-11-22T03:18:27Z.",
    Reason.FUTURE_DATE: "The time lies in the future. Check the clock of the machine that sent it.",
    Reason.ID_CONFLICT: "The same message id came before with other contents; the first one was kept.",
    Reason.UNREADABLE_BODY: "No event could be cut out of the body at all.",
    Reason.PROCESSING_ERROR: "Our own code failed on this event. The bytes are kept, so that it can be sent again.",
}

REFUSALS = {
    "claimed_by_another": "This browser's history already belongs to somebody else. A second person on the same "
    "browser does not get it; the browser was told to take a new id.",
    "email_taken": "This email address already belongs to somebody else.",
    "email_verified": "Somebody has proven that this email address is theirs; typing it is not enough to become them.",
}

PROOFS = {
    Proof.ASSERTED: "said by the browser",
    Proof.PROVEN_EMAIL: "email address proven",
    Proof.VERIFIED: "verified by your server",
}

SOURCES = {"identify": "identify", "api": "API", "anonymous": "from their anonymous time"}
"""Where a field's value came from."""


def reason_in_words(reason: str) -> str:
    return REASONS.get(reason, reason.replace("_", " ").capitalize() + ".")


def refusal_in_words(reason: object) -> str:
    text = str(reason or "refused")
    return REFUSALS.get(text, text.replace("_", " ").capitalize() + ".")


def proof_in_words(strength: object) -> str:
    return PROOFS.get(Proof(strength), "") if isinstance(strength, int) and strength in set(Proof) else ""


def source_of_field(by: str | None) -> str:
    return SOURCES.get(by or "", by or "unknown")
