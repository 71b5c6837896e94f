"""Deduplication: an event counts once by message id, which no weaker proof can take."""

from __future__ import annotations

import hashlib
from itertools import permutations, product
from typing import Any

import pytest

from collector.domain.events import MARK, SECOND, Event, Proof, Sender
from collector.ingest.told import told
from collector.ports import Submission
from collector.storage import tables
from collector.storage.write.commit import commit_group
from tests.support.app import NOW, App
from tests.support.events import changed
from tests.unit.scenarios.consistency import check_consistency
from tests.unit.storage.write.test_journal import made

pytestmark = pytest.mark.stores("sqlite", "postgresql")

PUBLIC, SIGNED, SERVER = Sender.PUBLIC, Sender.SIGNED, Sender.SERVER
Told = tuple[Sender, str]
"""Senders and contents."""


def event_of(app: App, sender: Sender, content: str, **more: Any) -> Event:
    """Events of one message id, each sender at its own time."""
    event = changed(
        made(app, "m", fingerprint=content.encode(), properties={"said": content}, **{"user_id": "A", **more}),
        time=NOW - (3 - sender) * SECOND,
        from_server=sender == SERVER,
        strength=Proof.ASSERTED if sender == PUBLIC else Proof.VERIFIED,
    )
    assert event.asserted.sender == sender
    return event


def tell(app: App, *groups: list[Event]) -> list[tuple[int, int, int]]:
    """Commit each group at once, each event as a request of its own; return stored, duplicate, quarantined of each."""
    ends = []
    for group in groups:
        submissions = [Submission(app.site, 1, NOW, [event], []) for event in group]
        with app.installation.store.write() as connection:
            ends += commit_group(connection, submissions, {}, NOW)
    app.assert_conserved()
    check_consistency(app.installation.store)
    return [(one.stored, one.duplicate, len(one.quarantined)) for one in ends]


def rows(app: App) -> set[tuple[str, int, str, int]]:
    return {(row.message_id, row.sender, row.properties["said"], row.ts) for row in app.rows(tables.event)}


def clear(app: App) -> None:
    with app.installation.store.write() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name not in ("site", "meta", "console_user"):
                connection.execute(table.delete())


def test_every_order_of_senders_with_other_contents(app: App) -> None:
    """Contents are all kept, the best proven under the message id: in every order, in one group, one each, and told twice."""
    senders = list(Sender)
    for order in permutations(senders):
        for together in (True, False):
            events = [event_of(app, sender, f"of {sender.name}") for sender in order]
            ends = tell(app, events) if together else tell(app, *([one] for one in events))
            assert ends == [(1, 0, 0)] * 3
            assert tell(app, [event_of(app, one, f"of {one.name}") for one in order]) == [(0, 1, 0)] * 3
            assert rows(app) == {
                ("m", SERVER, "of SERVER", NOW - SECOND),
                (f"m{MARK}signed", SIGNED, "of SIGNED", NOW - 2 * SECOND),
                (f"m{MARK}public", PUBLIC, "of PUBLIC", NOW - 3 * SECOND),
            }
            clear(app)


def test_every_order_of_senders_with_the_same_content(app: App) -> None:
    """Event counted once, with what the best proven sender said of it: its time, proof, and effects."""
    for order in permutations(Sender):
        for together in (True, False):
            events = [event_of(app, sender, "same") for sender in order]
            assert sorted(tell(app, events) if together else tell(app, *([one] for one in events))) == [(0, 1, 0)] * 2 + [
                (1, 0, 0)
            ]
            assert rows(app) == {("m", SERVER, "same", NOW - SECOND)}
            assert [row.strength for row in app.rows(tables.identifier)] == [Proof.VERIFIED]
            assert [row.last_seen_at for row in app.rows(tables.person)] == [NOW - SECOND]
            clear(app)


@pytest.mark.parametrize("sender", list(Sender))
def test_senders_of_a_kind_with_other_contents_conflict(app: App, sender: Sender) -> None:
    """Conflict, also if a lower one has the second content; the first is kept."""
    assert tell(app, [event_of(app, sender, "first"), event_of(app, sender, "second")]) == [(1, 0, 0), (0, 0, 1)]
    if sender != PUBLIC:
        below = event_of(app, Sender(sender - 1), "second")
        assert tell(app, [below], [event_of(app, sender, "second")]) == [(1, 0, 0), (0, 0, 1)]
    assert ("m", sender, "first") in {one[:3] for one in rows(app)}


