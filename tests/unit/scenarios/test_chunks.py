"""Random histories: how events are divided into requests makes no difference, and what is undone leaves nothing behind.

Rules R19, R26-R28; *Order*, *By hand*.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.part import part

from .course import DAY
from .sender import Sender, Told
from .shown import called, portrait
from .story import Story

USERS, IDS, ADDRESSES = "ABC", ["x", "y", "z", "w"], ["a@x.io", "b@x.io"]
SEEDS = part(range(4), 2)

Step = tuple[str, Any]
"""`browser` or `server` with an event, or an operation by hand with what it is about."""


def history(story: Story, chance: random.Random, length: int) -> list[Step]:
    """History of anything, in the order of arrival; event times have an order of their own."""
    steps: list[Step] = []
    for _ in range(length):
        x, user, at = chance.choice(IDS), chance.choice([*USERS, None]), chance.uniform(0, 3 * DAY)
        kind = chance.choice(
            ["identify"] * 5 + ["track", "page", "alias", "group", "detach", "attach", "logout", "merge", "undo"]
        )
        source = chance.choice(["browser", "browser", "browser", "server"])
        if kind in ("detach", "attach", "logout", "merge", "undo"):
            steps.append((kind, (x, user or "A", chance.choice(USERS), at)))
            continue
        more: dict[str, Any] = {}
        if kind == "identify":
            more["traits"] = {chance.choice(["plan", "city"]): chance.choice(["one", "two", None, 0])}
            if chance.random() < 0.4:
                more["email"] = chance.choice(ADDRESSES)
            if chance.random() < 0.2:
                more["context"] = {"anonymousIds": [chance.choice(IDS)]}
        elif kind == "alias":
            more["previousId"] = chance.choice([*IDS, *USERS])
            user = user or "A"
        elif kind == "group":
            more["groupId"] = chance.choice(["acme", "umbrella"])
        steps.append((source, story.event(kind, x, user, at, **more)))
    return steps


def own(told: Told, ending: str) -> Told:
    """Event with names of the round's own."""
    named = {key: told[key] + ending for key in ("anonymousId", "userId", "previousId", "groupId") if told.get(key) is not None}
    traits = {key: value + ending if key == "email" else value for key, value in told.get("traits", {}).items()}
    context = {key: [value + ending for value in values] for key, values in told.get("context", {}).items()}
    return {**told, **named, **({"traits": traits} if traits else {}), **({"context": context} if context else {})}


def tell(story: Story, steps: list[Step], ending: str, size: Callable[[], int]) -> None:
    """Tell a history with these sizes of requests; what is done by hand happens between two of them."""
    gathered: list[Told] = []
    source, room = "browser", size()

    def send() -> None:
        nonlocal room
        sender: Sender = story.server if source == "server" else story
        if gathered:
            assert story.app.batch(*gathered, writeKey=sender.key).json["stored"] == len(gathered)
        gathered.clear()
        room = size()

    for kind, about in steps:
        if kind not in ("browser", "server"):
            send()
            by_hand(story, kind, ending, *about)
        else:
            if kind != source or len(gathered) >= room:
                send()
            source = kind
            gathered.append(own(about, ending))
    send()


def by_hand(story: Story, kind: str, ending: str, x: str, user: str, other: str, at: float) -> None:
    """Try it; it may fail."""
    x, user, other = x + ending, user + ending, other + ending
    if kind in ("detach", "logout"):
        body = {"at": story.event("page", at=at)["timestamp"]} if kind == "logout" else {}
        story.api("POST", f"/api/visitors/{x}/{kind}", body)
    elif kind == "undo":
        merges = [
            one for one in story.entries("people_merged") if one["person"]["label"].endswith(ending) or ending in str(one)
        ]
        if merges:
            story.api("POST", f"/api/merges/{merges[-1]['merge_id']}/undo", {})
    elif story.exists(user) and kind == "attach":
        story.api("POST", f"/api/visitors/{x}/attach", {"person_id": story.id_of(user)})
    elif story.exists(user) and story.exists(other):
        story.api("POST", f"/api/people/{story.id_of(user)}/merge", {"into": story.id_of(other)})


