"""K17: anonymous events, a typed address, identify with it and without, and the server's word end in one state, in every order.

Each order is told about people of its own, all in one store.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.support.part import part

from .story import Story

PAGE, TYPED, WITH, WITHOUT = "page", "typed", "with", "without"

LAYOUTS: dict[str, list[tuple[str, str]]] = {
    "one device": [(PAGE, "x"), (TYPED, "x"), (WITH, "x"), (WITHOUT, "x"), (WITH, "")],
    "one device, never said there": [(PAGE, "x"), (TYPED, "x"), (WITHOUT, "x"), (PAGE, "x"), (WITH, "")],
    "typed here, signed in there": [(PAGE, "x"), (TYPED, "x"), (WITH, "y"), (WITHOUT, "y"), (WITH, "")],
    "typed here, signed in on both": [(PAGE, "x"), (TYPED, "x"), (WITHOUT, "x"), (PAGE, "y"), (WITH, "y")],
    "signed in here, typed there": [(PAGE, "x"), (WITHOUT, "x"), (PAGE, "y"), (TYPED, "y"), (WITH, "")],
    "typed on both": [(TYPED, "x"), (TYPED, "y"), (PAGE, "y"), (WITHOUT, "y"), (WITH, "x")],
}
"""Layouts of one human: the user's id and address meet at least once."""


def tell(story: Story, call: tuple[str, str], name: str, at: int) -> str:
    """Send a call of the layout about the human of this name, as if it happened at that second."""
    kind, device = call
    sender, x = (story, f"{device}-{name}") if device else (story.server, None)
    if kind == PAGE:
        return sender.page(x, at=at)
    email = {} if kind == WITHOUT else {"email": f"{name}@x.io"}
    return sender.identify(x, *([] if kind == TYPED else [f"user-{name}"]), at=at, **email)


def shown(story: Story, name: str, sent: list[str], devices: list[str]) -> dict[str, Any]:
    """People, devices and timelines of one human, without the numbers and names that differ."""
    person = story.person(f"user-{name}")
    events = {one["message_id"]: one for one in story.get(f"/api/people/{person['person_id']}/events")["events"]}
    visitors = [story.get(f"/api/visitors/{device}-{name}") for device in devices]
    return {
        "user ids": len(person["user_ids"]),
        "emails": len(person["emails"]),
        "timeline": [
            (number, events[one]["was_anonymous"], events[one]["flags"]) for number, one in enumerate(sent) if one in events
        ],
        "others": len(events) - len(sent),
        "devices": [one["mapped_to"] == person["person_id"] for one in visitors],
        "contested": [one["contested_from"] for one in visitors],
        "people of the address": [
            one["person_id"] == person["person_id"] for one in story.get(f"/api/people?email={name}@x.io")["people"]
        ],
        "possible matches": story.get(f"/api/people/{person['person_id']}")["possible_matches"],
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_order_ends_in_one_state(story: Story, layout: str) -> None:
    """K17. Given what one human does on one or two devices; when it arrives in any order; then it shows the same."""
    calls = LAYOUTS[layout]
    devices = sorted({device for _, device in calls if device})
    story.wait(60)
    found: dict[str, dict[str, Any]] = {}
    # What an order comes to is decided above the stores: the slower one is asked for fewer.
    for order in part(permutations(range(len(calls))), 4 if story.app.installation.store.is_sqlite else 12):
        name = "".join(map(str, order))
        sent = {number: tell(story, calls[number], name, number + 1) for number in order}
        assert story.rotated() == [], f"{name}: a browser was told to take another id"
        found[name] = shown(story, name, [sent[number] for number in range(len(calls))], devices)
    expected = found["01234"]
    assert expected["user ids"] == expected["emails"] == 1
    assert expected["timeline"][-1][0] == len(calls) - 1 and len(expected["timeline"]) == len(calls), "all of it is theirs"
    assert expected["devices"] == [True] * len(devices) and expected["possible matches"] == []
    assert {name: state for name, state in found.items() if state != expected} == {}
