"""Difference of two messages: applied to the one it gives the other."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given

from collector.domain.message_diff import Difference, differences, whole
from collector.domain.messages import Content, Dismiss, Locales, Message, Open, Where
from collector.domain.rules import Rule
from tests.unit.domain.message_samples import MESSAGES

ONE = Message("one", "N", Where([Rule("is", value="/a")]), Locales("en", {"en": Content("A")}))


def test_places() -> None:
    content = Locales("en", {"en": Content("B"), "e n": Content("C")})
    other = msgspec.structs.replace(ONE, where=Where([]), content=content, priority=1)
    assert differences(ONE, other) == [
        Difference("$.where.pages[0]", {"op": "is", "part": "path", "name": None, "value": "/a", "exclude": False}),
        Difference("$.content.texts.en.title", "A", "B"),
        Difference("$.content.texts['e n']", msgspec.UNSET, whole(Content("C"))),
        Difference("$.priority", 50, 1),
    ]


def test_nothing_to_compare_with() -> None:
    assert differences(None, ONE) == differences(ONE, None) == differences(ONE, ONE) == []


def test_effects_are_told_apart() -> None:
    assert (whole(Open("/x")), whole(Dismiss())) == ({"type": "open", "href": "/x"}, {"type": "dismiss"})


_STEP = re.compile(r"\.([\w$-]+)|\[(\d+)\]|\['([^']*)'\]")


def applied(before: Any, found: list[Difference]) -> Any:
    """Removals go last, so that places stay true."""
    for one in sorted(found, key=lambda one: one.after is msgspec.UNSET):
        *most, last = [plain or quoted or int(index) for plain, index, quoted in _STEP.findall(one.path)]
        part = before
        for step in most:
            part = part[step]
        if one.after is msgspec.UNSET:
            part[last] = msgspec.UNSET
        elif isinstance(part, list) and last == len(part):
            part.append(one.after)
        else:
            part[last] = one.after
    return without_gaps(before)


def without_gaps(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_gaps(member) for name, member in value.items() if member is not msgspec.UNSET}
    if isinstance(value, list):
        return [without_gaps(element) for element in value if element is not msgspec.UNSET]
    return value


@given(MESSAGES, MESSAGES)
def test_applied_to_the_one_it_gives_the_other(before: Message, after: Message) -> None:
    assert applied(whole(before), differences(before, after)) == whole(after)


@pytest.mark.parametrize("change", [{"name": "M"}, {"note": "x"}])
def test_one_place(change: dict[str, Any]) -> None:
    (found,) = differences(ONE, msgspec.structs.replace(ONE, **change))
    assert [(f"$.{name}", value) for name, value in change.items()] == [(found.path, found.after)]
