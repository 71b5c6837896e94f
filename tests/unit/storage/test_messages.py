"""Messages in the store: revisions that stay, what browsers get, and operations against a small model."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from structlog.testing import capture_logs

from collector.domain.message_states import Archive, Delete, Operation, Pause, Publish, Resume, Save, ShowAgain, Standing
from collector.domain.messages import Message, parse_message
from collector.errors import Conflict, NotFound, PasserbyError, Unavailable
from collector.storage import tables
from collector.storage.engine import Store
from collector.storage.faults import StateMoved
from collector.storage.message_rows import get_message, list_messages, list_revisions, live_messages
from collector.storage.messages import Outcome, carry_out, carry_out_all, put_message

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def document(key: str, status: str = "live", title: str = "T", **more: Any) -> Message:
    whole = {
        "key": key, "name": "N", "status": status, "where": {"pages": []},
        "content": {"default": "en", "texts": {"en": {"title": title}}}, **more,
    }  # fmt: skip
    return parse_message(json.dumps(whole).encode())


def do(store: Store, key: str, operation: Operation, now: int = 9) -> Outcome:
    return carry_out(store, 1, key, operation, "cli", now)


def given_out(store: Store, site_id: int = 1) -> dict[str, tuple[int, int, str]]:
    """Messages that browsers get: key -> revision, run and title."""
    with store.read() as connection:
        forms = live_messages(connection).get(site_id, [])
    return {form["key"]: (form["revision"], form["run"], form["content"]["title"]) for form in forms}


def test_put_and_list(store: Store) -> None:
    assert [
        put_message(store, 1, document("one"), 5),
        put_message(store, 1, document("one"), 6),
        put_message(store, 1, document("one", title="Other"), 7),
        put_message(store, 2, document("one"), 8),
    ] == [1, 1, 2, 1], "the same content makes no revision"
    put_message(store, 1, document("two", "draft"), 9)
    with store.read() as connection:
        rows = list_messages(connection)
        assert [(row.site_id, row.key, row.standing.revision, row.updated_at) for row in rows] == [
            (1, "one", 2, 7), (1, "two", 1, 9), (2, "one", 1, 8),
        ]  # fmt: skip
        assert [row.key for row in list_messages(connection, 1, "draft")] == ["two"]
        assert rows[0].newest == document("one", title="Other"), "as it was authored"
    assert given_out(store) == {"one": (2, 1, "Other")}
    assert given_out(store, 2) == {"one": (1, 1, "T")}
    put_message(store, 1, document("one", "paused"), 9)
    assert given_out(store) == {}


def test_browsers_get_what_is_published_while_a_draft_is_written(store: Store) -> None:
    put_message(store, 1, document("one", title="Old"), 1)
    saved = do(store, "one", Save(document("one", "draft", title="New")))
    assert (saved.saved[0].before, saved.saved[0].after, saved.published) == ("Old", "New", [])
    assert given_out(store) == {"one": (1, 1, "Old")}
    published = do(store, "one", Publish())
    assert [(one.path, one.before, one.after) for one in published.published] == [("$.content.texts.en.title", "Old", "New")]
    assert given_out(store) == {"one": (2, 1, "New")}
    do(store, "one", Publish(1))
    assert given_out(store) == {"one": (1, 1, "Old")}, "an old one is brought back"


@pytest.mark.parametrize(("status", "back"), [("paused", Resume()), ("archived", Publish(2))])
def test_what_is_saved_as_taken_down_is_what_comes_back(store: Store, status: str, back: Operation) -> None:
    put_message(store, 1, document("one", title="Old"), 1)
    put_message(store, 1, document("one", status, title="New"), 2)
    with store.read() as connection:
        assert get_message(connection, 1, "one").in_force == document("one", status, title="New")
    assert given_out(store) == {}
    do(store, "one", Save(document("one", "draft", title="Draft")))
    with store.read() as connection:
        assert get_message(connection, 1, "one").in_force == document("one", status, title="New")
    do(store, "one", back)
    assert given_out(store) == {"one": (2, 1, "New")}


def test_revisions_are_never_updated(store: Store) -> None:
    for title in ("A", "B", "A"):
        put_message(store, 1, document("one", title=title), 1)
    with store.read() as connection:
        rows = list_revisions(connection, 1, "one")
        assert [(row.revision, row.content.content.texts["en"].title) for row in rows] == [(3, "A"), (2, "B"), (1, "A")]
        assert [row.revision for row in list_revisions(connection, 1, "one", 2)] == [2]
        for nothing in ({"key": "two"}, {"key": "one", "revision": 4}):
            with pytest.raises(NotFound):
                list_revisions(connection, 1, **nothing)


def test_one_that_cannot_be_read_leaves_the_others(store: Store, store_kind: str) -> None:
    """As after a newer version was taken back: its documents have fields that this one does not know."""
    for key in (newer := f"newer-{store_kind}", "bb"):
        put_message(store, 1, document(key), 9)
    revision = tables.message_revision
    with store.write() as connection:
        connection.execute(sa.update(revision).where(revision.c.key == newer).values(document=b'{"kind": "hologram"}'))
    with capture_logs() as logs:
        for _ in range(2):
            assert list(given_out(store)) == ["bb"]
    assert [(line["event"], line["message"]) for line in logs] == [("a stored message cannot be read; it is not shown", newer)]


def test_order_is_that_of_texts_in_python(store: Store) -> None:
    """Also in a database that sorts as dictionaries do, where `ab` stands before `a-z`."""
    for key in ("ab", "a-z", "a1"):
        put_message(store, 1, document(key), 9)
    with store.read() as connection:
        assert [row.key for row in list_messages(connection)] == ["a-z", "a1", "ab"]


def test_shown_again_without_an_edit(store: Store) -> None:
    put_message(store, 1, document("one"), 1)
    do(store, "one", ShowAgain())
    assert given_out(store) == {"one": (1, 2, "T")}
    put_message(store, 1, document("one", title="Edited"), 1)
    assert given_out(store) == {"one": (2, 2, "Edited")}, "an edit does not change the run"
    put_message(store, 1, document("one", title="Edited", run=7), 1)
    assert given_out(store) == {"one": (2, 7, "Edited")}, "a file may count it up"


def test_optimistic_concurrency(store: Store) -> None:
    do(store, "one", Save(document("one"), if_revision=0))
    for wrong in (0, 2):
        with pytest.raises(Conflict, match="somebody was faster"):
            do(store, "one", Save(document("one", title="Late"), if_revision=wrong))
    do(store, "one", Save(document("one", title="Next"), if_revision=1))
    with pytest.raises(Conflict, match="is not there"):
        do(store, "two", Save(document("two"), if_revision=3))


def test_all_or_nothing(store: Store) -> None:
    put_message(store, 1, document("one"), 1)
    with pytest.raises(NotFound):
        carry_out_all(store, 1, {"one": Archive(), "two": Archive()}, "cli", 2)
    assert given_out(store) == {"one": (1, 1, "T")}
    previews = carry_out_all(store, 1, {"one": Archive(), "new": Save(document("new"))}, "cli", 2, preview=True)
    assert [(one.key, one.is_change) for one in previews] == [("one", True), ("new", True)]
    assert given_out(store) == {"one": (1, 1, "T")}


def test_conflicts_are_told_when_it_becomes_live(store: Store) -> None:
    put_message(store, 1, document("one", priority=80), 1)
    saved = do(store, "two", Save(document("two", "draft")))
    assert saved.conflicts == []
    (conflict,) = do(store, "two", Publish()).conflicts
    assert conflict.sentence == "`one` and `two` can meet on /; `one` goes first by priority (80, 50)."


def test_a_message_that_there_is_not(store: Store) -> None:
    put_message(store, 2, document("one"), 1)
    for operation in (Publish(), Pause(), Resume(), Archive(), ShowAgain(), Delete()):
        with pytest.raises(NotFound):
            do(store, "one", operation)
    with store.read() as connection, pytest.raises(NotFound):
        get_message(connection, 1, "one")


def test_deleted_with_its_revisions(store: Store) -> None:
    put_message(store, 1, document("one"), 1)
    put_message(store, 2, document("one"), 1)
    assert do(store, "one", Delete()).after is None
    with store.read() as connection:
        assert connection.execute(sa.select(tables.message_revision.c.site_id)).scalars().all() == [2]
    assert given_out(store, 2) == {"one": (1, 1, "T")}


def test_a_lost_race_is_run_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And named, when it is lost again and again."""
    from collector.storage import messages

    original, lost = messages._apply_one, [StateMoved()]

    def losing(*arguments: Any) -> Any:
        if lost:
            raise lost.pop()
        return original(*arguments)

    monkeypatch.setattr(messages, "_apply_one", losing)
    assert put_message(store, 1, document("one"), 1) == 1
    lost[:] = [StateMoved()] * 9
    with pytest.raises(Unavailable, match="the same messages"):
        put_message(store, 1, document("one"), 1)


