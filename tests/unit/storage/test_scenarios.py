"""The named scenarios of the identity rules, each as a short story over a real store, SQLite and PostgreSQL, and the whole write path.

Letters as in the rules: X, Y anonymous ids; A, B users. The number is the scenario's.
"""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from collector.domain.events import DAY
from collector.domain.identifiers import ILLEGAL_IDS
from collector.domain.times import iso
from collector.storage import tables
from tests.support.app import NOW, Answer, App

pytestmark = pytest.mark.stores("sqlite", "postgresql")

DAYS = 86_400.0


class Story:
    """Writes events at points in time: `at` in seconds after the story's start, arriving now unless told otherwise."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.numbers = itertools.count(1)

    def tell(self, kind: str, anonymous: str | None = None, user: str | None = None, at: float = 0, **more: Any) -> str:
        """Send one event the moment it happens; return its message id."""
        self.app.clock.now = max(self.app.clock.now, NOW + round(at * 1_000_000))
        happened = self.event(kind, anonymous, user, at, **more)
        answer = self.app.batch(happened)
        assert answer.json["stored"] + answer.json["duplicate"] == 1, answer.json
        message: str = happened["messageId"]
        return message

    def event(
        self, kind: str, anonymous: str | None = None, user: str | None = None, at: float = 0, **more: Any
    ) -> dict[str, Any]:
        named = {"event": more.pop("name", "e")} if kind == "track" else {}
        return {
            "type": kind, "messageId": f"m{next(self.numbers)}", "anonymousId": anonymous, "userId": user, **named,
            "timestamp": iso(NOW + round(at * 1_000_000)), **more,
        }  # fmt: skip

    def whose(self, message: str) -> tuple[str | None, bool]:
        """Whose an event is now, and whether it was anonymous."""
        found = self.app.event(message)
        return found["person"], found["stream"] != "asserted"

    def operations(self) -> list[str]:
        return [entry.op for entry in self.app.log()]

    def seen(self, name: str) -> tuple[float | None, float | None, float | None]:
        """First visit, first identified visit, last visit of a person, in seconds of the story."""
        row = self.app.people()[name]
        times = (row.first_seen_at, row.first_identified_at, row.last_seen_at)
        first, identified, last = (None if time is None else (time - NOW) / 1_000_000 for time in times)
        return first, identified, last


@pytest.fixture
def story(app: App) -> Story:
    return Story(app)


# -- identify and merge --------------------------------------------------------------------------------------------------


def test_11_login_merges_history(story: Story) -> None:
    before = [story.tell("page", "X", at=number) for number in range(5)]
    login = story.tell("identify", "X", "A", at=10)
    assert {story.whose(message) for message in before} == {("user:A", True)}, "theirs, and labelled anonymous"
    assert story.whose(login) == ("user:A", False)


def test_12_merge_is_immediate(story: Story) -> None:
    before = story.tell("page", "X")
    assert story.whose(before) == (None, True)
    story.tell("identify", "X", "A", at=1)
    found = story.app.get("/api/people?user_id=A")["people"][0]
    timeline = story.app.get(f"/api/people/{found['person_id']}/events")["events"]
    assert [(entry["message_id"], entry["was_anonymous"]) for entry in timeline if entry["message_id"] == before] == [
        (before, True)
    ]


def test_13_first_visit_moved(story: Story) -> None:
    story.tell("track", None, "A", at=10 * DAYS)
    assert story.seen("user:A")[0] == 10 * DAYS
    story.app.batch(story.event("page", "X", at=3 * DAYS))
    story.tell("identify", "X", "A", at=11 * DAYS)
    assert story.seen("user:A") == (3 * DAYS, 10 * DAYS, 11 * DAYS)


def test_14_first_visit_not_moved(story: Story) -> None:
    story.tell("track", None, "A", at=3 * DAYS)
    story.tell("page", "X", at=10 * DAYS)
    story.tell("identify", "X", "A", at=11 * DAYS)
    assert story.seen("user:A") == (3 * DAYS, 3 * DAYS, 11 * DAYS)


def test_15_first_identified_visit_set(story: Story) -> None:
    for at in (5, 6, 7):
        story.tell("identify", "X", "A", at=at)
    assert story.seen("user:A") == (5, 5, 7)


def test_16_fill_undefined_only(story: Story) -> None:
    story.tell("identify", None, "A", traits={"plan": "pro"})
    story.tell("identify", "X", "null", at=1, traits={"plan": "free", "city": "Rome"})
    story.tell("identify", "X", "A", at=2)
    assert story.app.fields("user:A") == {"plan": "pro", "city": "Rome"}
    merge = next(entry for entry in story.app.log() if entry.op == "anonymous_merge")
    assert merge.detail["fields_filled"] == ["city"]


def test_17_null_and_empty_are_undefined(story: Story) -> None:
    story.tell("identify", None, "A", traits={"city": None, "zip": "", "floor": 0})
    story.tell("identify", "X", "guest", at=1, traits={"city": "Rome", "zip": "00100", "floor": 3})
    story.tell("identify", "X", "A", at=2)
    assert story.app.fields("user:A") == {"city": "Rome", "zip": "00100", "floor": 0}


def test_20_identify_traits_win(story: Story) -> None:
    story.tell("identify", None, "A", traits={"name": "b"})
    story.tell("identify", "X", "guest", at=1, traits={"name": "a"})
    story.tell("identify", "X", "A", at=2, traits={"name": "c"})
    assert story.app.fields("user:A") == {"name": "c"}


def test_20_the_newest_write_wins_whenever_it_arrives(story: Story) -> None:
    story.tell("identify", None, "A", at=10, traits={"name": "new"})
    story.app.batch(story.event("identify", None, "A", at=5, traits={"name": "old", "city": "Rome"}))
    assert story.app.fields("user:A") == {"name": "new", "city": "Rome"}


def test_21_anonymous_state_cannot_fill_consent(story: Story) -> None:
    story.tell("identify", "X", "guest", traits={"email": "x@x.io", "unsubscribed_at": "2026-01-01", "consent": "all"})
    story.tell("identify", "X", "A", at=1)
    assert story.app.fields("user:A") == {}
    assert list(story.app.people()) == ["user:A"], "nor does its address name anybody"
    assert story.app.people()["user:A"].unsubscribed_at is None


def test_22_second_identify_of_the_same_user_is_no_op(story: Story) -> None:
    story.tell("page", "X")
    for number in range(20):
        story.tell("identify", "X", "A", at=number * 7_200)
    assert story.operations() == ["anonymous_merge"]
    assert len(story.app.people()) == 1


def test_23_identify_before_any_event(story: Story) -> None:
    story.tell("identify", "X", "A", at=10)
    late = story.event("page", "X", at=5)
    story.app.batch(late)
    assert story.whose(late["messageId"]) == ("user:A", True)


def test_25_two_anonymous_ids_one_user(story: Story) -> None:
    phone, laptop = story.tell("page", "X"), story.tell("page", "Y", at=1)
    story.tell("identify", "X", "A", at=2)
    assert story.whose(laptop) == (None, True), "not before sign-in there too"
    story.tell("identify", "Y", "A", at=3)
    assert story.whose(phone) == story.whose(laptop) == ("user:A", True)
    assert story.app.get("/api/people?user_id=A")["people"][0]["anonymous_ids"] in (["X", "Y"], ["Y", "X"])


def test_26_only_the_id_present_at_identify(story: Story) -> None:
    lost, present = story.tell("page", "X"), story.tell("page", "Y", at=1)
    story.tell("identify", "Y", "A", at=2)
    assert (story.whose(lost), story.whose(present)) == ((None, True), ("user:A", True))


def test_27_two_first_tabs(story: Story) -> None:
    """Both ids that the browser knows come with the identify; both are merged."""
    first, second = story.tell("page", "X"), story.tell("page", "Y", at=1)
    story.tell("identify", "Y", "A", at=2, context={"anonymousIds": ["X", "Y"]})
    assert story.whose(first) == story.whose(second) == ("user:A", True)
    assert story.operations() == ["anonymous_merge", "anonymous_merge"]


def test_28_lookback(story: Story) -> None:
    """Older than the site's lookback at the claim: kept, but not theirs, and not their first visit."""
    ages = {100: False, 40: True, 5: True}
    old = {age: story.tell("page", "X", at=(100 - age) * DAYS) for age in ages}
    story.tell("identify", "X", "A", at=100 * DAYS)
    assert story.seen("user:A")[0] == 60 * DAYS
    person = story.app.get("/api/people?user_id=A")["people"][0]
    timeline = {entry["message_id"] for entry in story.app.get(f"/api/people/{person['person_id']}/events")["events"]}
    assert {age: message in timeline for age, message in old.items()} == ages


