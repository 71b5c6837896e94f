"""At the same moment. Scenarios 70-75; rules R6, R7, R16, R26, R28.

On PostgreSQL two collectors with a journal of their own write into one database; SQLite has one, with corrections beside it.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa

from collector.storage import deletion, identity, tables
from tests.support.app import WRITE_KEY, Answer, App

from .consistency import check_consistency
from .story import DAY, Story, Told

ROUNDS = 4
"""How often each race is run."""

Act = tuple[str, str, Any]
"""A request: method, path, body."""


class Crowd:
    """Several who act at the same moment, each through the next of the collectors."""

    def __init__(self, story: Story, collectors: list[App]) -> None:
        self.story = story
        self.collectors = collectors

    def at_once(self, *acts: Act, tries: int = 1, after_the_first: threading.Event | None = None) -> list[Answer]:
        """Make these requests at the same moment, each in a thread of its own; none may end in an error of ours.

        A client that is `unavailable` sends the same again, `tries` times in all. With `after_the_first`, all but the first
        wait for it.
        """
        for collector in self.collectors:
            collector.clock.now = self.story.app.clock.now
        start = threading.Barrier(len(acts))

        def carry_out(number: int, act: Act) -> Answer:
            collector = self.collectors[number % len(self.collectors)]
            method, path, body = act
            headers = {"authorization": f"Bearer {collector.secret_key}", "content-type": "application/json"}
            if path.startswith("/v1/"):
                headers = {}
            sent = b"" if body is None else json.dumps(body).encode()
            start.wait()
            if after_the_first is not None and number > 0:
                after_the_first.wait(2)
            for _ in range(tries):
                answer = asyncio.run(collector.requested(method, path, [sent], headers))
                if answer.status != 503:
                    break
            return answer

        with ThreadPoolExecutor(len(acts)) as pool:
            answers = list(pool.map(carry_out, range(len(acts)), acts))
        assert all(answer.status < 500 for answer in answers), [answer for answer in answers if answer.status >= 500]
        self.story.settle()
        check_consistency(self.story.app.installation.store)
        return answers

    def sent(self, *events: Told, key: str = WRITE_KEY) -> Act:
        return ("POST", "/v1/batch", {"batch": list(events), "writeKey": key})

    def said_by_server(self, *events: Told) -> Act:
        return self.sent(*events, key=self.story.app.secret_key)


def by_hand(path: str, body: Any = None) -> Act:
    return ("POST", f"/api{path}", body or {})


@pytest.fixture
def crowd(story: Story, store_kind: str, tmp_path: Path) -> Iterator[Crowd]:
    if store_kind == "sqlite":
        yield Crowd(story, [story.app])
    else:
        with App(tmp_path / "second", database_url=story.app.installation.settings.database_url) as second:
            yield Crowd(story, [story.app, second])


def stored_and_rotated(answers: list[Answer]) -> tuple[int, list[str]]:
    assert all(answer.status == 200 for answer in answers), answers
    return sum(answer.json["stored"] for answer in answers), [x for answer in answers for x in answer.json.get("rotate", [])]


def contested_streams(story: Story, x: str) -> int:
    device, stream = tables.device.c, tables.stream.c
    query = (
        sa.select(sa.func.count()).select_from(tables.stream.join(tables.device, stream.device_id == device.device_id))
        .where(device.owner == x, stream.kind == 0, stream.epoch == -1)
    )  # fmt: skip
    with story.app.installation.store.read() as connection:
        count: int = connection.execute(query).scalar_one()
    return count


def entries_of(story: Story, x: str) -> list[str]:
    return sorted(entry["kind"] for entry in story.entries() if entry["anonymous_id"] == x)


def test_race_16_users_one_anon(story: Story, crowd: Crowd) -> None:
    """70. Given a page of x; when 16 users identify on it at once; then one has it, 15 are refused, one contested epoch."""
    for number in range(ROUNDS):
        x = f"x{number}"
        page = story.page(x)
        logins = [story.event("identify", x, f"U{number}-{user}", at=story.now) for user in range(16)]
        stored, rotated = stored_and_rotated(crowd.at_once(*(crowd.sent(login) for login in logins)))
        assert (stored, rotated) == (16, [x] * 15)
        assert entries_of(story, x) == ["anonymous_merge"] + ["merge_refused"] * 15
        assert contested_streams(story, x) == 1
        shown = story.shown()
        owner = story.mapped(x)
        assert page in shown[owner]
        assert all(login["messageId"] in shown[login["userId"]] for login in logins)


def test_race_16_users_in_one_batch(story: Story) -> None:
    """70. Given the same in one request; then the first has it, and the rest are refused."""
    page = story.page("x")
    story.send(*(story.event("identify", "x", f"U{number}", at=story.now) for number in range(16)))
    assert story.rotated() == ["x"]
    assert story.whose(page) == "U0"
    assert entries_of(story, "x") == ["anonymous_merge"] + ["merge_refused"] * 15


def test_race_16_devices_one_user(story: Story, crowd: Crowd) -> None:
    """71. Given 16 devices; when one user, whom nobody knows yet, signs in on all at once; then one person, 16 merges."""
    for number in range(ROUNDS):
        pages = [story.event("page", f"x{number}-{device}", at=story.now) for device in range(16)]
        story.send(*pages)
        logins = [story.event("identify", f"x{number}-{device}", f"A{number}", at=story.now) for device in range(16)]
        stored, rotated = stored_and_rotated(crowd.at_once(*(crowd.sent(login) for login in logins)))
        assert (stored, rotated) == (16, [])
        assert set(story.timeline(f"A{number}")) == {told["messageId"] for told in (*pages, *logins)}
        assert len(story.person(f"A{number}")["anonymous_ids"]) == 16
    assert len(story.entries("anonymous_merge")) == 16 * ROUNDS
    assert len(story.people()) == ROUNDS


def test_race_16_forms_one_address(story: Story, crowd: Crowd) -> None:
    """71. Given 16 devices; when all tell the same address, new and in several spellings, at once; then one person."""
    for number in range(ROUNDS):
        forms = [
            story.event("identify", f"x{number}-{device}", at=story.now, email=f"Form{number}@x.io" if device % 2 else f"form{number}@X.io")
            for device in range(16)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.sent(form) for form in forms)))
        assert len(story.timeline(f"form{number}@x.io")) == 16
    assert len(story.people()) == ROUNDS


def test_race_of_users_for_one_address(story: Story, crowd: Crowd) -> None:
    """57. Given 8 users who identify with one address at once; then one has it, seven are refused it, and keep the rest."""
    for number in range(ROUNDS):
        logins = [
            story.event("identify", f"x{number}-{user}", f"U{number}-{user}", at=story.now, email=f"e{number}@x.io") for user in range(8)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.sent(login) for login in logins)))
        people = [story.person(login["userId"]) for login in logins]
        assert sorted(len(one["emails"]) for one in people) == [0] * 7 + [1]
    refused = [entry for entry in story.log() if entry.endswith("email_taken")]
    assert len(refused) == 7 * ROUNDS


def test_the_same_event_16_times_at_once(story: Story, crowd: Crowd) -> None:
    """58, R16. Given an identify that is sent 16 times at once; then it is stored once, with its effects, and 15 times a duplicate."""
    for number in range(ROUNDS):
        page = story.page(f"x{number}")
        login = story.event("identify", f"x{number}", f"A{number}", at=story.now, traits={"plan": "pro"})
        answers = crowd.at_once(*[crowd.sent(login)] * 16)
        assert sorted((answer.json["stored"], answer.json["duplicate"]) for answer in answers) == [(0, 1)] * 15 + [(1, 0)]
        assert story.timeline(f"A{number}") == [page, login["messageId"]]
        assert entries_of(story, f"x{number}") == ["anonymous_merge"]


def test_race_cross_people_merge(story: Story, crowd: Crowd) -> None:
    """73. Given A and B; when A is merged into B and B into A at once; then one edge, no cycle, and no error but "done"."""
    for number in range(ROUNDS):
        a, b = f"A{number}", f"B{number}"
        story.identify(f"a{number}", a)
        story.identify(f"b{number}", b)
        ids = {name: story.id_of(name) for name in (a, b)}
        crossing = [by_hand(f"/people/{ids[one]}/merge", {"into": ids[other]}) for one, other in ((a, b), (b, a))]
        answers = crowd.at_once(*crossing, *crossing)
        assert sorted(answer.status for answer in answers)[1:] == [409] * 3, answers
        assert story.id_of(a) == story.id_of(b)
        assert len(story.entries("people_merged")) == number + 1


def test_race_of_a_ring_of_merges(story: Story, crowd: Crowd) -> None:
    """73. Given A, B, C; when A->B, B->C and C->A are made at once; then no cycle, and all are one or two merged."""
    for number in range(ROUNDS):
        names = [f"{name}{number}" for name in "ABC"]
        for name in names:
            story.identify(name.lower(), name)
        ids = [story.id_of(name) for name in names]
        acts = [by_hand(f"/people/{ids[one]}/merge", {"into": ids[(one + 1) % 3]}) for one in range(3)]
        assert {answer.status for answer in crowd.at_once(*acts)} <= {200, 201, 409}
        assert len({story.id_of(name) for name in names}) == 1


def test_race_of_crossing_aliases(story: Story, crowd: Crowd) -> None:
    """73. Given A and B; when servers alias each to the other at once; then both are answered 200, and there is one merge."""
    for number in range(ROUNDS):
        a, b = f"A{number}", f"B{number}"
        story.identify(f"a{number}", a)
        story.identify(f"b{number}", b)
        aliases = [story.server.event("alias", None, one, previousId=other, at=story.now) for one, other in ((a, b), (b, a))]
        stored_and_rotated(crowd.at_once(*(crowd.said_by_server(one) for one in aliases)))
        assert story.id_of(a) == story.id_of(b)
        assert len(story.entries("people_merged")) == number + 1


def test_race_of_a_lead_and_its_account(story: Story, crowd: Crowd) -> None:
    """56. Given a proven lead; when its account is identified with the address 8 times at once; then one merge."""
    for number in range(ROUNDS):
        story.server.identify(None, email=f"e{number}@x.io")
        logins = [
            story.server.event("identify", f"x{number}-{device}", f"U{number}", at=story.now, email=f"e{number}@x.io") for device in range(8)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.said_by_server(one) for one in logins)))
        assert story.id_of(f"U{number}") == story.id_of(f"e{number}@x.io")
        assert len(story.entries("people_merged")) == number + 1


@pytest.mark.parametrize("after", [True, False], ids=["later", "up to then"])
def test_race_delete_vs_identify(story: Story, crowd: Crowd, after: bool) -> None:
    """74. Given A is deleted while A identifies, tracks and browses; then A is gone, or new, and no pointer dangles."""
    for number in range(ROUNDS):
        a, x = f"A{number}", f"x{number}"
        old = [story.page(x), story.identify(x, a), story.track(f"y{number}", a)]
        number_of_a = story.id_of(a)
        at = story.now + (1 if after else 0)
        events = [
            story.event("identify", x, a, at=at), story.event("track", x, a, at=at), story.event("page", x, at=at),
            story.event("identify", f"z{number}", a, at=at), story.event("identify", f"y{number}", a, at=at, email=f"{a}@x.io"),
        ]  # fmt: skip
        answers = crowd.at_once(*(crowd.sent(one) for one in events), ("DELETE", f"/api/people/{number_of_a}", None))
        assert answers[-1].status in (200, 202, 204)
        story.settle()
        shown = story.shown()
        assert not {message for messages in shown.values() for message in messages} & set(old)
        assert story.api("GET", f"/api/people/{number_of_a}/events").status == 404
        if story.exists(a):
            assert after, "what happened up to the deletion makes nobody"
            assert story.id_of(a) != number_of_a
            assert x not in story.person(a)["anonymous_ids"]
        story.wait(10)
        assert story.send(story.event("page", x)).reasons == [(0, "deleted")]


def test_race_delete_vs_merge(story: Story, crowd: Crowd) -> None:
    """74. Given A is deleted while B is merged into A; then B is gone with A, or is there alone."""
    for number in range(ROUNDS):
        a, b = f"A{number}", f"B{number}"
        story.identify(f"a{number}", a)
        of_b = story.identify(f"b{number}", b)
        ids = {name: story.id_of(name) for name in (a, b)}
        crowd.at_once(by_hand(f"/people/{ids[b]}/merge", {"into": ids[a]}), ("DELETE", f"/api/people/{ids[a]}", None))
        story.settle()
        assert not story.exists(a)
        assert story.shown().get(b, []) == ([of_b] if story.exists(b) else [])


def test_race_of_two_deletions(story: Story, crowd: Crowd) -> None:
    """74. Given A is deleted four times at once; then A is gone, and once is counted."""
    for number in range(ROUNDS):
        story.identify(f"x{number}", f"A{number}")
        act: Act = ("DELETE", f"/api/people/{story.id_of(f'A{number}')}", None)
        statuses = sorted(answer.status for answer in crowd.at_once(act, act, act, act))
        assert statuses[1:] == [404] * 3
        assert not story.exists(f"A{number}")


def test_race_detach_vs_identify(story: Story, crowd: Crowd) -> None:
    """84, R27. Given x is detached from A while A and B identify on it; then it is nobody's, whoever came first."""
    for number in range(ROUNDS):
        x, a, b = f"x{number}", f"A{number}", f"B{number}"
        page, login = story.page(x), story.identify(x, a)
        events = [story.event("identify", x, user, at=story.now) for user in (a, b, a)] + [story.event("page", x, at=story.now)]
        answers = crowd.at_once(by_hand(f"/visitors/{x}/detach"), *(crowd.sent(one) for one in events))
        assert answers[0].status == 200
        assert story.whose(page) is None
        assert login in story.timeline(a)
        story.identify(x, a)
        assert story.whose(page) is None