# -- any sequence of operations against a small model --------------------------------------------------------------------


class Model:
    """A message as a list of titles, and what is published of it."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.published: int | None = None
        self.status = "draft"
        self.run = 1

    def save(self, title: str, status: str) -> None:
        as_it_is = self.titles[(self.published or 0) - 1 :][:1] == [title] and (self.published or status == self.status)
        if status != "draft":
            self.status = status
            if as_it_is:
                return
        if self.titles[-1:] != [title]:
            self.titles.append(title)
        if status != "draft":
            self.published = len(self.titles)

    def shown(self) -> dict[str, tuple[int, int, str]]:
        if self.status != "live" or self.published is None:
            return {}
        return {"one": (self.published, self.run, self.titles[self.published - 1])}


def test_any_sequence_of_operations(store: Store) -> None:
    class Operations(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.model: Model | None = None
            with store.write() as connection:
                for table in (tables.message, tables.message_revision):
                    connection.execute(sa.delete(table))

        def attempt(self, operation: Operation) -> bool:
            try:
                do(store, "one", operation)
            except PasserbyError as error:
                assert isinstance(error, Conflict | NotFound), error
                return False
            return True

        @rule(title=st.sampled_from("ABC"), status=st.sampled_from(["draft", "live", "paused", "archived"]))
        def save(self, title: str, status: str) -> None:
            self.model = self.model or Model()
            assert self.attempt(Save(document("one", status, title)))
            self.model.save(title, status)

        @rule(revision=st.none() | st.integers(1, 4))
        def publish(self, revision: int | None) -> None:
            model = self.model
            wanted = revision or (len(model.titles) if model else 0)
            possible = model is not None and wanted <= len(model.titles)
            done = self.attempt(Publish(revision))
            assert done == (possible and model is not None and (model.status, model.published) != ("live", wanted))
            if done and model:
                model.published, model.status = wanted, "live"

        @rule(kind=st.sampled_from(["pause", "resume", "archive"]))
        def move(self, kind: str) -> None:
            model = self.model
            operation: Operation = {"pause": Pause(), "resume": Resume(), "archive": Archive()}[kind]  # type: ignore[assignment]
            done = self.attempt(operation)
            if model is None:
                assert not done
                return
            assert (
                done
                == {
                    "pause": model.status == "live",
                    "resume": model.status == "paused",
                    "archive": model.status != "archived",
                }[kind]
            )
            if done:
                model.status = {"pause": "paused", "resume": "live", "archive": "archived"}[kind]
                model.published = model.published or (len(model.titles) if kind == "resume" else None)

        @rule()
        def show_again(self) -> None:
            if self.attempt(ShowAgain()) and self.model:
                self.model.run += 1

        @rule()
        def delete(self) -> None:
            assert self.attempt(Delete()) == (self.model is not None)
            self.model = None

        @invariant()
        def agrees(self) -> None:
            model = self.model
            assert given_out(store) == (model.shown() if model else {})
            with store.read() as connection:
                if model is None:
                    assert list_messages(connection) == []
                    return
                rows = list_revisions(connection, 1, "one")
                standing = get_message(connection, 1, "one").standing
            assert [row.content.content.texts["en"].title for row in reversed(rows)] == model.titles
            assert standing == Standing(len(model.titles), model.published, model.status, model.run)  # type: ignore[arg-type]

    run_state_machine_as_test(Operations, settings=settings(max_examples=25, stateful_step_count=15, deadline=None))


@given(status=st.sampled_from(["draft", "live", "paused", "archived"]), title=st.sampled_from("AB"))
def test_saving_what_is_in_force_changes_nothing(store: Store, status: str, title: str) -> None:
    """Pull, then push: whatever has happened before."""
    do(store, "one", Save(document("one", status, title)))
    with store.read() as connection:
        row = get_message(connection, 1, "one")
    assert not do(store, "one", Save(row.in_force)).is_change


# -- two collectors ------------------------------------------------------------------------------------------------------


def at_once(*works: Any) -> list[Any]:
    """Run them at the same time; return what each returns or raises."""
    barrier = Barrier(len(works))

    def run(work: Any) -> Any:
        barrier.wait(30)
        try:
            return work()
        except PasserbyError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.parametrize("there", [False, True], ids=["new", "there"])
def test_of_two_that_save_at_once_one_is_told(store: Store, there: bool) -> None:
    for index in range(5):
        key = f"one-{index}"
        if there:
            put_message(store, 1, document(key), 1)
        saves = [Save(document(key, title=title), if_revision=int(there)) for title in "AB"]
        done = at_once(*(partial(do, store, key, save) for save in saves))
        assert {type(one) for one in done} == {Outcome, Conflict}, done
        with store.read() as connection:
            assert get_message(connection, 1, key).standing.revision == 1 + there


def test_nothing_is_lost_where_many_change_one_message(store: Store) -> None:
    put_message(store, 1, document("one"), 1)
    titles = [f"T{index}" for index in range(6)]
    works = [partial(do, store, "one", Save(document("one", title=title))) for title in titles]
    done = at_once(*works, *[partial(do, store, "one", ShowAgain())] * 3)
    assert all(isinstance(one, Outcome) for one in done), done
    with store.read() as connection:
        assert {row.content.content.texts["en"].title for row in list_revisions(connection, 1, "one")} == {"T", *titles}
        assert get_message(connection, 1, "one").standing.run == 4
