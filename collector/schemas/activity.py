"""The activity log as the API answers it: events, and what was decided about identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..domain.identifiers import fits_in_path
from ..domain.log import Op, Refusal, Way, name_of
from ..domain.times import iso
from ..storage.reports import ActivityRow, LogRow
from ..storage.reports.refusals import remedy_of
from .people import EventAnswer, PersonName, event_values, maybe_iso, maybe_number, person_name


class ByHand(msgspec.Struct):
    """The request that carries out what was refused; `preview` may be added to its body."""

    method: str
    path: str
    body: dict[str, Any]


class EventEntry(EventAnswer, kw_only=True, tag_field="kind", tag="event"):
    at: str
    person: PersonName | None


class LogEntry(msgspec.Struct, kw_only=True, tag_field="kind", tag="other"):
    """Decision about identity; `person` is who asked for it or got it, `other` who had it before or has it.

    `reason` and `by_hand` are those of a refusal, `merge_id` that of a merge of two people.
    """

    log_id: str
    name: str
    at: str
    anonymous_id: str | None
    person_id: str | None
    person: PersonName | None
    other: PersonName | None
    reason: str | None
    merge_id: str | None
    by_hand: ByHand | None
    detail: dict[str, Any]


class AnonymousMerge(LogEntry, kw_only=True, tag=Op.ANONYMOUS_MERGE.value):
    """A visitor became a person. `events` of the visitor's events, back to `since`, are the person's now."""

    events: int
    since: str | None
    overridden: bool


class MergeRefused(LogEntry, tag=Op.MERGE_REFUSED.value):
    """A visitor did not become the person, or two people did not become one, for the `reason`."""


class IdentifyRefused(LogEntry, tag=Op.IDENTIFY_REFUSED.value):
    """Identification without proof, or with a wrong one."""


class IllegalId(LogEntry, kw_only=True, tag=Op.ILLEGAL_ID.value):
    """Identification by a placeholder; the event was kept, nobody was identified."""

    value: str | None


class Impersonation(LogEntry, tag=Op.IMPERSONATION.value):
    """Impersonation: somebody acts in the person's name."""


class IdRotated(LogEntry, tag=Op.ID_ROTATED.value):
    """The browser was told to take a new anonymous id."""


class HandoffFollowed(LogEntry, tag=Op.HANDOFF.value):
    """The visitor came over from another domain of the site."""


class Detached(LogEntry, tag=Op.DETACHED.value):
    """A device was taken from the person by hand."""


class Attached(LogEntry, tag=Op.ATTACHED.value):
    """A device was given to the person by hand."""


class LoggedOut(LogEntry, tag=Op.LOGGED_OUT.value):
    """A server told of a log-out on the device."""


class PeopleMerged(LogEntry, tag=Op.PEOPLE_MERGED.value):
    """`other` is shown as `person` since then."""


class PeopleUnmerged(LogEntry, tag=Op.PEOPLE_UNMERGED.value):
    """A merge of `other` into `person` was taken back."""


class AddressMoved(LogEntry, tag=Op.ADDRESS_MOVED.value):
    """An address that was `other`'s is `person`'s, who proved it better."""


class AddressRemoved(LogEntry, tag=Op.ADDRESS_REMOVED.value):
    """An address was taken from `person` by hand."""


class PersonDeleted(LogEntry, tag=Op.PERSON_DELETED.value):
    """Deletion of a person; it is not told of whom."""


Entry = (
    EventEntry
    | AnonymousMerge
    | MergeRefused
    | IdentifyRefused
    | IllegalId
    | Impersonation
    | IdRotated
    | HandoffFollowed
    | Detached
    | Attached
    | LoggedOut
    | PeopleMerged
    | PeopleUnmerged
    | AddressMoved
    | AddressRemoved
    | PersonDeleted
    | LogEntry
)

_KINDS: Mapping[str, type[LogEntry]] = {
    Op.MERGE_REFUSED: MergeRefused,
    Op.IDENTIFY_REFUSED: IdentifyRefused,
    Op.IMPERSONATION: Impersonation,
    Op.ID_ROTATED: IdRotated,
    Op.HANDOFF: HandoffFollowed,
    Op.DETACHED: Detached,
    Op.ATTACHED: Attached,
    Op.LOGGED_OUT: LoggedOut,
    Op.PEOPLE_MERGED: PeopleMerged,
    Op.PEOPLE_UNMERGED: PeopleUnmerged,
    Op.ADDRESS_MOVED: AddressMoved,
    Op.ADDRESS_REMOVED: AddressRemoved,
    Op.PERSON_DELETED: PersonDeleted,
}
"""The identity log's operations; those with more to tell are below."""


class ActivityAnswer(msgspec.Struct):
    entries: list[Entry]
    next: str | None


def activity_entry(row: ActivityRow) -> Entry:
    if row.event is not None:
        return EventEntry(**event_values(row.event), at=iso(row.at), person=person_name(row.person))
    assert row.log is not None
    return _log_entry(row.log)


def _log_entry(row: LogRow) -> Entry:
    values = _log_values(row)
    if row.op == Op.ANONYMOUS_MERGE:
        return AnonymousMerge(**values, events=row.events, since=maybe_iso(row.since), overridden=row.overridden)
    if row.op == Op.ILLEGAL_ID:
        return IllegalId(**values, value=_text(row.detail.get("value")))
    return _KINDS.get(row.op, LogEntry)(**values)


def _log_values(row: LogRow) -> dict[str, Any]:
    return {
        "log_id": str(row.log_id),
        "name": name_of(row.op, row.detail) or row.op,
        "at": iso(row.at),
        "anonymous_id": row.anonymous_id,
        "person_id": maybe_number(row.person.person_id if row.person else None),
        "person": person_name(row.person),
        "other": person_name(row.other),
        "reason": _text(row.detail.get("reason")),
        "merge_id": _text(row.detail.get("merge_id")),
        "by_hand": by_hand(row),
        "detail": row.detail,
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def by_hand(row: LogRow) -> ByHand | None:
    """Return what carries a refused merge out by hand; None for everything else, where somebody is gone, and once done."""
    found = remedy_of(row)
    if found is None:
        return None
    if found.way is Way.ATTACH:
        return attaching(str(row.anonymous_id), found.person_id)
    return _merging(str(row.detail.get("reason")), found.person_id, int(found.other_id or 0))


def attaching(anonymous_id: str, person_id: int) -> ByHand:
    """Return the request that attaches a device: with the id in its path where it fits, else in its body."""
    body = {"person_id": str(person_id)}
    if fits_in_path(anonymous_id):
        return ByHand("POST", f"/api/visitors/{anonymous_id}/attach", body)
    return ByHand("POST", "/api/visitors/attach", {"anonymous_id": anonymous_id, **body})


def _merging(reason: str, person_id: int, other_id: int) -> ByHand:
    """Return the request that merges two people: as the alias said, a lead into the account, or of two accounts the younger
    (the greater number) into the older."""
    source, target = other_id, person_id
    if reason == Refusal.EMAIL_TAKEN:
        source, target = max(person_id, other_id), min(person_id, other_id)
    return ByHand("POST", f"/api/people/{source}/merge", {"into": str(target)})