# -- shared devices ------------------------------------------------------------------------------------------------------


def test_33_the_next_user_gets_an_own_id(story: Story) -> None:
    first = story.tell("page", "X")
    story.tell("identify", "X", "A", at=1)
    second = story.tell("page", "Y", at=2)
    assert story.whose(second) == (None, True), "after reset() nothing is A's"
    story.tell("identify", "Y", "B", at=3)
    assert (story.whose(first), story.whose(second)) == (("user:A", True), ("user:B", True))


def test_35_server_backstop_A_then_B(story: Story) -> None:
    first = story.tell("page", "X")
    story.tell("identify", "X", "A", at=1)
    answer = story.app.batch(story.event("identify", "X", "B", at=2))
    assert answer.json["rotate"] == ["X"], "the browser is told to take a new id"
    of_b = story.tell("track", "X", "B", at=3)
    unasserted = story.tell("page", "X", at=4)
    assert story.whose(first) == ("user:A", True)
    assert story.whose(of_b) == ("user:B", False)
    assert story.whose(unasserted) == (None, True), "nobody's, on a stream that cannot be claimed"
    assert story.operations() == ["anonymous_merge", "merge_refused"]
    refused = story.app.log()[1]
    assert refused.detail["reason"] == "claimed_by_another"
    assert story.app.event(unasserted)["stream"] == "contested"


