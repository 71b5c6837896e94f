"""Sentences for an entry of the identity log: a title, a sentence, and how a person can do by hand what was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ....domain.asked import number
from ....domain.log import Op, Refusal, Way, meaning, name_of
from ....storage.reports import LogRow, Name
from ....storage.reports.refusals import MergeEnds, remedy_of
from . import terms

Part = tuple[str, Any]
"""A piece of a sentence: ("text", words), ("person", Name), ("visitor", anonymous id) or ("time", microseconds)."""

ICONS: Mapping[str, str] = {
    Op.ANONYMOUS_MERGE: "merge",
    Op.MERGE_REFUSED: "refused",
    Op.IDENTIFY_REFUSED: "refused",
    Op.ILLEGAL_ID: "refused",
    Op.IMPERSONATION: "mask",
    Op.ID_ROTATED: "mask",
    Op.DETACHED: "apart",
    Op.ATTACHED: "merge",
    Op.LOGGED_OUT: "apart",
    Op.PEOPLE_MERGED: "merge",
    Op.PEOPLE_UNMERGED: "apart",
    Op.ADDRESS_MOVED: "merge",
    Op.ADDRESS_REMOVED: "refused",
    Op.PERSON_DELETED: "refused",
    Op.HANDOFF: "merge",
}
"""Every operation -> its icon."""


class Remedy(msgspec.Struct, frozen=True):
    """A link to the preview of what can be done about an entry."""

    label: str
    path: str
    query: dict[str, str]


class Story(msgspec.Struct, frozen=True):
    """Story of an entry. `is_claim`: with events that moved. `person_label` and `other_label` say what its two people have
    to do with it; None for a merge of two people, whose sentence names both."""

    title: str
    icon: str
    parts: list[Part]
    remedy: Remedy | None
    is_claim: bool
    person_label: str | None
    other_label: str | None

    @property
    def text(self) -> str:
        """The sentence without its links."""
        return "".join(value.label if kind == "person" else str(value) for kind, value in self.parts)


def story(log: LogRow, ends: dict[int, MergeEnds]) -> Story:
    """Tell an entry. `ends` are the two people of each merge that an entry names."""
    tell = _TELLERS.get(log.op, _unknown)
    parts = tell(log, ends.get(merge_id(log) or 0))
    is_of_two = log.op in (Op.PEOPLE_MERGED, Op.PEOPLE_UNMERGED)
    return Story(
        title=name_of(log.op, log.detail) or terms.readable(log.op).rstrip("."),
        icon=ICONS.get(log.op, "refused"),
        parts=[part for part in parts if part[1] not in ("", None)],
        remedy=_remedy(log, ends),
        is_claim=log.op == Op.ANONYMOUS_MERGE,
        person_label=None if is_of_two else _PERSON_LABELS.get(log.op, "Person"),
        other_label=None if is_of_two else _other_label(log),
    )


_PERSON_LABELS: Mapping[str, str] = {
    Op.ANONYMOUS_MERGE: "Merged into",
    Op.MERGE_REFUSED: "Asked for by",
    Op.ATTACHED: "Given to",
    Op.DETACHED: "Taken from",
}


def _other_label(log: LogRow) -> str:
    if log.op != Op.MERGE_REFUSED:
        return "Taken from"
    return "The other person" if str(log.detail.get("reason")) in _BETWEEN_TWO else "Belongs to"


def merge_id(log: LogRow) -> int | None:
    """Return the number of the merge of two people that an entry tells of."""
    return number(str(log.detail.get("merge_id", "")))


def _remedy(log: LogRow, ends: dict[int, MergeEnds]) -> Remedy | None:
    if log.op == Op.MERGE_REFUSED:
        return _by_hand(log)
    found = ends.get(merge_id(log) or 0)
    if log.op == Op.PEOPLE_MERGED and found is not None and found.reversed_at is None:
        return Remedy("Undo merge…", "/unmerge", {"merge": str(merge_id(log))})
    return None


def _by_hand(log: LogRow) -> Remedy | None:
    found = remedy_of(log)
    if found is None:
        return None
    if found.way is Way.ATTACH:
        query = {"id": str(log.anonymous_id), "person": str(found.person_id)}
        return Remedy("Carry out by hand…", "/attach", query)
    return Remedy("Carry out by hand…", "/merge", {"source": str(found.other_id), "target": str(found.person_id)})


def _has_it_now(log: LogRow, person: Name) -> bool:
    """Was what had been refused carried out since?"""
    return log.owner is not None and log.owner.person_id == person.person_id


# -- one function for each operation -----------------------------------------------------------------------------------


def _merged(log: LogRow, _: MergeEnds | None) -> list[Part]:
    if log.overridden:
        rest = " holds no longer: a stronger proof came later, or somebody changed it by hand"
        return [("text", "That of visitor "), ("visitor", log.anonymous_id), ("text", rest)]
    events = f"{log.events:,} event{'' if log.events == 1 else 's'} of visitor "
    since: list[Part] = [] if log.since is None else [("text", ", since "), ("time", log.since)]
    return [("text", events), ("visitor", log.anonymous_id), *since]


def _refused(log: LogRow, _: MergeEnds | None) -> list[Part]:
    reason = str(log.detail.get("reason"))
    rotated = " The browser was told to take a new id." if log.detail.get("rotated") else ""
    said = terms.refusal_in_words(log.detail)
    return [("text", said), *_whose(log, reason), ("text", rotated)]


_BETWEEN_TWO = frozenset({Refusal.TWO_PEOPLE, Refusal.UNDONE, Refusal.MERGED_AWAY, Refusal.TOO_MANY_PEOPLE})
"""Refusals that are about the other person, not about what that person has."""


def _whose(log: LogRow, reason: str) -> list[Part]:
    found = meaning(log.detail)
    if found is not None and found.way is Way.ATTACH and log.person is not None and _has_it_now(log, log.person):
        return [("text", " This person has it now.")]
    if log.other is None or log.other == log.person:
        return []
    before, after = (" The other one is ", ".") if reason in _BETWEEN_TWO else (" It is ", "'s.")
    return [("text", before), ("person", log.other), ("text", after)]


def _not_believed(log: LogRow, _: MergeEnds | None) -> list[Part]:
    who = _said(log, "user_id") or _said(log, "email")
    named = f"Somebody said to be “{who}”. " if who else ""
    return [
        ("text", f"{named}{terms.unproven_in_words(log.detail.get('reason'))} The event was kept, and believed in nothing.")
    ]


def _illegal(log: LogRow, _: MergeEnds | None) -> list[Part]:
    return [
        ("text", f"“{_said(log, 'value')}” is a placeholder, not somebody's id. The event was kept; nobody was identified.")
    ]


def _impersonated(log: LogRow, _: MergeEnds | None) -> list[Part]:
    who: list[Part] = [("text", "this user")] if log.person is None else [("person", log.person)]
    actor = _said(log, "actor") or "Somebody"
    return [("text", f"{actor} acted as "), *who, ("text", " in this browser; these events are on nobody's timeline.")]


def _rotated(_: LogRow, __: MergeEnds | None) -> list[Part]:
    return [("text", "What came without a user is a new visitor's; the browser was told to take a new id.")]


def _detached(log: LogRow, _: MergeEnds | None) -> list[Part]:
    whose: list[Part] = [] if log.person is None else [("text", " was taken from "), ("person", log.person)]
    return [("text", "Visitor "), ("visitor", log.anonymous_id), *whose, ("text", f" by {_by(log)}.")]


def _attached(log: LogRow, _: MergeEnds | None) -> list[Part]:
    whose: list[Part] = [] if log.person is None else [("text", " was given to "), ("person", log.person)]
    before: list[Part] = [] if log.other is None else [("text", " It was "), ("person", log.other), ("text", "'s before.")]
    return [("text", "Visitor "), ("visitor", log.anonymous_id), *whose, ("text", f" by {_by(log)}."), *before]


def _logged_out(log: LogRow, _: MergeEnds | None) -> list[Part]:
    since = log.detail.get("since")
    at: list[Part] = [("text", " at "), ("time", since)] if isinstance(since, int) else []
    rest = ", said " + _by(log) + ". What comes after it without a user is free to be the next person's."
    return [("text", "Somebody logged out"), *at, ("text", rest)]


def _people_merged(log: LogRow, ends: MergeEnds | None) -> list[Part]:
    by = f" by {_by(log)}."
    if ends is None:
        return [("text", "Two people became one"), ("text", by)]
    undone: list[Part] = (
        [] if ends.reversed_at is None else [("text", " It was undone "), ("time", ends.reversed_at), ("text", ".")]
    )
    return [("person", ends.source), ("text", " was merged into "), ("person", ends.target), ("text", by), *undone]


def _people_unmerged(log: LogRow, ends: MergeEnds | None) -> list[Part]:
    by = f" by {_by(log)}."
    if ends is None:
        return [("text", "A merge of two people was undone"), ("text", by)]
    both: list[Part] = [("person", ends.source), ("text", " and "), ("person", ends.target)]
    return [*both, ("text", " are two people again, separated"), ("text", by)]


def _address_moved(log: LogRow, _: MergeEnds | None) -> list[Part]:
    before: list[Part] = [] if log.other is None else [("text", " It was "), ("person", log.other), ("text", "'s before.")]
    whose: list[Part] = [("text", "this person")] if log.person is None else [("person", log.person)]
    return [("text", f"{_said(log, 'address')} was proven to be "), *whose, ("text", "'s address."), *before]


def _address_removed(log: LogRow, _: MergeEnds | None) -> list[Part]:
    whose: list[Part] = [("text", "this person")] if log.person is None else [("person", log.person)]
    return [("text", f"{_said(log, 'address')} was taken from "), *whose, ("text", f" by {_by(log)}.")]


def _deleted(log: LogRow, _: MergeEnds | None) -> list[Part]:
    events = log.detail.get("events")
    gone = f" with {events:,} event{'' if events == 1 else 's'}" if isinstance(events, int) else ""
    return [("text", f"A person was deleted{gone} by {_by(log)}. Only keyed hashes of the names stay.")]


def _handed_over(log: LogRow, _: MergeEnds | None) -> list[Part]:
    return [
        ("text", "Visitor "),
        ("visitor", _said(log, "other")),
        ("text", " came over from another domain and is "),
        ("visitor", log.anonymous_id),
        ("text", " here: who claims one claims both."),
    ]


def _unknown(log: LogRow, _: MergeEnds | None) -> list[Part]:
    return [("text", terms.refusal_in_words(log.detail if log.detail.get("reason") else {"reason": log.op}))]


_TELLERS: Mapping[str, Callable[[LogRow, MergeEnds | None], list[Part]]] = {
    Op.ANONYMOUS_MERGE: _merged,
    Op.MERGE_REFUSED: _refused,
    Op.IDENTIFY_REFUSED: _not_believed,
    Op.ILLEGAL_ID: _illegal,
    Op.IMPERSONATION: _impersonated,
    Op.ID_ROTATED: _rotated,
    Op.DETACHED: _detached,
    Op.ATTACHED: _attached,
    Op.LOGGED_OUT: _logged_out,
    Op.PEOPLE_MERGED: _people_merged,
    Op.PEOPLE_UNMERGED: _people_unmerged,
    Op.ADDRESS_MOVED: _address_moved,
    Op.ADDRESS_REMOVED: _address_removed,
    Op.PERSON_DELETED: _deleted,
    Op.HANDOFF: _handed_over,
}


def _said(log: LogRow, key: str) -> str:
    value = log.detail.get(key)
    return value if isinstance(value, str) else ""


def _by(log: LogRow) -> str:
    return terms.by_in_words(log.detail.get("by"))
