"""Concurrent corrections by hand, and events meanwhile. Scenarios 73, 74; rules R26-R28."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from .course import DAY
from .crowd import ROUNDS, Act, Crowd, by_hand, held_back, requested
from .story import Story


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


def test_race_undo_vs_join(story: Story, crowd: Crowd) -> None:
    """K13. Given a lead that joined A; when that is taken back while A goes on naming its address; then they are two, and stay so."""
    for number in range(ROUNDS):
        a, address = f"A{number}", f"e{number}@x.io"
        story.identify(f"x{number}", email=address)
        story.identify(f"y{number}", a, email=address)
        undo = by_hand(f"/merges/{story.last_merge()}/undo", {})
        again = [story.event("identify", f"y{number}", a, at=story.now, email=address) for _ in range(8)]
        crowd.at_once(undo, *(crowd.sent(one) for one in again))
        story.identify(f"y{number}", a, email=address)
        assert story.id_of(a) != story.id_of(address)


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
        story.send(story.event("page", x))
        assert story.ends == {"deleted": 1}


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


@pytest.mark.parametrize("seed", range(3))
def test_race_of_everything_at_once(story: Story, crowd: Crowd, seed: int) -> None:
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


@pytest.mark.parametrize("kind", ["identify", "page"])
def test_a_retention_that_waits_for_an_event(story: Story, crowd: Crowd, kind: str) -> None:
    """29. Given old x is being claimed, or browsing again, not committed; when the retention comes to it; then all of it stays."""
    page = story.page("x", at=1)
    story.wait_for(91 * DAY)
    event = story.event("identify", "x", "A", at=50 * DAY) if kind == "identify" else story.event("page", "x", at=91 * DAY)
    story.api("POST", "/api/retention", {})
    with held_back("events") as written, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: asyncio.run(story.app.requested(*requested(crowd.sent(event)))))
        assert written.wait(5)
        story.settle()
        assert answer.result().status == 200
    assert story.shown() == {"A" if kind == "identify" else None: [page, event["messageId"]]}


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
