"""Cost of an event: a plain one 1, one that names people or may claim devices more, a large one more again."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.cost import cost
from collector.domain.events import Handoff, Link
from tests.support.events import make_event

CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "a page view": (1, {"type": "page", "anonymous_id": "a"}),
    "an event of a user": (1, {"type": "track", "anonymous_id": "a", "user_id": "u"}),
    "a large one": (5, {"type": "track", "raw": b"x" * 32 * 1024}),
    "identify": (7, {"type": "identify", "anonymous_id": "a", "user_id": "u"}),
    "identify by a server": (3, {"type": "identify", "user_id": "u"}),
    "identify with an address": (9, {"type": "identify", "anonymous_id": "a", "user_id": "u", "email": "a@x.io"}),
    "a user id that is an address": (9, {"type": "identify", "anonymous_id": "a", "user_id": "a@x.io"}),
    "identify with five ids": (27, {"type": "identify", "anonymous_id": "a", "user_id": "u", "anonymous_ids": tuple("abcde")}),
    "alias": (9, {"type": "alias", "name": "old", "user_id": "u", "anonymous_id": "a"}),
    "group": (9, {"type": "group", "account_id": "acme", "user_id": "u", "anonymous_id": "a"}),
    "a link was followed": (5, {"type": "page", "anonymous_id": "a", "link": Link("email", "a@x.io", "a@x.io", 0)}),
    "a handoff was followed": (9, {"type": "page", "anonymous_id": "a", "handoff": Handoff("n", "b")}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_cost_of_an_event(case: str) -> None:
    wanted, said = CASES[case]
    event = make_event(1, said["type"], "m", 0, **{k: v for k, v in said.items() if k != "type"})
    assert cost(event) == wanted
