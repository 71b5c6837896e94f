"""Schedule of a message: the vectors that the JavaScript half is tested with too, and a comparison with it over random ones."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from collector.domain.message_gates import Unknown, Visit, schedule, trigger
from collector.domain.message_times import DAYS, When, micros_of, overlap, schedule_reason
from collector.domain.messages import DoesNotFit, parse_message, public_form
from collector.errors import BadParameter

ROOT = Path(__file__).parents[3]
VECTORS: list[dict[str, Any]] = json.loads((ROOT / "tests/unit/golden/schedule_vectors.json").read_text())
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Kathmandu"]
DOCUMENT = {
    "key": "timed", "name": "Timed", "where": {"pages": []}, "content": {"default": "en", "texts": {"en": {"title": "Now"}}},
}  # fmt: skip


def reason(when: dict[str, Any], now: str, zone: str | None) -> str | None:
    return schedule_reason(msgspec.convert(when, When), micros_of(now), zone)


@pytest.mark.parametrize("row", VECTORS, ids=[row["name"] for row in VECTORS])
def test_vectors_of_the_schedule(row: dict[str, Any]) -> None:
    assert reason(row["when"], row["now"], row["visitors_zone"]) == row["reason"]


def random_row(random: Random) -> dict[str, Any]:
    begin, to = random.sample(range(24), 2)
    hours: dict[str, Any] = {"from": begin, "to": to + (random.random() < 0.1) or 24}
    if hours["to"] == begin:
        hours["to"] = 24
    if random.random() < 0.6:
        hours["days"] = random.sample(DAYS, random.randint(1, 6))
    if random.random() < 0.7:
        hours["zone"] = random.choice(ZONES)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(2 * 365 * 86_400))
    when: dict[str, Any] = {"hours": hours} if random.random() < 0.9 else {}
    for name in ("starts_at", "ends_at"):
        if random.random() < 0.3:
            when[name] = (now + timedelta(seconds=random.randint(-9, 9))).isoformat()
    return {"when": when, "now": now.isoformat(), "visitors_zone": random.choice(ZONES)}


def test_browser_and_server_agree_on_random_schedules() -> None:
    """Real JavaScript, built from the snippet's own source; the visitor's clock is that of the process."""
    random = Random(2026)
    rows = [random_row(random) for _ in range(2_000)]
    done = subprocess.run(
        ["node", ROOT / "tests/support/schedules.mjs"],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    ours = [reason(row["when"], row["now"], row["visitors_zone"]) or "" for row in rows]
    assert len(set(ours)) == 4, "every reason occurs"
    assert [row for row, a, b in zip(rows, ours, told, strict=True) if a != b] == []


WRONG = {
    "$.when.trigger.type": {"trigger": {"type": "manual"}},
    "$.when.trigger.percent": {"trigger": {"type": "scroll", "percent": 0}},
    "$.when.trigger.seconds": {"trigger": {"type": "delay", "seconds": 3_601}},
    "$.when.trigger.name": {"trigger": {"type": "event", "name": ""}},
    "$.when.trigger.selector": {"trigger": {"type": "click", "selector": "a" * 201}},
    "$.when.trigger.fallback_seconds": {"trigger": {"type": "exit_intent", "fallback_seconds": "soon"}},
    "$.when.starts_at": {"starts_at": "2026-12-24T09:00:00"},
    "$.when.ends_at": {"starts_at": "2026-12-24T09:00:00Z", "ends_at": "2026-12-24T10:00:00+01:00"},
    "$.when.hours.to": {"hours": {"from": 9, "to": 9}},
    "$.when.hours.days": {"hours": {"days": []}},
    "$.when.hours.days[1]": {"hours": {"days": ["mo", "monday"]}},
    "$.when.hours.zone": {"hours": {"zone": "Berlin"}},
    "$.when.hours.days ": {"hours": {"days": ["mo", "tu", "mo"]}},
    "$.when.hours.zone ": {"hours": {"zone": "Factory"}},
    "$.when.hours.clock": {"hours": {"clock": "site"}},
}


@pytest.mark.parametrize("place", WRONG)
def test_errors_of_the_schedule_name_their_place(place: str) -> None:
    with pytest.raises(DoesNotFit) as refused:
        parse_message(json.dumps({**DOCUMENT, "when": WRONG[place]}).encode())
    assert f"`{place.strip()}`" in refused.value.message


def test_public_form_has_a_schedule_only_where_there_is_one() -> None:
    plain = parse_message(json.dumps(DOCUMENT).encode())
    assert "when" not in public_form(plain, 1)
    when = {"trigger": {"type": "scroll", "percent": 50}, "hours": {"from": 9, "days": ["mo"]}}
    timed = parse_message(json.dumps({**DOCUMENT, "when": when}).encode())
    assert json.loads(msgspec.json.encode(public_form(timed, 1)))["when"] == when


def test_moments_go_out_in_one_form() -> None:
    when = {"starts_at": "2026-12-24T09:00+01:00", "ends_at": "2026-12-31T23:59:59.25Z"}
    message = parse_message(json.dumps({**DOCUMENT, "when": when}).encode())
    assert json.loads(msgspec.json.encode(public_form(message, 1)))["when"] == {
        "starts_at": "2026-12-24T08:00:00.000Z", "ends_at": "2026-12-31T23:59:59.250Z",
    }  # fmt: skip
    assert message.when.starts_at == when["starts_at"], "the document stays as it was written"


def test_gates_name_what_a_server_cannot_know() -> None:
    when = {"trigger": {"type": "delay", "seconds": 5}, "hours": {"from": 9}}
    message = parse_message(json.dumps({**DOCUMENT, "when": when}).encode())
    assert schedule(message, Visit("https://shop.test/")) == Unknown("time")
    assert schedule(message, Visit("https://shop.test/", at=micros_of("2026-12-01T08:00:00Z"))) == Unknown("visitors_clock")
    assert trigger(message, Visit("https://shop.test/")) == Unknown("trigger:delay")


DAYS_OF_DECEMBER = [(None, None), (None, 10), (10, None), (5, 15), (15, None), (None, 5)]


@pytest.mark.parametrize("one", DAYS_OF_DECEMBER)
@pytest.mark.parametrize("other", DAYS_OF_DECEMBER)
def test_schedules_that_overlap_have_a_moment_in_common(one: Any, other: Any) -> None:
    """By trying every moment at which one of them begins, ends or is between."""
    both = [
        When(starts_at=start and f"2026-12-{start:02}T00:00:00Z", ends_at=end and f"2026-12-{end:02}T00:00:00Z")
        for start, end in (one, other)
    ]
    moments = [micros_of(f"2026-12-{day:02}T12:00:00Z") for day in range(1, 31)]
    assert overlap(*both) == any(not any(schedule_reason(when, at) for when in both) for at in moments)


NO_MOMENTS = [
    "", "soon", "2026-12-24", "2026-12-24T09:00:00", "25:00Z", "20261224T090000+0100", "2026-W52-4T09:00+01:00", "2026-12-24T09+01:00",
    "2026-12-24T09:00:00+01", "2026-12-24T09:00:00,5+01:00", "2026-12-24x09:00:00Z", "2026-12-24T09:00:00+01:00:30",
    "2026-12-24 09:00:00Z", "2026-02-30T09:00:00Z", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00", "2201-01-01T00:00:00Z",
    "2026-12-24T09:00:00Z\n", "2026-12-24T09:00:00\u0665Z",
]  # fmt: skip
"""Texts that are no time, or that a browser reads otherwise than Python, or not at all."""


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_moments_that_some_browser_does_not_read_are_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="with its offset"):
        micros_of(text)