def test_35_the_cookie_is_not_renewed_with_the_refused_id(story: Story) -> None:
    visitor = "0c8f7a3e-1111-4a4a-8b8b-000000000001"
    headers = {"origin": "http://collector.test", "sec-fetch-site": "same-origin", "x-write-key": "wk_golden"}

    def sent(user: str) -> Answer:
        body = json.dumps({"batch": [story.event("identify", visitor, user)]}).encode()
        return story.app.request("POST", "/v1/batch", body, headers)

    assert visitor in sent("A").headers["set-cookie"]
    assert visitor not in sent("B").headers["set-cookie"], "a fresh one instead"


def test_38_A_B_A(story: Story) -> None:
    first = story.tell("page", "X")
    for at, user in enumerate(("A", "B", "A"), 1):
        story.tell("identify", "X", user, at=at)
    again = story.tell("track", "X", "A", at=5)
    later = story.tell("page", "X", at=6)
    assert story.whose(first) == ("user:A", True)
    assert story.whose(again) == ("user:A", False)
    assert story.whose(later) == (None, True)
    epochs = {(row.kind, row.epoch) for row in story.app.rows(tables.stream)}
    assert epochs == {(0, 0), (0, -1), (1, 0)}, "no third epoch"


def test_39_returning_logged_out_owner(story: Story) -> None:
    story.tell("identify", "X", "A")
    back = story.tell("page", "X", at=30 * DAYS)
    assert story.whose(back) == ("user:A", True)
    assert story.seen("user:A") == (0, 0, 30 * DAYS), "seen again, but not identified again"


