"""Tables of kinds, of which an ordinary run visits a part: all rows in three engines take half an hour (`make tables`).

`@pytest.mark.table(others=4)` marks a test whose parameters are the rows of a table: all of them in Chromium, every fourth in
each of the other engines, another fourth in each. `chromium=2` takes every second one there. `PASSERBY_TABLES=1` takes all.

Tests without the mark run in Chromium and in one of the others, in turn, except in files with `each_engine`: those are about
what engines do differently.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.support.part import IS_WHOLE

FIRST = {"chromium": 0, "firefox": 0, "webkit": 1}
"""The first row that an engine takes."""

_wanted: defaultdict[str, set[str]] = defaultdict(set)


def select(items: list[pytest.Item]) -> list[pytest.Item]:
    """Take the rows that this run leaves out from `items`, and return them."""
    left_out = [] if IS_WHOLE else _superfluous(items)
    items[:] = [item for item in items if item not in set(left_out)]
    for item in items:
        _wanted[_engine(item)].update(str(value) for value in _parameters(item).values())
    return left_out


def is_wanted(engine: str, row: str) -> bool:
    """True if some test of this run asks for the row, by its name or the last word of it."""
    return row in _wanted[engine] or row.rpartition(" ")[2] in _wanted[engine]


def _superfluous(items: list[pytest.Item]) -> list[pytest.Item]:
    rows: defaultdict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("table"):
            rows[item.nodeid.partition("[")[0], _engine(item)].append(item)
    left_out = _not_their_turn(items)
    for (_, engine), some in rows.items():
        marker = some[0].get_closest_marker("table")
        every = int(marker.kwargs.get("chromium" if engine == "chromium" else "others", 1)) if marker else 1
        left_out += [item for number, item in enumerate(some) if number % every != FIRST[engine] % every]
    return left_out


def _not_their_turn(items: list[pytest.Item]) -> list[pytest.Item]:
    """Tests of all engines that a run visits in two: the first of a file not in WebKit, the second not in Firefox."""
    numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
    left_out = []
    for item in items:
        if "engine" not in _parameters(item) or item.get_closest_marker("table") or item.get_closest_marker("each_engine"):
            continue
        file, _, name = item.nodeid.partition("[")[0].partition("::")
        number = numbers[file].setdefault(name, len(numbers[file]))
        if _engine(item) == ("webkit", "firefox")[number % 2]:
            left_out.append(item)
    return left_out


def _engine(item: pytest.Item) -> str:
    """Engine of a test; those that name none are about Chromium."""
    return str(_parameters(item).get("engine", "chromium"))


def _parameters(item: pytest.Item) -> dict[str, object]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}
