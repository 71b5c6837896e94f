"""Terms of the console, in sentences: why an event was set aside, why a merge was refused, how sure we were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....domain import log
from ....domain.events import Flag, Proof, Reason
from ....domain.log import By, Unproven
from ....storage.reports import EventRow

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
    Reason.DELETED: "Of somebody who was deleted. Nothing of the event was kept; a browser was told to take a new id.",
    Reason.UNREADABLE_BODY: "No event could be cut out of the body at all.",
    Reason.PROCESSING_ERROR: "Our own code failed on this event. The bytes are kept, so that it can be sent again.",
}

UNPROVEN: dict[str, str] = {
    Unproven.UNSIGNED: "It came without a proof, and this site requires one.",
    Unproven.MALFORMED: "Its token is not a signed token.",
    Unproven.SIGNATURE: "Its token was not signed with a key of this site.",
    Unproven.EXPIRED: "Its token has expired, or is not valid yet.",
    Unproven.TOO_LONG_LIVED: "Its token would live for longer than a token may.",
    Unproven.OTHER_SITE: "Its token is for another site.",
    Unproven.OTHER_USER: "Its token is for another user.",
    Unproven.OTHER_ANONYMOUS_ID: "Its token is for another browser.",
    Unproven.WITHOUT_USER: "Its token names no user.",
    Unproven.USER_HASH_WRONG: "Its hash of the user id is wrong.",
}
"""Why an identify was not believed."""

PROOFS = {
    Proof.LINK: "opened a link from an email",
    Proof.TYPED: "address typed, not proven",
    Proof.ASSERTED: "Unverified (browser)",
    Proof.PROVEN_EMAIL: "email address proven",
    Proof.VERIFIED: "verified by your server",
}

SOURCES = {
    "identify": "identify",
    "api": "API",
    "typed": "with a typed address",
    "anonymous": "from their anonymous time",
    "group": "group call",
}
"""Where a field's value came from."""

BY: dict[str, str] = {
    By.API: "the API",
    By.CLI: "the command line",
    By.ALIAS: "a server's alias",
    By.LEAD: "an identify of the account with the lead's address",
}
"""Causes of a merge of two people, when it was not done by hand."""

NOTICES = {
    "detached": "Detached. What was anonymous there belongs to nobody now.",
    "attached": "Attached. What was anonymous there belongs to this person now.",
    "merged": "Merged. The two are one person now, until the merge is undone below.",
    "unmerged": "The merge was undone. Both people have what is their own.",
    "removed": "The address was removed. Nobody is found by it until somebody says it again.",
    "deleted": "The person was deleted. The events are being removed; the progress is under Jobs.",
}
"""Notices of what was just done, told once on the page after it."""

JOBS = {
    "deletion": "Removing a deleted person's events",
    "retention": "Removing old anonymous history",
    "trimming": "Removing inactive people",
    "lead_joins": "Joining leads to their accounts",
}
UNITS = {
    "deletion": "events",
    "retention": "streams looked at",
    "trimming": "people looked at",
    "lead_joins": "entries looked at",
}
"""Units that a job counts."""


def reason_in_words(reason: str) -> str:
    return REASONS.get(reason, readable(reason))


def refusal_in_words(detail: Mapping[str, Any]) -> str:
    """Return the sentence of a refusal (`domain.log.REFUSALS`), by the detail of its entry."""
    found = log.meaning(detail)
    return readable(str(detail.get("reason") or "refused")) if found is None else found.sentence


def unproven_in_words(reason: object) -> str:
    text = str(reason or "unproven")
    return UNPROVEN.get(text, readable(text))


def readable(code: str) -> str:
    return code.replace("_", " ").capitalize() + "."


def proof_in_words(strength: object) -> str:
    return PROOFS.get(Proof(strength), "") if isinstance(strength, int) and strength in set(Proof) else ""


def source_of_field(by: str | None) -> str:
    return SOURCES.get(by or "", by or "unknown")


def merged_in_words(by: str) -> str:
    return log.LEAD_JOINED if by == By.LEAD else "merged"


def by_in_words(by: object) -> str:
    """Say who did something by hand: the console's user, the API, a command, or what brought it about."""
    text = str(by or "somebody")
    place, _, name = text.partition(":")
    if place == "console" and name:
        return f"{name}, in the console"
    return BY.get(text, text)


def left_out_in_words(left_out: dict[str, int]) -> str:
    """Say what a profile does not hold; empty when it holds everything."""
    counts = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(left_out.items()))
    return f"Too much was sent: values that are with their events only, not here: {counts}." if counts else ""


def badges(event: EventRow) -> dict[str, str]:
    """Return the badges of an event: what has to be known at a glance -> the sentence behind it."""
    found = {}
    if event.flags & Flag.TYPED:
        found["typed"] = "The address was typed, not proven"
    if event.flags & Flag.UNVERIFIED:
        found["unverified"] = "Said without a proof: it writes no fields and makes nobody known"
    if event.flags & Flag.IMPERSONATED:
        found["impersonated"] = "Somebody acted in the user's name: on nobody's timeline, counted nowhere"
    elif event.excluded:
        found["excluded"] = "Done while somebody acted in the user's name: on nobody's timeline, counted nowhere"
    if event.flags & Flag.LEFT_OUT:
        found["left out"] = "Some of its fields or tags are with this event only: the profile had too many"
    return found
