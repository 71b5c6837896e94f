"""Corrections by hand, called directly: previews change nothing at all, and say what would happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from collector.domain.corrections import Attach, Correction, Detach, LogOut, MergePeople, Unmerge
from collector.errors import Conflict, NotFound
from collector.storage import tables
from collector.storage.operations import corrections
from collector.storage.operations.corrections import Outcome
from tests.support.app import App

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def everything(app: App) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted((tuple(row) for row in app.rows(table)), key=repr) for name, table in tables.metadata.tables.items()}


def tell(app: App, kind: str, anonymous: str, user: str | None = None, **more: Any) -> None:
    app.clock.wait(1)
    app.batch({"type": kind, "anonymousId": anonymous, "userId": user, "event": "e", **more})


def number(app: App, name: str) -> int:
    found: int = app.people()[name].person_id
    return found


@pytest.fixture
def two(app: App) -> App:
    """A on x, with a page before; B on y."""
    tell(app, "page", "x")
    tell(app, "identify", "x", "A", traits={"plan": "pro"})
    tell(app, "identify", "y", "B", traits={"plan": "free", "city": "Rome"})
    return app


def carry_out(app: App, correction: Correction, *, preview: bool = False, later: int = 0) -> Outcome:
    return corrections.carry_out(app.installation.store, app.site, correction, "t", app.clock() + later, preview=preview)


Asked = Callable[[App], Correction]


def detach(_: App) -> Correction:
    return Detach("x")


def attach(app: App) -> Correction:
    return Attach("x", number(app, "user:B"))


def merge(app: App) -> Correction:
    return MergePeople(number(app, "user:B"), number(app, "user:A"))


def log_out(app: App) -> Correction:
    return LogOut("x", app.clock())


@pytest.mark.parametrize("asked", [detach, attach, merge, log_out])
def test_a_preview_is_the_operation_taken_back(two: App, asked: Asked) -> None:
    before, correction = everything(two), asked(two)
    told = carry_out(two, correction, preview=True)
    assert everything(two) == before
    done = carry_out(two, correction)
    assert everything(two) != before
    assert (told.preview, done.preview) == (True, False)
    assert [(moved.before, moved.after) for moved in told.people] == [(moved.before, moved.after) for moved in done.people]


def test_a_merge_says_how_both_look_before_and_after(two: App) -> None:
    source, target = number(two, "user:B"), number(two, "user:A")
    told = {moved.person_id: moved for moved in carry_out(two, merge(two), preview=True).people}
    assert told[source].after is None, "its number stands for the other"
    before, after = told[target].before, told[target].after
    assert before is not None
    assert after is not None
    assert (before.events, after.events) == (2, 3)
    assert {key: field.value for key, field in after.person.fields.items()} == {"plan": "pro", "city": "Rome"}
    assert after.person.anonymous_ids == ["x", "y"]


def test_unmerge_gives_back_every_row(two: App) -> None:
    kept = ("person", "stream", "identifier", "device", "event")
    before = {name: rows for name, rows in everything(two).items() if name in kept}
    merge_id = carry_out(two, merge(two)).merge_id
    assert merge_id is not None
    carry_out(two, Unmerge(merge_id))
    assert {name: rows for name, rows in everything(two).items() if name in kept} == before
    with pytest.raises(Conflict):
        carry_out(two, Unmerge(merge_id))


def test_merges_are_taken_back_out_of_the_middle_of_a_chain(two: App) -> None:
    """C -> B -> A; taking back the older one leaves B with A, taking back the newer one leaves C with B."""
    tell(two, "identify", "z", "C")
    a, b, c = (number(two, f"user:{name}") for name in "ABC")
    first = carry_out(two, MergePeople(c, b)).merge_id
    second = carry_out(two, MergePeople(c, a), later=1).merge_id

    def canonical() -> dict[int, int]:
        return {row.person_id: row.canonical_id for row in two.rows(tables.person)}

    assert first is not None
    assert second is not None
    assert canonical() == {a: a, b: a, c: a}, "C stood for B by then"
    carry_out(two, Unmerge(first), later=2)
    assert canonical() == {a: a, b: a, c: c}
    carry_out(two, MergePeople(c, b), later=3)
    assert canonical() == {a: a, b: a, c: a}
    carry_out(two, Unmerge(second), later=4)
    assert canonical() == {a: a, b: b, c: a}, "the last merge was with A, for whom B stood"


def test_correction_of_what_does_not_exist(two: App) -> None:
    a = number(two, "user:A")
    asked: list[Correction] = [Detach("nobody"), Attach("x", 1), Attach("nobody", a), MergePeople(a, 1), Unmerge(1)]
    for correction in asked:
        with pytest.raises(NotFound):
            carry_out(two, correction)


def test_correction_with_nothing_to_do(two: App) -> None:
    a = number(two, "user:A")
    with pytest.raises(Conflict):
        carry_out(two, MergePeople(a, a))
    with pytest.raises(Conflict):
        carry_out(two, Attach("x", a))
    carry_out(two, detach(two))
    with pytest.raises(Conflict):
        carry_out(two, detach(two))
