"""The identity log: what its entries say, why something was refused, in which words, and what carries it out by hand.

The one place for these names. They are stored (`identity_log.op`, and `reason` and `by` in its `detail`) and answered by the
API, so a member keeps its value. docs/identity.md, "The log", lists the operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec


class Op(StrEnum):
    """An operation. `person` is who asked for it or got it, `other` who had it before or has it, if anybody."""

    ANONYMOUS_MERGE = "anonymous_merge"  # an anonymous stream became the person's: a claim
    MERGE_REFUSED = "merge_refused"  # it did not, or two people did not become one, or an address is not theirs: `Refusal`
    IDENTIFY_REFUSED = "identify_refused"  # somebody said who they are without proof, or with a wrong one
    ILLEGAL_ID = "illegal_id"  # somebody was to be identified by a placeholder
    IMPERSONATION = "impersonation"  # somebody acts in the person's name
    ID_ROTATED = "id_rotated"  # a kiosk's browser was told to take a new id
    HANDOFF = "handoff"  # the visitor came over from another domain: two devices are one
    DETACHED = "detached"  # by hand: a device was taken from the person
    ATTACHED = "attached"  # by hand: a device was given to the person
    LOGGED_OUT = "logged_out"  # a server told of a log-out on the device
    PEOPLE_MERGED = "people_merged"  # `other` is shown as the person: by hand, by an alias, or a lead joined (also late)
    PEOPLE_UNMERGED = "people_unmerged"  # by hand: a merge was taken back
    ADDRESS_MOVED = "address_moved"  # `other`'s address is the person's, who proved it better
    ADDRESS_REMOVED = "address_removed"  # by hand: an address was taken from the person
    PERSON_DELETED = "person_deleted"  # somebody was deleted; not who


NAMES: Mapping[str, str] = {
    Op.ANONYMOUS_MERGE: "Anonymous merge",
    Op.MERGE_REFUSED: "Merge refused",
    Op.IDENTIFY_REFUSED: "Identify refused",
    Op.ILLEGAL_ID: "Illegal id",
    Op.IMPERSONATION: "Impersonation",
    Op.ID_ROTATED: "Id rotated",
    Op.HANDOFF: "Handoff followed",
    Op.DETACHED: "Detached",
    Op.ATTACHED: "Attached",
    Op.LOGGED_OUT: "Logged out",
    Op.PEOPLE_MERGED: "People merged",
    Op.PEOPLE_UNMERGED: "People unmerged",
    Op.ADDRESS_MOVED: "Address moved",
    Op.ADDRESS_REMOVED: "Address removed",
    Op.PERSON_DELETED: "Person deleted",
}
"""Every operation -> its name, in the API and in the console."""
LEAD_JOINED = "Lead joined"
"""Name of a merge of two people whose source is `By.LEAD`."""


class By(StrEnum):
    """Source of a merge or of a correction, where it is not somebody in the console (`console:NAME`)."""

    API = "api"
    CLI = "cli"
    ALIAS = "alias"  # an alias of the site's server
    LEAD = "lead"  # an identify of an account that named a lead's address
    TRIM = "trim"  # trimming of inactive people


class Unproven(StrEnum):
    """Why an assertion is not believed (`Op.IDENTIFY_REFUSED`). Closed: docs/verified-identify.md explains each."""

    UNSIGNED = "unsigned"
    MALFORMED = "token_malformed"
    SIGNATURE = "token_signature"
    EXPIRED = "token_expired"
    TOO_LONG_LIVED = "token_too_long_lived"
    OTHER_SITE = "token_other_site"
    OTHER_USER = "token_other_user"
    OTHER_ANONYMOUS_ID = "token_other_anonymous_id"
    WITHOUT_USER = "token_without_user"
    USER_HASH_WRONG = "user_hash_wrong"


class Refusal(StrEnum):
    """Why a merge was refused (`Op.MERGE_REFUSED`); `REFUSALS` says each in a sentence, with what carries it out."""

    CLAIMED_BY_ANOTHER = "claimed_by_another"
    CONTESTED = "contested"
    DETACHED = "detached"
    FAN_IN = "fan_in"
    EMAIL_TAKEN = "email_taken"
    EMAIL_VERIFIED = "email_verified"
    TWO_PEOPLE = "two_people"
    UNDONE = "undone"
    TOO_MANY_PEOPLE = "too_many_people"
    MERGED_AWAY = "merged_away"


class Way(StrEnum):
    """A correction by hand that carries out what was refused."""

    ATTACH = "attach"
    MERGE = "merge"


class Meaning(msgspec.Struct, frozen=True):
    """A refusal to people: `sentence`, and the `way` that carries it out, None where nothing may.

    `of_address` is its meaning where an account named an address, which the entry then tells. `is_owners`: nobody but the
    address's owner was named, so what was refused is theirs: the entry's `other`.
    """

    sentence: str
    way: Way | None = None
    of_address: Meaning | None = None
    is_owners: bool = False


_PROVEN = "Somebody has proven that this email address is theirs; typing it is not enough to become them."

REFUSALS: Mapping[str, Meaning] = {
    Refusal.CLAIMED_BY_ANOTHER: Meaning(
        "This browser's history already belongs to somebody else. A second person on the same browser does not get it.",
        Way.ATTACH,
    ),
    Refusal.CONTESTED: Meaning(
        "Several people used this browser, so what was done without a user belongs to nobody.", Way.ATTACH
    ),
    Refusal.DETACHED: Meaning("This browser was detached by hand, so it is not merged again by itself.", Way.ATTACH),
    Refusal.FAN_IN: Meaning(
        "This person has more browsers than one person can have: a shared or hard-coded id. The events are kept.",
        Way.ATTACH,
        of_address=Meaning(
            "This account has more addresses than one person types: somebody may be typing other people's. "
            "The rest of the identify holds.",
            Way.MERGE,
        ),
    ),
    Refusal.EMAIL_TAKEN: Meaning(
        "This email address already belongs to somebody else. The rest of the identify holds.", Way.MERGE
    ),
    Refusal.EMAIL_VERIFIED: Meaning(_PROVEN, Way.ATTACH, of_address=Meaning(_PROVEN, Way.MERGE), is_owners=True),
    Refusal.TWO_PEOPLE: Meaning(
        "A browser asked to make two known people one. Only a server or somebody here may do that.", Way.MERGE
    ),
    Refusal.UNDONE: Meaning("These two were separated by hand, so they are not merged again by themselves.", Way.MERGE),
    Refusal.TOO_MANY_PEOPLE: Meaning(
        "More than a hundred people would be one: that is a program's mistake, not a human. They stay apart."
    ),
    Refusal.MERGED_AWAY: Meaning(
        "This account was merged into somebody else's, so the lead with this address does not join it by itself.", Way.MERGE
    ),
}
"""Every refusal -> what it means; the console and the API take it from here."""


class Remedy(msgspec.Struct, frozen=True):
    """A refusal, carried out: the entry's device is attached to `person_id`, or that person and `other_id` are merged."""

    way: Way
    person_id: int
    other_id: int | None = None