def outcome(story: Story, ending: str) -> str:
    """Outcome by the read API, without the round's own names and numbers."""
    people = {}
    for name in [user + ending for user in USERS] + [address + ending for address in ADDRESSES]:
        if story.exists(name):
            one = story.person(name)
            people[name] = {key: value for key, value in one.items() if key != "person_id"} | {"timeline": story.timeline(name)}
    visitors = {}
    for x in IDS:
        if story.was_seen(x + ending):
            one = story.visitor(x + ending)
            visitors[x] = {key: one[key] for key in ("first_seen", "contested_from", "merged_at", "since")}
            visitors[x] |= {
                "person": one["person"] and one["person"]["label"],
                "events": [event["message_id"] for event in one["events"]],
            }
    return json.dumps([people, visitors], sort_keys=True).replace(ending, "")


@pytest.mark.parametrize("seed", SEEDS)
def test_requests_of_any_size_come_to_the_same(story: Story, seed: int) -> None:
    """R19, Order. Given one random history; when it comes one event a request, by sevens, or all at once; then one outcome."""
    chance = random.Random(seed)
    steps = history(story, chance, 60)
    story.wait_for(4 * DAY)
    sizes: dict[str, Callable[[], int]] = {"-one": lambda: 1, "-few": lambda: chance.randint(2, 7), "-all": lambda: 100}
    for ending, size in sizes.items():
        tell(story, steps, ending, size)
    outcomes = {ending: outcome(story, ending) for ending in sizes}
    assert outcomes["-one"] == outcomes["-few"] == outcomes["-all"]


@pytest.mark.parametrize("seed", SEEDS)
def test_undo_leaves_nothing_behind(story: Story, seed: int) -> None:
    """R27, By hand. Given a random history; when any two are merged and unmerged; then everything looks as before, and the
    preview of each operation said how it would look."""
    chance = random.Random(1_000 + seed)
    steps = history(story, chance, 60)
    story.wait_for(4 * DAY)
    tell(story, steps, "-one", lambda: 10)
    people = sorted(story.everybody())
    for _ in range(3):
        one, other = chance.sample(people, 2) if len(people) > 1 else (people[0], people[0])
        before = (story.shown(), story.everybody())
        body = {"into": other}
        preview = story.api("POST", f"/api/people/{one}/merge", {**body, "preview": True})
        merged = story.api("POST", f"/api/people/{one}/merge", body)
        assert merged.status == preview.status
        if merged.status == 200:
            assert looks(merged.json) == looks(preview.json)
            after = {person["person_id"]: person["after"] for person in merged.json["people"]}[other]
            shown = portrait(story.everybody()[other])
            assert {key: after[key] for key in shown} == shown
            story.unmerge(merged.json["merge_id"])
        assert (story.shown(), story.everybody()) == before


def looks(outcome: Any) -> list[Any]:
    return [(one["person_id"], one["before"], one["after"]) for one in outcome["people"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_deletion_changes_no_other_person(story: Story, seed: int) -> None:
    """R28, Deletion. Given a random history; when somebody is deleted; then everybody else looks as before."""
    chance = random.Random(2_000 + seed)
    steps = history(story, chance, 60)
    story.wait_for(4 * DAY)
    tell(story, steps, "-one", lambda: 10)
    gone = chance.choice(sorted(story.everybody()))
    before, shown = story.everybody(), story.shown()
    name = called(before[gone])
    story.do("DELETE", f"/api/people/{gone}")
    story.settle()
    assert story.everybody() == {person_id: one for person_id, one in before.items() if person_id != gone}
    assert story.shown() == {who: messages for who, messages in shown.items() if who != name}