def test_race_unmerge_vs_events(story: Story, crowd: Crowd) -> None:
    """R27. Given A and B are unmerged while both go on; then each has exactly their own, visits included."""
    for number in range(ROUNDS):
        a, b = f"A{number}", f"B{number}"
        theirs = {a: [story.page(f"a{number}"), story.identify(f"a{number}", a)], b: [story.identify(f"b{number}", b)]}
        story.merge(b, into=a)
        events = [
            story.event("track", f"{user[0].lower()}{number}", user, at=story.now + at)
            for at, user in enumerate([a, b, b, a, b], 1)
        ]
        events += [
            story.event("identify", f"c{number}", b, at=story.now + 9),
            story.event("page", f"b{number}", at=story.now + 20),
        ]
        crowd.at_once(by_hand(f"/merges/{story.last_merge()}/undo"), *(crowd.sent(one) for one in events))
        for one in events:
            theirs[one["userId"] or b].append(one["messageId"])
        for user in (a, b):
            assert set(story.timeline(user)) == set(theirs[user])
            times = [story.happens[message] for message in theirs[user]]
            assert (story.visits(user)[0], story.visits(user)[2]) == (min(times), max(times))
        story.wait(30)


def test_race_merge_vs_claims(story: Story, crowd: Crowd) -> None:
    """R26. Given A and B are merged while both identify on one x; then nothing dangles, and every event is theirs."""
    for number in range(ROUNDS):
        a, b, x = f"A{number}", f"B{number}", f"x{number}"
        for user in (a, b):
            story.track(None, user)
        page = story.page(x)
        events = [story.event("identify", x, user, at=story.now) for user in (a, b, a, b)]
        acts = [by_hand(f"/people/{story.id_of(b)}/merge", {"into": story.id_of(a)}), *(crowd.sent(one) for one in events)]
        assert crowd.at_once(*acts)[0].status in (200, 201)
        assert story.whose(page) == f"{a}+{b}"
        assert {one["messageId"] for one in events} < set(story.timeline(a))