def name_of(op: str, detail: Mapping[str, Any]) -> str | None:
    """Return the name of an entry; None for an operation that is not known here."""
    return LEAD_JOINED if op == Op.PEOPLE_MERGED and detail.get("by") == By.LEAD else NAMES.get(op)


def meaning(detail: Mapping[str, Any]) -> Meaning | None:
    """Return what an entry's refusal means, by its detail; None for a reason that is not known here."""
    found = REFUSALS.get(str(detail.get("reason")))
    return found.of_address if found is not None and found.of_address and "address" in detail else found


def remedy(
    detail: Mapping[str, Any], person_id: int | None, other_id: int | None, anonymous_id: str | None, owner_id: int | None
) -> Remedy | None:
    """Return what carries an entry's refusal out by hand: None where nothing does, where somebody is gone, and once done.

    `owner_id` has the anonymous part of the entry's device now.
    """
    found = meaning(detail)
    if found is None or found.way is None:
        return None
    if found.is_owners:
        person_id, other_id = (other_id, None) if person_id is None else (None, None)
    if person_id is None:
        return None
    if found.way is Way.ATTACH:
        return Remedy(Way.ATTACH, person_id) if anonymous_id and owner_id != person_id else None
    return Remedy(Way.MERGE, person_id, other_id) if other_id is not None and other_id != person_id else None