TOLD: dict[str, tuple[list[Told], set[Told]]] = {
    "a marked one is proven after all": ([(SERVER, "a"), (PUBLIC, "b"), (SIGNED, "b")], {(SERVER, "a"), (SIGNED, "b")}),
    "the same, once marked": ([(SERVER, "a"), (SIGNED, "b"), (PUBLIC, "b")], {(SERVER, "a"), (SIGNED, "b")}),
    "a marked one is its server's": ([(SIGNED, "a"), (PUBLIC, "b"), (SERVER, "b")], {(SIGNED, "a"), (SERVER, "b")}),
    "a second marked one": ([(SERVER, "a"), (PUBLIC, "b"), (PUBLIC, "c")], {(SERVER, "a"), (PUBLIC, "b")}),
    "it stands back twice": (
        [(PUBLIC, "a"), (SIGNED, "b"), (SERVER, "c"), (PUBLIC, "a")],
        {(PUBLIC, "a"), (SIGNED, "b"), (SERVER, "c")},
    ),
}


@pytest.mark.parametrize("case", TOLD)
@pytest.mark.parametrize("together", [True, False])
def test_senders_three_in_a_row(app: App, case: str, together: bool) -> None:
    said, kept = TOLD[case]
    events = [event_of(app, sender, content) for sender, content in said]
    tell(app, events) if together else tell(app, *([one] for one in events))
    assert {(sender, content) for _, sender, content, _ in rows(app)} == kept


@pytest.mark.parametrize("better", [SIGNED, SERVER])
def test_the_write_key_is_told_nothing_of_better_senders(app: App, better: Sender) -> None:
    """Oracle: what the write key says, up to three times, is answered as if a better sender had not said the one or the
    other content before, between or after."""
    for said in product("ab", repeat=3):
        alone = answers(app, [(PUBLIC, content) for content in said])
        for place, content in product(range(4), "ab"):
            beside: list[Told] = [(PUBLIC, one) for one in said]
            beside.insert(place, (better, content))
            assert answers(app, beside) == alone, beside


def answers(app: App, said: list[Told]) -> list[tuple[int, int, int]]:
    """Answers to the write key, each event in a request and a group of its own."""
    found = []
    for sender, content in said:
        event = event_of(app, sender, content)
        with app.installation.store.write() as connection:
            (receipt,) = commit_group(connection, [Submission(app.site, 1, NOW, [event], [])], {}, NOW)
        answer = told(receipt, Proof.ASSERTED)
        if sender == PUBLIC:
            found.append((answer.stored, answer.duplicate, len(answer.quarantined)))
    check_consistency(app.installation.store)
    clear(app)
    return found


def test_echo_of_one_sender_is_not_what_another_said(app: App) -> None:
    """Echo of the server by the write key: a signed event with other content under the message id is kept all the same."""
    ends = tell(app, [event_of(app, SERVER, "a")], [event_of(app, PUBLIC, "a")], [event_of(app, SIGNED, "b")])
    assert ends == [(1, 0, 0), (0, 1, 0), (1, 0, 0)]
    assert {one[:3] for one in rows(app)} == {("m", SERVER, "a"), (f"m{MARK}signed", SIGNED, "b")}


@pytest.mark.parametrize("contents", [("a", "a"), ("a", "b"), ("b", "a")])
def test_the_write_key_is_told_nothing_of_two_better_senders(app: App, contents: tuple[str, str]) -> None:
    """Senders of whom one repeats the other, too."""
    better: list[list[Told]] = [[(SIGNED, contents[0]), (SERVER, contents[1])], [(SERVER, contents[1]), (SIGNED, contents[0])]]
    for said in product("ab", repeat=3):
        alone = answers(app, [(PUBLIC, content) for content in said])
        for before, place in product(better, range(4)):
            beside: list[Told] = [(PUBLIC, one) for one in said]
            beside[place:place] = before
            assert answers(app, beside) == alone, beside


