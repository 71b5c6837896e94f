"""Bounds beside what is known: names, bytes, and room for updates."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.bounds import Bound, add_up, counted, fitting

BOUND = Bound(names=3, size=60)


@pytest.mark.parametrize(
    ("known", "new", "fits"),
    [
        ({}, {}, ""),
        ({}, {"a": 1, "b": 1, "c": 1, "d": 1}, "abc"),
        ({"a": 1, "b": 1, "c": 1}, {"d": 1, "a": 2}, "a"),
        ({"a": 1, "b": 1, "c": 1, "d": 1}, {"e": 1, "d": 2}, "d"),
        ({}, {"a": "x" * 30, "b": "x" * 30, "c": 1}, "ac"),
        ({"a": "x" * 30}, {"a": "x" * 90}, "a"),
        ({"a": "x" * 30}, {"a": "x" * 150}, ""),
        ({"a": "x" * 500}, {"a": "x" * 400}, "a"),
        ({"a": "x" * 500}, {"a": "x" * 501, "b": 1}, ""),
        ({"a": None}, {"a": 1, "\u00e9": {"deep": [1, 2]}}, "a\u00e9"),
    ],
)
def test_bounds_that_fit(known: dict[str, Any], new: dict[str, Any], fits: str) -> None:
    assert fitting(known, new, BOUND) == set(fits)


def test_counts() -> None:
    assert counted(("fields", 2), ("tags", 0)) == {"fields": 2}
    assert add_up(({"fields": 2}, {}, {"fields": 1, "tags": 4})) == {"fields": 3, "tags": 4}