def test_race_of_attachments(story: Story, crowd: Crowd) -> None:
    """By hand. Given x is attached to A and B and detached at once; then it is one's, or nobody's."""
    for number in range(ROUNDS):
        a, b, x = f"A{number}", f"B{number}", f"x{number}"
        for user in (a, b):
            story.track(None, user)
        page = story.page(x)
        to = [by_hand(f"/visitors/{x}/attach", {"person_id": story.id_of(user)}) for user in (a, b)]
        crowd.at_once(*to, by_hand(f"/visitors/{x}/detach"), *to)
        assert story.whose(page) in (a, b, None)


def test_race_of_logouts(story: Story, crowd: Crowd) -> None:
    """R13. Given the same log-out is told eight times at once, while A goes on; then a new epoch begins once."""
    for number in range(ROUNDS):
        x, a = f"x{number}", f"A{number}"
        login = story.identify(x, a)
        at = story.event("track", at=story.now)["timestamp"]
        going_on = [story.event("track", x, a, at=story.now) for _ in range(3)]
        crowd.at_once(*[by_hand(f"/visitors/{x}/logout", {"at": at})] * 8, *(crowd.sent(one) for one in going_on))
        story.wait(5)
        unsaid, of_b = story.page(x), story.identify(x, f"B{number}")
        assert set(story.timeline(a)) == {login, *(one["messageId"] for one in going_on)}
        assert story.timeline(f"B{number}") == [unsaid, of_b]
        assert len([entry for entry in story.entries("logged_out") if entry["anonymous_id"] == x]) == 1


