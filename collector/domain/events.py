"""Event and its kinds, and the closed list of reasons for which an event can be set aside."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import msgspec

from .identifiers import email_key
from .log import Unproven

KINDS = frozenset({"page", "screen", "track", "identify", "group", "alias"})

SECOND = 1_000_000
"""Times are whole microseconds since 1970 UTC, everywhere; this is one second."""
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


MARK = "\x1f"
"""Stands between a message id and what we add to it; taken out of those that clients send."""


class Reason(StrEnum):
    """Why an event was quarantined. Closed: the console explains each, the counters count by it."""

    MALFORMED_JSON = "malformed_json"
    INVALID_UTF8 = "invalid_utf8"
    NOT_AN_OBJECT = "not_an_object"
    INVALID_FIELD = "invalid_field"
    TOO_DEEP = "too_deep"
    EVENT_TOO_LARGE = "event_too_large"
    TRUNCATED = "truncated"
    UNKNOWN_TYPE = "unknown_type"
    MISSING_ID = "missing_id"
    ILLEGAL_ID = "illegal_id"
    ID_TOO_LONG = "id_too_long"
    MISSING_NAME = "missing_name"
    MESSAGE_ID_TOO_LONG = "message_id_too_long"
    BAD_TIMESTAMP = "bad_timestamp"
    FUTURE_DATE = "future_date"
    ID_CONFLICT = "id_conflict"
    DELETED = "deleted"
    UNREADABLE_BODY = "unreadable_body"
    PROCESSING_ERROR = "processing_error"


class Proof(IntEnum):
    """How sure we are who is speaking (rule K3); a stronger proof overrides a weaker one.

    LINK: somebody opened a link from an e-mail, which may have been forwarded (K10). TYPED: a browser says an address and no
    user (K12). ASSERTED: a browser says a user. PROVEN_EMAIL: a signed token that names only an address. VERIFIED: a signed
    token for the user, or the secret key. Stored, with room between them.
    """

    LINK = 10
    TYPED = 20
    ASSERTED = 30
    PROVEN_EMAIL = 40
    VERIFIED = 50


class Sender(IntEnum):
    """By what right an event speaks, as far as its message id is concerned: what a higher one says is never a conflict with
    what a lower one said, nor lost to it.

    PUBLIC: the write key, which everybody has. SIGNED: the same with a signed token. SERVER: the secret key. Stored.
    """

    PUBLIC = 0
    SIGNED = 1
    SERVER = 2


class Flag(IntEnum):
    """Bits of `Event.flags`: what the pipeline had to note about an event that it kept."""

    BOT = 1
    NORMALISED = 2
    TIME_CLAMPED = 4
    MEMORY_ONLY = 8
    UNVERIFIED = 16
    IMPERSONATED = 32
    CAMPAIGN = 64
    ALTERED = 128
    TYPED = 256
    LEFT_OUT = 512
    ECHOED = 1024
    ECHOED_SIGNED = 2048


def flag_names(flags: int) -> list[str]:
    """Return the names of the bits that are set, in lower case."""
    return [flag.name.lower() for flag in Flag if flags & flag]


class Quarantined(msgspec.Struct, frozen=True):
    """The bad side: the bytes as they came, and why they were set aside."""

    index: int
    reason: Reason
    detail: str
    body: bytes
    message_id: str | None = None


class Link(msgspec.Struct, frozen=True):
    """Signed link in an e-mail: whom it names, and when it was signed."""

    kind: str
    value: str
    display: str
    issued_at: int


class Address(NamedTuple):
    """An e-mail address that an event names: as it is looked up, as it was written, and how well it is proven."""

    value: str
    display: str
    strength: int


class Handoff(msgspec.Struct, frozen=True):
    """A signed link from another domain of the same site: the anonymous id there; `nonce` counts it once."""

    nonce: str
    anonymous_id: str


class Asserted(msgspec.Struct, frozen=True):
    """Assertion by an event of who speaks, and how well it is proven.

    `strength` is the proof for the user id, `email_strength` that for the address; `unproven` says why neither is believed
    (rule R21). `from_server`: it came with the secret key. `illegal_id` is a user id that identifies nobody (R2).
    `anonymous_ids` are further ids that the same browser knows (R14), used by `identify` only. `actor` is who acts in the
    user's name (R23). `retired` is an anonymous id that was deleted with its person.
    """

    user_id: str | None = None
    email: str | None = None
    email_display: str | None = None
    strength: Proof = Proof.ASSERTED
    email_strength: Proof = Proof.ASSERTED
    unproven: Unproven | None = None
    from_server: bool = False
    illegal_id: str | None = None
    anonymous_ids: tuple[str, ...] = ()
    actor: str | None = None
    link: Link | None = None
    handoff: Handoff | None = None
    retired: str | None = None

    @property
    def named(self) -> tuple[str, str] | None:
        """The identifier that the event speaks with, kind and value: its user id, else its address."""
        if self.user_id is not None:
            return "user", self.user_id
        return None if self.email is None else ("email", self.email)

    @property
    def proof(self) -> Proof:
        """The proof for that identifier."""
        return self.strength if self.user_id is not None else self.email_strength

    @property
    def sender(self) -> Sender:
        if self.from_server:
            return Sender.SERVER
        is_proven = self.strength >= Proof.PROVEN_EMAIL or self.email_strength >= Proof.PROVEN_EMAIL
        return Sender.SIGNED if is_proven and self.unproven is None else Sender.PUBLIC

    def addresses(self) -> tuple[Address, ...]:
        """Every address that the event names: its own, and a user id that is one, as well proven as that is (K18)."""
        own = None if self.email is None else Address(self.email, self.email_display or self.email, self.email_strength)
        named = email_key(self.user_id) if self.user_id is not None and "@" in self.user_id else None
        if named is None or self.user_id is None:
            return () if own is None else (own,)
        if own is None:
            return (Address(named, self.user_id, self.strength),)
        if named == own.value:
            return (own._replace(strength=max(self.strength, own.strength)),)
        return (Address(named, self.user_id, self.strength), own)


class Written(msgspec.Struct, frozen=True):
    """Explicit writes of an event to its person: fields, tags, and whether it opts in or out (`subscribed`, None for
    neither); and `account_id`, the account (group) that it speaks of."""

    fields: dict[str, Any] = {}
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    subscribed: bool | None = None
    account_id: str | None = None


class Draft(msgspec.Struct):
    """An event on its way through the steps, which fill it in: the row that is stored, and beside it `asserted` and `written`.

    `properties` holds the traits for `identify` and `group`; an `alias` names its previous id as `name`. `owner` names the
    device: the anonymous id, else the user. `former_id` is the message id that an earlier version gave the same event.
    `index` is its place in its request, `raw` the event as it came; both are for the quarantine.
    """

    index: int
    site_id: int
    type: str
    message_id: str
    time: int
    received_at: int
    original_time: str | None = None
    name: str | None = None
    url: str | None = None
    anonymous_id: str | None = None
    owner: str = ""
    device_id: int = 0
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}
    flags: int = 0
    fingerprint: bytes = b""
    former_id: str | None = None
    raw: bytes = b""
    asserted: Asserted = Asserted()
    written: Written = Written()


class Event(Draft, frozen=True):  # type: ignore[misc]  # a draft that is finished: msgspec allows it, dataclasses do not
    """One thing reported, past all steps and ready to be written. It is frozen: a change makes a new value."""

    @property
    def cause(self) -> str:
        """Cause of entries in the log, one entry for each: the message id, apart for each kind of sender."""
        sender = self.asserted.sender
        return self.message_id if sender == Sender.PUBLIC else f"{self.message_id}{MARK}{sender.name.lower()}"


def finished(draft: Draft) -> Event:
    """Return the event that a draft has become."""
    return Event(*msgspec.structs.astuple(draft))


class Rejection(Exception):
    """Raised by a step: the journey of this event ends in quarantine. `field` is the part at fault, if one is."""

    def __init__(self, reason: Reason, detail: str, field: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.field = field
