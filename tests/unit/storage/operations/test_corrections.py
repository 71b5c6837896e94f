"""What people do by hand, called directly: previews change nothing at all, and say what would happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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


Operation = Callable[[App, bool], Outcome]


def detach(app: App, preview: bool) -> Outcome:
    return corrections.detach(app.installation.store, app.site, "x", "t", app.clock(), preview=preview)


def attach(app: App, preview: bool) -> Outcome:
    return corrections.attach(app.installation.store, app.site, "x", number(app, "user:B"), "t", app.clock(), preview=preview)


def merge(app: App, preview: bool) -> Outcome:
    source, target = number(app, "user:B"), number(app, "user:A")
    return corrections.merge(app.installation.store, app.site, source, target, "t", app.clock(), preview=preview)


def log_out(app: App, preview: bool) -> Outcome:
    return corrections.log_out(app.installation.store, app.site, "x", app.clock(), "t", app.clock(), preview=preview)


@pytest.mark.parametrize("operation", [detach, attach, merge, log_out])
def test_a_preview_is_the_operation_taken_back(two: App, operation: Operation) -> None:
    before = everything(two)
    told = operation(two, True)
    assert everything(two) == before
    done = operation(two, False)
    assert everything(two) != before
    assert (told.preview, done.preview) == (True, False)
    assert [(moved.before, moved.after) for moved in told.people] == [(moved.before, moved.after) for moved in done.people]


def test_a_merge_says_how_both_look_before_and_after(two: App) -> None:
    source, target = number(two, "user:B"), number(two, "user:A")
    told = {moved.person_id: moved for moved in merge(two, True).people}
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
    merge_id = merge(two, False).merge_id
    assert merge_id is not None
    corrections.unmerge(two.installation.store, two.site, merge_id, "t", two.clock())
    assert {name: rows for name, rows in everything(two).items() if name in kept} == before
    with pytest.raises(Conflict):
        corrections.unmerge(two.installation.store, two.site, merge_id, "t", two.clock())


def test_merges_are_taken_back_out_of_the_middle_of_a_chain(two: App) -> None:
    """C -> B -> A; taking back the older one leaves B with A, taking back the newer one leaves C with B."""
    tell(two, "identify", "z", "C")
    a, b, c = (number(two, f"user:{name}") for name in "ABC")
    store, site = two.installation.store, two.site
    first = corrections.merge(store, site, c, b, "t", two.clock()).merge_id
    second = corrections.merge(store, site, c, a, "t", two.clock() + 1).merge_id

    def canonical() -> dict[int, int]:
        return {row.person_id: row.canonical_id for row in two.rows(tables.person)}

    assert first is not None
    assert second is not None
    assert canonical() == {a: a, b: a, c: a}, "C stood for B by then"
    corrections.unmerge(store, site, first, "t", two.clock() + 2)
    assert canonical() == {a: a, b: a, c: c}
    corrections.merge(store, site, c, b, "t", two.clock() + 3)
    assert canonical() == {a: a, b: a, c: a}
    corrections.unmerge(store, site, second, "t", two.clock() + 4)
    assert canonical() == {a: a, b: b, c: a}, "the last merge was with A, for whom B stood"


def test_what_does_not_exist(two: App) -> None:
    store, site, now = two.installation.store, two.site, two.clock()
    calls: list[Callable[[], Outcome]] = [
        lambda: corrections.detach(store, site, "nobody", "t", now),
        lambda: corrections.attach(store, site, "x", 1, "t", now),
        lambda: corrections.attach(store, site, "nobody", number(two, "user:A"), "t", now),
        lambda: corrections.merge(store, site, number(two, "user:A"), 1, "t", now),
        lambda: corrections.unmerge(store, site, 1, "t", now),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_nothing_to_do(two: App) -> None:
    store, site, now, a = two.installation.store, two.site, two.clock(), number(two, "user:A")
    with pytest.raises(Conflict):
        corrections.merge(store, site, a, a, "t", now)
    with pytest.raises(Conflict):
        corrections.attach(store, site, "x", a, "t", now)
    detach(two, False)
    with pytest.raises(Conflict):
        detach(two, False)
