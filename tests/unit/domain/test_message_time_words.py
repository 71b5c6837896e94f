"""Words for when a message appears."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from collector.domain.message_time_words import listed, schedule_words, trigger_words
from collector.domain.message_times import When

TRIGGERS: dict[str, dict[str, Any]] = {
    "": {"type": "page_ready"},
    "after 1 second": {"type": "delay", "seconds": 1},
    "after half the page": {"type": "scroll", "percent": 50},
    "after 80 % of the page": {"type": "scroll", "percent": 80},
    "after the event added": {"type": "event", "name": "added"},
    "after a click on #buy?": {"type": "click", "selector": "#buy\x1b"},
    "when the mouse leaves the page": {"type": "exit_intent"},
    "when the mouse leaves the page, on touch screens after 20 seconds": {"type": "exit_intent", "fallback_seconds": 20},
}
SCHEDULES: dict[str, dict[str, Any]] = {
    "": {},
    "from 2026-12-24 09:00+01:00, until 2026-12-31 00:00 UTC": {
        "starts_at": "2026-12-24T09:00:00+01:00", "ends_at": "2026-12-31T00:00:00Z",
    },
    "on weekdays 09:00 to 17:00 in Europe/Berlin": {
        "hours": {"from": 9, "to": 17, "days": ["fr", "mo", "tu", "we", "th"], "zone": "Europe/Berlin"},
    },
    "on Saturdays and Sundays on the visitor's clock": {"hours": {"days": ["sa", "su"]}},
    "22:00 to 06:00 on the visitor's clock": {"hours": {"from": 22, "to": 6}},
}  # fmt: skip


@pytest.mark.parametrize("words", TRIGGERS)
def test_triggers_in_words(words: str) -> None:
    assert trigger_words(msgspec.convert({"trigger": TRIGGERS[words]}, When).trigger) == words


@pytest.mark.parametrize("words", SCHEDULES)
def test_schedules_in_words(words: str) -> None:
    assert schedule_words(msgspec.convert(SCHEDULES[words], When)) == words


def test_lists_in_words() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
