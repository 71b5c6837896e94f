"""Messages with a trigger or a schedule, one for each page `triggered.html?on=NAME`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime.now(UTC)
WHEN: dict[str, dict[str, Any]] = {
    "capped": {},
    "high": {"trigger": {"type": "event", "name": "wanted"}},
    "low": {},
    "first": {},
    "second": {"trigger": {"type": "click", "selector": "#buy"}},
    "zone": {"hours": {"from": 0, "zone": "Europe/Berlin"}},
    "beside": {},
    "delay": {"trigger": {"type": "delay", "seconds": 2}},
    "scroll": {"trigger": {"type": "scroll", "percent": 50}},
    "event": {"trigger": {"type": "event", "name": "wanted"}},
    "click": {"trigger": {"type": "click", "selector": "#buy"}},
    "selector": {"trigger": {"type": "click", "selector": "##"}},
    "leave": {"trigger": {"type": "exit_intent"}},
    "future": {"starts_at": (NOW + timedelta(days=1)).isoformat()},
    "past": {"ends_at": (NOW - timedelta(days=1)).isoformat()},
    "tomorrow": {"ends_at": (NOW + timedelta(days=1)).isoformat()},
    "hours": {"hours": {"from": (NOW.hour + 3) % 24, "to": (NOW.hour + 4) % 24 or 24, "zone": "UTC"}},
}
PLACES = {"high": "both", "low": "both", "first": "two", "second": "two", "beside": "zone"}
"""Messages that share a page with another."""
PRIORITIES = {"high": 90, "low": 10, "first": 90}
OFTEN: dict[str, dict[str, Any]] = {"capped": {"lifetime": 3, "caps": [{"max": 1, "per": "P7D"}], "stop_on": ["act"]}}


def messages() -> list[dict[str, Any]]:
    """Return their documents; the schedules are about the time at which this was imported."""
    text = {"title": "Still here?", "actions": [{"id": "later", "label": "Not now", "do": [{"type": "dismiss"}]}]}
    return [
        {
            "key": f"when-{name}",
            "name": name,
            "status": "live",
            "where": {"pages": [{"part": "query", "op": "is", "name": "on", "value": PLACES.get(name, name)}]},
            "when": when,
            "priority": PRIORITIES.get(name, 50),
            "often": OFTEN.get(name, {"lifetime": 1 if name in PLACES else None, "stop_on": ["act"]}),
            "content": {"default": "en", "texts": {"en": text}},
        }
        for name, when in WHEN.items()
    ]