def test_race_retention_vs_claim(story: Story, crowd: Crowd) -> None:
    """29. Given x is purged while A identifies on it; then its history is gone, or A's; never a pointer to nothing."""
    pages = {number: story.page(f"x{number}", at=number) for number in range(8)}
    story.wait_for(91 * DAY)
    logins = [story.event("identify", f"x{number}", "A", at=50 * DAY) for number in range(8)]
    crowd.at_once(by_hand("/retention"), *(crowd.sent(one) for one in logins))
    shown = story.shown()
    assert set(shown) <= {"A"}
    assert {one["messageId"] for one in logins} <= set(shown["A"]) <= {*pages.values(), *(one["messageId"] for one in logins)}


def test_race_in_a_kiosk(story: Story, crowd: Crowd) -> None:
    """Kiosk mode. Given eight people identify on one kiosk at once; then nobody is contested, and the page is one's."""
    story.site(after_claim="new_visitor")
    for collector in crowd.collectors:
        collector.installation.sites.refresh()
    for number in range(ROUNDS):
        x = f"x{number}"
        page = story.page(x)
        logins = [story.event("identify", x, f"U{number}-{user}", at=story.now) for user in range(8)]
        stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in logins)))
        assert story.whose(page) is not None
        assert contested_streams(story, x) == 0