@pytest.mark.parametrize(
    "placeholder", [*sorted(ILLEGAL_IDS - {""}), "NULL", '"null"', " undefined ", "0", "000", "0-0", "-", "'None'"]
)
def test_46_identify_with_logged_out_placeholder(story: Story, placeholder: str) -> None:
    page = story.tell("page", "X")
    told = story.tell("identify", "X", placeholder, at=1, traits={"email": "guest@x.io"})
    assert story.whose(page) == story.whose(told) == (None, True)
    assert story.operations() == ["illegal_id"]
    assert story.app.people() == {}, "no mega-person"


def test_48_id_case_and_type(story: Story) -> None:
    for user in ("Ab", "ab", 1, "1"):
        story.app.batch({**story.event("identify"), "userId": user})
    assert set(story.app.people()) == {"user:Ab", "user:ab", "user:1"}


def test_49_email_case(story: Story) -> None:
    for address in ("Foo@x.io", "foo@X.io ", "FOO@X.IO"):
        story.tell("identify", "X", traits={"email": address})
    assert list(story.app.people()) == ["email:foo@x.io"]
    (kept,) = story.app.rows(tables.identifier)
    assert kept.display == "Foo@x.io", "as first written"


def test_50_unicode_and_long_ids(story: Story) -> None:
    assert story.app.batch(story.event("track", None, "日" * 255)).json["stored"] == 1
    assert story.app.batch(story.event("track", None, "日" * 256)).reasons == [(0, "id_too_long")]
    assert story.app.batch(story.event("track", None, "a\x00b")).reasons == [(0, "illegal_id")]
    assert story.app.batch(story.event("track", "日" * 255)).json["stored"] == 1
    assert set(story.app.people()) == {"user:" + "日" * 255}


def test_53_typed_victim_email(story: Story) -> None:
    victim = {"events": [{"type": "signup", "email": "a@x.io", "fields": {"plan": "pro"}}]}
    assert story.app.bento(victim).json["results"] == 1
    page = story.tell("page", "X")
    typed = story.tell("identify", "X", at=1, traits={"email": "a@x.io", "plan": "hacked"})
    assert story.whose(page) == story.whose(typed) == (None, True), "no merge into A"
    assert story.app.fields("email:a@x.io") == {"plan": "pro"}
    assert story.operations() == ["merge_refused"]
    assert story.app.log()[0].detail["reason"] == "email_verified"


def test_53_typed_victim_email_with_another_user_id(story: Story) -> None:
    story.app.bento({"events": [{"type": "signup", "email": "a@x.io"}]})
    story.tell("identify", "X", "mallory", traits={"email": "a@x.io", "plan": "hacked"})
    assert set(story.app.people()) == {"email:a@x.io", "user:mallory"}
    assert story.app.fields("email:a@x.io") == {}


def test_57_two_user_ids_one_email(story: Story) -> None:
    story.tell("identify", "X", "U1", traits={"email": "e@x.io"})
    story.tell("identify", "Y", "U2", at=1, traits={"email": "e@x.io"})
    assert set(story.app.people()) == {"user:U1 email:e@x.io", "user:U2"}
    assert [entry.detail.get("reason") for entry in story.app.log() if entry.op == "merge_refused"] == ["email_taken"]


# -- time, order, repetition ---------------------------------------------------------------------------------------------


def test_58_duplicate_event(story: Story) -> None:
    happened = story.event("track", "X")
    assert story.app.batch(happened).json["stored"] == 1
    for wait in (60, 40 * DAYS):
        story.app.clock.wait(wait)
        assert story.app.batch(happened).json == {"success": True, "stored": 0, "duplicate": 1, "quarantined": []}
    assert len(story.app.events()) == 1


def test_59_duplicate_identify(story: Story) -> None:
    login = story.event("identify", "X", "A", traits={"plan": "old"})
    story.app.batch(login)
    story.tell("identify", "X", "A", at=10, traits={"plan": "new"})
    assert story.app.batch(login).json["duplicate"] == 1
    assert story.operations() == ["anonymous_merge"]
    assert story.app.fields("user:A") == {"plan": "new"}