def test_a_retry_is_found_where_the_event_was_before(app: App) -> None:
    """Retry whose anonymous id was given up since, its message id guessed by one on the user's own device."""
    first = event_of(app, SERVER, "a", anonymous="q")
    guess = event_of(app, PUBLIC, "b", anonymous="v")
    again = changed(event_of(app, SERVER, "a", anonymous="v"), retired="q")
    assert tell(app, [first], [guess], [again]) == [(1, 0, 0), (1, 0, 0), (0, 1, 0)]


def test_rows_from_before_senders_give_way(app: App) -> None:
    """Rows of before say sender 0: a retry is one event with such a row, an unlike one of a server stands beside."""
    tell(app, [event_of(app, SERVER, "old")])
    with app.installation.store.write() as connection:
        connection.execute(tables.event.update().values(sender=0))
    assert tell(app, [event_of(app, SERVER, "old")]) == [(0, 1, 0)]
    with app.installation.store.write() as connection:
        connection.execute(tables.event.update().values(sender=0))
    assert tell(app, [event_of(app, SERVER, "new")]) == [(1, 0, 0)]
    assert {one[2] for one in rows(app)} == {"old", "new"}


def test_a_mark_that_is_taken(app: App) -> None:
    """Message id whose first owner was deleted, and what had stood back before is still there."""
    tell(app, [event_of(app, SERVER, "a")], [event_of(app, PUBLIC, "b")])
    with app.installation.store.write() as connection:
        connection.execute(tables.event.delete().where(tables.event.c.message_id == "m"))
        connection.execute(tables.hour_count.update().values(stored=1, received=1))
    tell(app, [event_of(app, PUBLIC, "c")], [event_of(app, SERVER, "d")])
    assert {(one[1], one[2]) for one in rows(app)} == {(PUBLIC, "b"), (PUBLIC, "c"), (SERVER, "d")}


def test_a_former_message_id_counts_for_the_same_event_only(app: App) -> None:
    def event(content: str) -> Event:
        return changed(event_of(app, SERVER, content), former_id="m", message_id=f"keyed {content}")

    tell(app, [event_of(app, PUBLIC, "old")])
    assert tell(app, [event("old")]) == [(0, 1, 0)]
    assert tell(app, [event("new")]) == [(1, 0, 0)]


def test_a_purchase_cannot_be_guessed_or_taken(app: App) -> None:
    """Forger who knows the order's number sends what its message id was, or would be without the site's secret."""
    digest = hashlib.blake2b(b"order-17", digest_size=16).hexdigest()
    for message in (f"purchase:{digest}", "purchase:order-17", "order-17"):
        claim = {"type": "identify", "messageId": message, "traits": {"email": "a@x.io"}}
        assert app.batch(claim).json["stored"] == 1
    bought = {"type": "$purchase", "email": "a@x.io", "details": {"unique": {"key": "order-17"}, "value": {"amount": 5}}}
    assert app.bento({"events": [bought]}).json == {"results": 1, "failed": 0, "errors": []}
    assert app.bento({"events": [bought]}).json["results"] == 1
    purchases = [row for row in app.rows(tables.event) if row.name == "$purchase"]
    assert [(row.sender, row.message_id.startswith("purchase:")) for row in purchases] == [(SERVER, True)]
    assert digest not in purchases[0].message_id
    assert app.assert_conserved()["duplicate"] == 1


def test_a_purchase_from_before_its_message_id_was_keyed(app: App) -> None:
    """Order that a shop sends again after the upgrade: it is counted once, as ever."""
    bought = {"type": "$purchase", "email": "a@x.io", "details": {"unique": {"key": "order-17"}}}
    app.bento({"events": [bought]})
    digest = hashlib.blake2b(b"order-17", digest_size=16).hexdigest()
    with app.installation.store.write() as connection:
        connection.execute(tables.event.update().values(sender=0, message_id=f"purchase:{digest}"))
    app.bento({"events": [bought]})
    assert app.assert_conserved() == {"received": 2, "stored": 1, "duplicate": 1, "quarantined": 0, "refused": 0}
