"""Corrections as the console offers them: each with its form, and the texts around it."""

from __future__ import annotations

import msgspec

from ....domain.corrections import Attach, Correction, Detach, MergePeople, RemoveEmail, Unmerge
from ....storage.reports import Name
from ....storage.reports.refusals import MergeEnds
from ..words.format import short_id


class Texts(msgspec.Struct, frozen=True):
    """`meaning` says what will be, `undo` whether and how it can be taken back."""

    title: str
    meaning: str
    undo: str
    button: str


class Operation(msgspec.Struct, frozen=True):
    """One correction, asked for. `path` and `said` are its form and the fields in it; `notice` is told afterwards."""

    correction: Correction
    path: str
    said: dict[str, str]
    texts: Texts
    notice: str


def detach(anonymous_id: str, lookback_days: int) -> Operation:
    texts = Texts(
        f"Detach visitor {short_id(anonymous_id)}",
        "What was done without a user in this browser belongs to nobody again, with the fields and visits that only it "
        "gave. What was done with a user id stays that user's.",
        "No identify merges it again by itself. “Attach to a person…” on the visitor's page gives it back, as far as "
        f"{lookback_days} days before that.",
        "Detach",
    )
    return Operation(Detach(anonymous_id), "/detach", {"id": anonymous_id}, texts, "detached")


def attach(anonymous_id: str, person: Name, lookback_days: int) -> Operation:
    texts = Texts(
        f"Attach visitor {short_id(anonymous_id)} to {person.label}",
        f"What was done without a user in this browser in the last {lookback_days} days, and from now on, "
        f"becomes {person.label}'s, whoever has it now. What nobody can tell apart, because several people used the "
        "browser, stays nobody's.",
        "“Detach…” takes it away again; it then belongs to nobody, not to whoever had it before.",
        "Attach",
    )
    said = {"id": anonymous_id, "person": str(person.person_id)}
    return Operation(Attach(anonymous_id, person.person_id), "/attach", said, texts, "attached")


def merge(source: Name, target: Name) -> Operation:
    texts = Texts(
        f"Merge {source.label} into {target.label}",
        f"{source.label} is shown as {target.label} from now on: one timeline, one set of fields and tags. Underneath, "
        "each keeps what is its own.",
        "“Undo merge…” on the person's page gives back both exactly, with what each did in between.",
        "Merge",
    )
    said = {"source": str(source.person_id), "target": str(target.person_id)}
    return Operation(MergePeople(source.person_id, target.person_id), "/merge", said, texts, "merged")


def unmerge(merge_id: int, ends: MergeEnds) -> Operation:
    texts = Texts(
        f"Undo the merge of {ends.source.label} into {ends.target.label}",
        f"{ends.source.label} and {ends.target.label} are two people again, each with what is its own, also what happened "
        "since the merge.",
        "They can be merged again by hand; nothing else merges them again.",
        "Undo merge",
    )
    return Operation(Unmerge(merge_id), "/unmerge", {"merge": str(merge_id)}, texts, "unmerged")


def remove_email(person: Name, email: str) -> Operation:
    texts = Texts(
        f"Remove the address {email}",
        f"{email} is no longer an address of {person.label}'s: nobody is found by it, and it is whose who says it next. "
        "Events stay where they are.",
        "It comes back with the next identify that names it.",
        "Remove address",
    )
    said = {"person": str(person.person_id), "email": email}
    return Operation(RemoveEmail(person.person_id, email), "/remove-email", said, texts, "removed")