def test_59_a_replayed_identify_of_another_user_does_nothing(story: Story) -> None:
    """A retry that arrives after the id was claimed by another is a duplicate, not a second attempt."""
    story.tell("identify", "X", "A")
    refused = story.event("identify", "X", "B", at=1)
    assert "rotate" in story.app.batch(refused).json
    assert "rotate" not in story.app.batch(refused).json
    assert story.operations().count("merge_refused") == 1


def test_61_late_anonymous(story: Story) -> None:
    story.tell("identify", "X", "A", at=10 * DAYS)
    late = story.event("page", "X", at=8 * DAYS)
    story.app.clock.wait(2 * DAYS)
    story.app.batch(late)
    assert story.whose(late["messageId"]) == ("user:A", True)
    assert story.seen("user:A") == (8 * DAYS, 10 * DAYS, 10 * DAYS), "First Visit lowered"


def test_62_identify_arrives_first(story: Story) -> None:
    page, login = story.event("page", "X", at=1), story.event("identify", "X", "A", at=2)
    story.app.clock.wait(10)
    story.app.batch(login, page)
    other = [{**page, "anonymousId": "Y"}, {**login, "anonymousId": "Y", "userId": "B"}]
    story.app.batch(*other)
    assert story.seen("user:A") == story.seen("user:B") == (1, 2, 2)
    assert story.operations() == ["anonymous_merge", "anonymous_merge"]


@pytest.mark.parametrize("one_request_each", [True, False])
def test_63_all_permutations(story: Story, one_request_each: bool) -> None:
    """Two anonymous, identify, an asserted one, a duplicate: 120 orders, one state, First Identified Visit included."""
    story.app.clock.wait(100)
    template = [
        ("page", False, 10, "p1"), ("page", False, 40, "p2"), ("identify", True, 20, "i"), ("track", True, 30, "t"),
        ("identify", True, 20, "i"),
    ]  # fmt: skip
    orders = list(itertools.permutations(range(5)))
    for number, order in enumerate(orders):
        events = [
            {**story.event(kind, f"X{number}", f"A{number}" if known else None, at), "messageId": message,
             **({"traits": {"plan": "pro"}} if kind == "identify" else {})}
            for kind, known, at, message in (template[index] for index in order)
        ]  # fmt: skip
        for request in [[event] for event in events] if one_request_each else [events]:
            story.app.batch(*request)
    states = {json.dumps([story.seen(f"user:A{number}"), story.app.fields(f"user:A{number}")]) for number in range(len(orders))}
    assert states == {json.dumps([(10.0, 20.0, 40.0), {"plan": "pro"}])}
    assert {(row["person"] == "user:A" + row["anonymous_id"][1:], row["stream"]) for row in story.app.events()} == {
        (True, "anonymous"), (True, "asserted")}  # fmt: skip
    assert story.operations() == ["anonymous_merge"] * len(orders)
    assert story.app.assert_conserved()["duplicate"] == len(orders)


def test_63_logout_with_rotation_in_every_order(story: Story) -> None:
    story.app.clock.wait(100)
    template = [("page", "X", None, 1), ("identify", "X", "A", 2), ("page", "Y", None, 3), ("identify", "Y", "B", 4)]
    states = set()
    for number, order in enumerate(itertools.permutations(template)):
        for kind, anonymous, user, at in order:
            story.tell(kind, f"{anonymous}{number}", f"{user}{number}" if user else None, at)
        states.add((story.seen(f"user:A{number}"), story.seen(f"user:B{number}")))
    assert states == {((1, 2, 2), (3, 4, 4))}
    assert "merge_refused" not in story.operations()