def test_race_of_groups(story: Story, crowd: Crowd) -> None:
    """Table of calls. Given 16 people join one new account at once, with traits; then all are members, the newest traits stay."""
    for number in range(ROUNDS):
        acme = f"acme{number}"
        told = [
            story.event("group", f"x{number}-{one}", f"U{number}-{one}", at=story.now + one, groupId=acme, traits={"seats": one})
            for one in range(16)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in told)))
        assert len(story.members(acme)) == 16
        assert story.account(acme)["fields"] == {"seats": 15}
        story.wait(30)


def test_race_at_the_fan_in_brake(story: Story, crowd: Crowd) -> None:
    """R22. Given A holds 40 devices and identifies on 20 more at once; then no more than fifty are A's."""
    story.send(*(story.event("identify", f"x{number}", "A", at=1) for number in range(40)))
    more = [story.event("identify", f"y{number}", "A", at=2) for number in range(20)]
    stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in more)))
    assert len(story.person("A")["anonymous_ids"]) == 50


@pytest.mark.parametrize("seed", range(3))
def test_everything_at_once(story: Story, crowd: Crowd, seed: int) -> None:
    """70-74. Given random identifies, aliases, merges, undos, detaches and deletions at once, again and again; then all holds."""
    chance = random.Random(seed)
    users, ids = ["A", "B", "C", "D"], ["x", "y", "z"]
    for user in users:
        story.track(None, user)
    for _ in range(6):
        known = {user: story.id_of(user) for user in users if story.exists(user)}
        merges = [str(entry["detail"]["merge_id"]) for entry in story.entries("people_merged")]
        acts: list[Act] = []
        for _ in range(10):
            x, user, other = chance.choice(ids), chance.choice(users), chance.choice(users)
            kind = chance.choice(
                ["identify", "identify", "page", "track", "alias", "merge", "undo", "detach", "attach", "logout", "delete"]
            )
            at = story.now + chance.uniform(-5, 5)
            if kind in ("identify", "track"):
                acts.append(crowd.sent(story.event(kind, x, user, at=at)))
            elif kind == "page":
                acts.append(crowd.sent(story.event("page", x, at=at)))
            elif kind == "alias":
                acts.append(crowd.said_by_server(story.event("alias", x, user, at=at, previousId=chance.choice([other, *ids]))))
            elif kind == "merge" and {user, other} <= known.keys():
                acts.append(by_hand(f"/people/{known[user]}/merge", {"into": known[other]}))
            elif kind == "undo" and merges:
                acts.append(by_hand(f"/merges/{chance.choice(merges)}/undo"))
            elif kind in ("detach", "logout"):
                acts.append(
                    by_hand(
                        f"/visitors/{x}/{kind}", {"at": story.event("page", at=at)["timestamp"]} if kind == "logout" else {}
                    )
                )
            elif kind == "attach" and user in known:
                acts.append(by_hand(f"/visitors/{x}/attach", {"person_id": known[user]}))
            elif kind == "delete" and user in known and chance.random() < 0.3:
                acts.append(("DELETE", f"/api/people/{known[user]}", None))
        answers = crowd.at_once(*acts, tries=10)
        assert {answer.status for answer in answers} <= {200, 201, 202, 204, 404, 409}
        story.wait(10)
        story.shown()


