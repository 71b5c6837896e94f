"""Which strings may name somebody: illegal ids (rule R2) and the normal form of an e-mail address (rule R3)."""

from __future__ import annotations

import re
import unicodedata

MAX_ID = 255
"""Characters, not bytes."""

ILLEGAL_IDS = frozenset(
    {
        "", "anon", "anonymous", "anonymous_id", "anonymousid", "distinct_id", "distinctid", "email", "false", "guest",
        "id", "nan", "none", "not_authenticated", "null", "[object object]", "true", "undefined", "unknown", "user_id",
        "userid", "-1",
    }
)  # fmt: skip
"""PostHog's list, Segment's blocked values and our own, compared after trimming, unquoting and lower-casing."""

# One set of white space for the browser and the server: JavaScript's trim() and Python's strip() differ on U+0085.
SPACE = " \t\n\r\v\f\u00a0\ufeff\u2028\u2029\u0085"
_LONGEST = 40
"""Longer than any placeholder with its quotes; only zeros and dashes can be illegal beyond it, and control characters."""
_QUOTES = "\"'`"
_ZEROS = re.compile(r"[0-]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FITS_IN_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*\Z")
_EMAIL = re.compile(r"[^\s@<>,;:\"\\()\[\]]+@[^\s@<>,;:\"\\()\[\]]+\Z")


def is_illegal(value: str) -> bool:
    """Say whether `value` is a placeholder, not an id: such ids identify nobody."""
    if not value.isprintable() and _CONTROL.search(value) is not None:
        return True
    if len(value) > _LONGEST and value[0] not in "0-":
        return "\ufffd" in value
    bare = value.strip(SPACE).strip(_QUOTES).strip(SPACE).lower()
    return bare in ILLEGAL_IDS or _ZEROS.match(bare) is not None or "\ufffd" in value


def is_too_long(value: str) -> bool:
    return len(value) > MAX_ID


def names_somebody(value: str) -> bool:
    """Say whether `value` may be somebody's id: neither too long, nor a placeholder."""
    return not is_too_long(value) and not is_illegal(value)


def fits_in_path(value: str) -> bool:
    """Say whether an id can be a part of a path as it is: no proxy or browser reads it in another way, as it would `..`."""
    return _FITS_IN_PATH.match(value) is not None


def email_key(value: str) -> str | None:
    """Return the form of an address that is used for looking people up, or None when it is not an address.

    Trimmed, NFC and lower-case as a whole; dots and plus-tags stay, because folding them joins different mailboxes.
    """
    address = unicodedata.normalize("NFC", value.strip(SPACE)).lower()
    return address if len(address) <= MAX_ID and _EMAIL.match(address) and not is_illegal(address) else None