def test_66_clock_fast_by_three_days(story: Story) -> None:
    """sentAt carries the client's clock: its error cancels out, and the order is kept."""
    story.app.clock.wait(100)
    ahead = 3 * DAYS
    sent = iso(NOW + round((100 + ahead) * 1_000_000))
    first, second = story.event("page", "X", at=ahead + 50), story.event("page", "X", at=ahead + 60)
    for wait in (0.0, 5.0):
        story.app.clock.wait(wait)
        story.app.batch(second, first, sentAt=sent)
    times = [story.app.event(event["messageId"])["time"] for event in (first, second)]
    assert times == [iso(NOW + 50_000_000), iso(NOW + 60_000_000)]


def test_66_clock_fast_without_sent_at(story: Story) -> None:
    body = json.dumps({"batch": [story.event("page", "X", at=3 * DAYS)], "writeKey": "wk_golden"}).encode()
    answer = story.app.request("POST", "/v1/batch", body, {"origin": "https://shop.test"})
    assert answer.json["stored"] == 1
    assert story.app.events()[0]["ts"] == NOW, "never after its receipt"


def test_67_future_date_of_an_api(story: Story) -> None:
    answer = story.app.batch(
        story.event("track", None, "A"), story.event("track", None, "A", at=365 * DAYS), story.event("track", None, "A")
    )
    assert (answer.json["stored"], answer.reasons) == (2, [(1, "future_date")])


def test_69_offline_queue_of_two_users(story: Story) -> None:
    """One flush with A's and B's events: each keeps the identity that was stamped on it."""
    story.app.clock.wait(100)
    queue = [
        story.event("page", "X", at=1), story.event("identify", "X", "A", at=2), story.event("track", "X", "A", at=3),
        story.event("page", "Y", at=5), story.event("identify", "Y", "B", at=6), story.event("track", "Y", "B", at=7),
    ]  # fmt: skip
    assert story.app.batch(*queue).json["stored"] == 6
    whose = [story.whose(event["messageId"]) for event in queue]
    assert whose == [
        ("user:A", True),
        ("user:A", False),
        ("user:A", False),
        ("user:B", True),
        ("user:B", False),
        ("user:B", False),
    ]
    assert "merge_refused" not in story.operations()


# -- at once -------------------------------------------------------------------------------------------------------------


def test_70_sixteen_users_on_one_anonymous_id(story: Story) -> None:
    page = story.tell("page", "X")
    answer = story.app.batch(*(story.event("identify", "X", f"U{number}", at=1) for number in range(16)))
    assert answer.json["rotate"] == ["X"]
    assert story.operations().count("anonymous_merge") == 1
    assert story.operations().count("merge_refused") == 15
    assert story.whose(page) == ("user:U0", True)
    with story.app.installation.store.read() as connection:
        contested = sa.select(sa.func.count()).select_from(tables.stream).where(tables.stream.c.epoch == -1)
        assert connection.execute(contested).scalar_one() == 1


def test_71_sixteen_devices_of_one_user(story: Story) -> None:
    pages = [story.tell("page", f"X{number}") for number in range(16)]
    story.app.batch(*(story.event("identify", f"X{number}", "A", at=1) for number in range(16)))
    assert len(story.app.people()) == 1
    assert {story.whose(page) for page in pages} == {("user:A", True)}


def test_75_a_claim_writes_no_event_row(story: Story) -> None:
    for _ in range(4):
        story.app.batch(*(story.event("page", "X") for _ in range(500)))
    before = {row.message_id: row for row in story.app.rows(tables.event)}
    login = story.tell("identify", "X", "A", at=1)
    after = {row.message_id: row for row in story.app.rows(tables.event)}
    assert after.pop(login)
    assert after == before


# -- invariants over random histories at the level of rows ---------------------------------------------------------------


def test_threads_are_kept_apart(story: Story) -> None:
    """The read side may look at any time while the writer works."""
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(story.app.events) for _ in range(8)]
        for number in range(20):
            story.tell("identify", f"X{number % 3}", f"A{number % 3}", at=number)
        assert all(isinstance(look.result(), list) for look in looks)
    assert story.app.assert_conserved()["stored"] == 20
    assert DAY == 86_400_000_000