HANDS: dict[str, Callable[[Story], Act]] = {
    "detach": lambda story: by_hand("/visitors/x/detach"),
    "attach": lambda story: by_hand("/visitors/x/attach", {"person_id": story.id_of("B")}),
    "logout": lambda story: by_hand("/visitors/x/logout", {"at": story.event("page", at=story.now)["timestamp"]}),
    "merge": lambda story: by_hand(f"/people/{story.id_of('B')}/merge", {"into": story.id_of("A")}),
    "unmerge": lambda story: by_hand(f"/merges/{story.last_merge()}/undo"),
    "delete": lambda story: ("DELETE", f"/api/people/{story.id_of('A')}", None),
}


@pytest.mark.parametrize("first", ["hand", "events"])
@pytest.mark.parametrize("hand", HANDS)
def test_an_event_that_waits_for_what_is_done_by_hand(story: Story, crowd: Crowd, hand: str, first: str) -> None:
    """74, 84, R18. Given something done by hand that is written, not committed; when events of x, A and B come, or the other
    way round; then who waited knows what happened meanwhile: every pointer is right, and every visit."""
    story.identify("x", "A")
    story.identify("y", "B")
    if hand == "unmerge":
        story.merge("B", into="A")
    act = HANDS[hand](story)
    page, track, other = (
        story.event("page", "x", at=20),
        story.event("track", "x", "A", at=10),
        story.event("page", "y", at=30),
    )
    coming = [
        crowd.sent(page, track, other),
        crowd.sent(story.event("identify", "x", "B", at=40), story.event("track", "y", "B", at=5)),
    ]
    slow = [act] if first == "hand" else coming[:1]
    with held_back(first) as written:
        acts = [*slow, *(one for one in [act, *coming] if one not in slow)]
        crowd.at_once(*acts, after_the_first=written)
    shown = {message for messages in story.shown().values() for message in messages}
    if hand == "delete" and first == "hand":
        assert page["messageId"] not in shown, "of an anonymous id that was deleted before it came"
        assert "x" not in (story.person("A")["anonymous_ids"] if story.exists("A") else [])
        assert story.mapped("x") is None if story.was_seen("x") else True


@contextmanager
def held_back(first: str) -> Iterator[threading.Event]:
    """Whoever writes first holds its transaction open until the others wait for it."""
    written = threading.Event()
    real = identity.save

    def save(*parts: Any) -> None:
        real(*parts)
        if not written.is_set():
            written.set()
            time.sleep(0.3)

    where = "collector.storage.corrections.save" if first == "hand" else "collector.storage.identity.save"
    with mock.patch(where, save), mock.patch("collector.storage.deletion._log", held(deletion._log, written)):
        yield written


def held(real: Callable[..., None], written: threading.Event) -> Callable[..., None]:
    def log(*parts: Any) -> None:
        real(*parts)
        if not written.is_set():
            written.set()
            time.sleep(0.3)

    return log


def test_claim_cost_flat(story: Story) -> None:
    """75. Given streams of 100 and 4,000 events; when each is claimed; then no event is written anew, and it takes alike long."""
    for x, batches in (("small", 1), ("large", 8)):
        for _ in range(batches):
            story.send(*(story.event("page", x, at=1) for _ in range(100 if x == "small" else 500)))
    event = tables.event
    before = {(row.device_id, row.message_id): row for row in story.app.rows(event)}
    logins = {story.identify("small", "A"), story.identify("large", "B")}
    after = {(row.device_id, row.message_id): row for row in story.app.rows(event)}
    assert {message for _, message in after.keys() - before.keys()} == logins
    assert {key: after[key] for key in before} == before


def test_the_read_side_may_look_at_any_time(story: Story, crowd: Crowd) -> None:
    """12. Given merges and undos under way; when the lists are read meanwhile; then each answer is whole."""
    for user in ("A", "B"):
        story.identify(user.lower(), user)
    ids = {user: story.id_of(user) for user in ("A", "B")}
    looks: list[Act] = [
        ("GET", path, None) for path in ("/api/people", "/api/activity", f"/api/people/{ids['A']}/events", "/api/counts")
    ]
    for number in range(ROUNDS):
        events = [story.event("identify", f"x{number}-{one}", one, at=story.now) for one in ("A", "B")]
        merge = by_hand(f"/people/{ids['B']}/merge", {"into": ids["A"]})
        answers = crowd.at_once(*looks, merge, *(crowd.sent(one) for one in events), *looks)
        assert all(answer.status in (200, 201) for answer in answers)
        story.unmerge(story.last_merge())
