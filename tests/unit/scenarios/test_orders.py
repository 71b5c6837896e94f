"""Story in every order of arrival. Scenario 63; rules R4, R16, R18, R19; *Order*."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from tests.support.part import part

from .course import seconds
from .sender import Told
from .story import Story


def in_every_order(story: Story, template: list[Told], one_request_each: bool, each: int = 0) -> int:
    """Tell the template in every order, or every so many, each with ids of its own (`x` becomes `x7`); return how many."""
    number = -1
    orders = itertools.permutations(range(len(template)))
    for number, order in enumerate(itertools.islice(orders, 0, None, each) if each else part(orders, 4)):
        events: list[Told] = []
        for index in order:
            ids = {
                key: f"{template[index][key]}{number}"
                for key in ("anonymousId", "userId", "previousId") if template[index].get(key) is not None
            }  # fmt: skip
            events.append({**template[index], **ids})
        for request in [[one] for one in events] if one_request_each else [events]:
            story.app.batch(*request)
    return number + 1


@pytest.mark.parametrize("one_request_each", [True, False])
def test_all_permutations(story: Story, one_request_each: bool) -> None:
    """63, R18. Given two pages, an identify, a track, a duplicate, in every order; then one state, first identified visit included."""
    login = story.event("identify", "x", "A", at=20, traits={"plan": "pro"})
    template = [
        story.event("page", "x", at=10),
        story.event("page", "x", at=40),
        login,
        story.event("track", "x", "A", at=30),
        login,
    ]
    story.wait_for(100)
    orders = in_every_order(story, template, one_request_each)
    everybody = story.everybody().values()
    assert len(everybody) == orders == len(part(range(120), 4))
    states = {json.dumps([one["first_seen"], one["first_identified"], one["last_seen"], one["fields"]]) for one in everybody}
    assert [[seconds(time) for time in json.loads(state)[:3]] for state in states] == [[10, 20, 40]]
    events = story._events()
    assert len(events) == 4 * orders
    assert all(event["person"]["label"] == "A" + event["anonymous_id"][1:] for event in events)
    assert len(story.entries("anonymous_merge")) == orders
    assert story.counts()["duplicate"] == orders


def test_logout_with_rotation_in_every_order(story: Story) -> None:
    """63, Order. Given A on x, then B on y after a reset, in every order; then one state, and nothing refused."""
    template = [
        story.event("page", "x", at=1), story.event("identify", "x", "A", at=2),
        story.event("page", "y", at=3), story.event("identify", "y", "B", at=4),
    ]  # fmt: skip
    story.wait_for(100)
    orders = in_every_order(story, template, True)
    people = story.everybody().values()
    assert len(people) == 2 * orders
    states = {
        (one["user_ids"][0][0], seconds(one["first_seen"]), seconds(one["first_identified"]), seconds(one["last_seen"]))
        for one in people
    }
    assert states == {("A", 1, 2, 2), ("B", 3, 4, 4)}
    assert "refused" not in " ".join(entry["kind"] for entry in story.entries())


def test_two_tabs_groups_and_alias_in_every_order(story: Story) -> None:
    """63, R14. Given pages of two ids, an identify that brings both, a group, an alias of a third; then one state."""
    template = [
        story.event("page", "x", at=1), story.event("page", "w", at=2), story.event("alias", "x", "A", at=4, previousId="w"),
        story.event("identify", "x", "A", at=5), story.event("identify", "x", at=3, traits={"city": "Rome"}),
    ]  # fmt: skip
    story.wait_for(100)
    orders = in_every_order(story, template, True, each=5)
    people = story.everybody().values()
    assert len(people) == orders == 24
    assert {(json.dumps(one["fields"]), seconds(one["first_seen"]), seconds(one["first_identified"]), len(one["anonymous_ids"])) for one in people} == {
        ('{"city": "Rome"}', 1, 4, 2)
    }  # fmt: skip
    assert all(event["person"] for event in story._events())


def test_without_rotation_an_event_with_a_user_is_always_that_users(story: Story) -> None:
    """63, Order. Given A and B on one id without rotation, in every order; then only the anonymous part depends on it."""
    template = [
        story.event("page", "x", at=1), story.event("identify", "x", "A", at=2), story.event("track", "x", "A", at=3),
        story.event("identify", "x", "B", at=4), story.event("track", "x", "B", at=5),
    ]  # fmt: skip
    story.wait_for(100)
    orders = in_every_order(story, template, True, each=5)
    for event in story._events():
        owner = event["person"]["label"] if event["person"] else None
        if event["user_id"] is not None:
            assert owner == event["user_id"]
        else:
            assert owner in (None, f"A{event['anonymous_id'][1:]}", f"B{event['anonymous_id'][1:]}")
    mapped = {number: story.mapped(f"x{number}") for number in range(orders)}
    assert all(name in (f"A{number}", f"B{number}") for number, name in mapped.items()), "whose identify arrived first"


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_are_conserved(story: Story, seed: int) -> None:
    """R4, R16. Given random calls of three users on three ids, with replays; then every event is shown exactly once."""
    told: list[Told] = []
    chance = random.Random(seed)
    story.wait_for(1_000)
    for _ in range(80):
        x, user = chance.choice(["x", "y", "z", None]), chance.choice(["A", "B", "C", None, None])
        if x is None and user is None:
            continue
        kind = chance.choice(["page", "track", "identify", "identify"])
        more: dict[str, Any] = {"email": f"{chance.choice('abc')}@x.io"} if kind == "identify" and chance.random() < 0.3 else {}
        told.append(story.event(kind, x, user, chance.uniform(0, 900), **more))
    for start in range(0, len(told), 7):
        story.send(*told[start : start + 7])
    for one in chance.sample(told, 20):
        story.send(one)
        assert story.ends == {"duplicate": 1}
    shown = story.shown()
    assert sorted(message for messages in shown.values() for message in messages) == sorted(one["messageId"] for one in told)
    for one in told:
        if one["userId"] is not None:
            assert one["messageId"] in shown[one["userId"]]


@pytest.mark.parametrize("seed", range(3))
def test_a_story_with_rotation_in_random_orders(story: Story, seed: int) -> None:
    """63, Order. Given two users, three browsers that rotate, tabs, fields, addresses and accounts; then no order matters."""
    chance = random.Random(seed)
    template = [
        story.event("page", "x", at=1), story.event("identify", "x", at=2, traits={"city": "Rome", "plan": "free"}),
        story.event("group", "x", at=3, groupId="acme"),
        story.event("identify", "x", "A", at=5, traits={"plan": "pro"}, email="a@x.io"), story.event("track", "x", "A", at=6),
        story.event("page", "y", at=10), story.event("identify", "y", "B", at=11, traits={"city": "Oslo"}, email="b@x.io"),
        story.event("page", "z", at=20), story.event("page", "w", at=21),
        story.event("identify", "z", "A", at=25, traits={"plan": "gold"}, context={"anonymousIds": ["w"]}), story.event("track", None, "B", at=30),
    ]  # fmt: skip
    story.wait_for(100)
    for number in range(12):
        told = [of_round(one, f"-{number}") for one in template]
        if number:
            chance.shuffle(told)
        while told:
            size = chance.randint(1, 4)
            story.app.batch(*told[:size])
            told = told[size:]
    outcomes = {json.dumps([outcome(story, user, f"-{number}") for user in "AB"]) for number in range(12)}
    assert len(outcomes) == 1, outcomes
    assert json.loads(outcomes.pop())[0]["anonymous_ids"] == ["w", "x", "z"]


def of_round(told: Told, ending: str) -> Told:
    """Events with ids, addresses and users of its own."""
    own = {key: told[key] + ending for key in ("anonymousId", "userId") if told[key] is not None}
    traits = {key: value + ending if key == "email" else value for key, value in told.get("traits", {}).items()}
    others = {key: [value + ending for value in values] for key, values in told.get("context", {}).items()}
    return {**told, **own, **({"traits": traits} if traits else {}), **({"context": others} if others else {})}


def outcome(story: Story, user: str, ending: str) -> dict[str, Any]:
    """Profile of a person, without what is the round's."""
    one = story.person(user + ending)
    same = ("accounts", "fields", "first_seen", "first_identified", "last_seen", "tags", "unsubscribed_at")
    names = {key: sorted(name.removesuffix(ending) for name in one[key]) for key in ("user_ids", "emails", "anonymous_ids")}
    return {**{key: one[key] for key in same}, **names, "timeline": story.timeline(user + ending)}
