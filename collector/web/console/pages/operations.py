"""What can be done to identity by hand: each operation with its texts, and the call that previews it and carries it out."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ....domain.sites import Site
from ....storage.engine import Store
from ....storage.operations import corrections
from ....storage.operations.corrections import Outcome
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
    """One operation, asked for. `said` are the fields of its form, `call(preview)` does it; `notice` is told afterwards."""

    path: str
    said: dict[str, str]
    texts: Texts
    notice: str
    call: Callable[[bool], Outcome]


class Hand(msgspec.Struct, frozen=True):
    """Whose hand it is: on which site, in whose name, at which moment."""

    store: Store
    site: Site
    by: str
    now: int

    def detach(self, anonymous_id: str) -> Operation:
        texts = Texts(
            f"Detach visitor {short_id(anonymous_id)}",
            "What was done without a user in this browser belongs to nobody again, with the fields and visits that only it "
            "gave. What was done with a user id stays that user's.",
            "No identify merges it again by itself. “Attach to a person…” on the visitor's page gives it back, as far as "
            f"{self.site.lookback_days} days before that.",
            "Detach",
        )
        return Operation("/detach", {"id": anonymous_id}, texts, "detached", self._detach(anonymous_id))

    def _detach(self, anonymous_id: str) -> Callable[[bool], Outcome]:
        return lambda preview: corrections.detach(self.store, self.site, anonymous_id, self.by, self.now, preview=preview)

    def attach(self, anonymous_id: str, person: Name) -> Operation:
        texts = Texts(
            f"Attach visitor {short_id(anonymous_id)} to {person.label}",
            f"What was done without a user in this browser in the last {self.site.lookback_days} days, and from now on, "
            f"becomes {person.label}'s, whoever has it now. What nobody can tell apart, because several people used the "
            "browser, stays nobody's.",
            "“Detach…” takes it away again; it then belongs to nobody, not to whoever had it before.",
            "Attach",
        )
        said = {"id": anonymous_id, "person": str(person.person_id)}
        return Operation("/attach", said, texts, "attached", self._attach(anonymous_id, person.person_id))

    def _attach(self, anonymous_id: str, person_id: int) -> Callable[[bool], Outcome]:
        return lambda preview: corrections.attach(
            self.store, self.site, anonymous_id, person_id, self.by, self.now, preview=preview
        )

    def merge(self, source: Name, target: Name) -> Operation:
        texts = Texts(
            f"Merge {source.label} into {target.label}",
            f"{source.label} is shown as {target.label} from now on: one timeline, one set of fields and tags. Underneath, "
            "each keeps what is its own.",
            "“Undo merge…” on the person's page gives back both exactly, with what each did in between.",
            "Merge",
        )
        said = {"source": str(source.person_id), "target": str(target.person_id)}
        return Operation("/merge", said, texts, "merged", self._merge(source.person_id, target.person_id))

    def _merge(self, source: int, target: int) -> Callable[[bool], Outcome]:
        return lambda preview: corrections.merge(self.store, self.site, source, target, self.by, self.now, preview=preview)

    def remove_email(self, person: Name, email: str) -> Operation:
        texts = Texts(
            f"Remove the address {email}",
            f"{email} is no longer an address of {person.label}'s: nobody is found by it, and it is whose who says it next. "
            "Events stay where they are.",
            "It comes back with the next identify that names it.",
            "Remove address",
        )
        said = {"person": str(person.person_id), "email": email}
        return Operation("/remove-email", said, texts, "removed", self._remove_email(person.person_id, email))

    def _remove_email(self, person_id: int, email: str) -> Callable[[bool], Outcome]:
        return lambda preview: corrections.remove_email(
            self.store, self.site, person_id, email, self.by, self.now, preview=preview
        )

    def unmerge(self, merge_id: int, ends: MergeEnds) -> Operation:
        texts = Texts(
            f"Undo the merge of {ends.source.label} into {ends.target.label}",
            f"{ends.source.label} and {ends.target.label} are two people again, each with what is its own, also what happened "
            "since the merge.",
            "They can be merged again by hand; nothing else merges them again.",
            "Undo merge",
        )
        return Operation("/unmerge", {"merge": str(merge_id)}, texts, "unmerged", self._unmerge(merge_id))

    def _unmerge(self, merge_id: int) -> Callable[[bool], Outcome]:
        return lambda preview: corrections.unmerge(self.store, self.site, merge_id, self.by, self.now, preview=preview)
