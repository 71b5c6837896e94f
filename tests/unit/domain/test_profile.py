"""Profile of a person: explicit before anonymous, the whole person before what merged people had (K9, R20)."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.people import RESERVED_FIELDS, FieldValue, Person, TagState
from collector.domain.profile import filling, profile
from collector.domain.streams import Stream


def person(number: int, joined: int | None = None, at: int = 10, **fields: Any) -> Person:
    said = {key: FieldValue(value, at, "identify", f"m{number}") for key, value in fields.items()}
    return Person(number, 1, 0, fields=said, joined_at=joined)


def stream(number: int, at: int = 5, claimed: int = 50, since: int = 0, **fields: Any) -> Stream:
    said = {key: FieldValue(value, at, "identify", f"s{number}") for key, value in fields.items()}
    return Stream(number, number, person_id=1, claimed_at=claimed, attributed_from=since, fields=said)


def values(members: list[Person], streams: list[Stream] | None = None, historical: tuple[str, ...] = ()) -> dict[str, Any]:
    return {key: field.v for key, field in profile(members, streams or [], historical).fields.items()}


def test_anonymous_state_fills_only_what_is_empty() -> None:
    said = person(1, a="kept", b=None, c="", d=0)
    assert values([said], [stream(1, a="x", b="x", c="x", d="x", e="x", f="")]) == {
        "a": "kept", "b": "x", "c": "x", "d": 0, "e": "x",
    }  # fmt: skip


def test_filled_field_says_so() -> None:
    filled = profile([person(1)], [stream(7, at=5, city="Rome")]).fields["city"]
    assert filled == FieldValue("Rome", 5, "anonymous", "s7")


def test_the_earliest_claim_fills_first() -> None:
    late, early = stream(1, claimed=60, city="Oslo", zip="1"), stream(2, claimed=50, city="Rome")
    for order in ([late, early], [early, late]):
        assert values([person(1)], order) == {"city": "Rome", "zip": "1"}


def test_lookback_of_the_claim_bounds_the_fields() -> None:
    assert values([person(1)], [stream(1, at=5, since=6, city="Rome")]) == {}
    assert values([person(1)], [stream(1, at=6, since=6, city="Rome")]) == {"city": "Rome"}


@pytest.mark.parametrize("name", [*sorted(RESERVED_FIELDS), "Email", "USER_ID", "Unsubscribed_At"])
def test_identifiers_and_consent_are_never_filled(name: str) -> None:
    said: dict[str, Any] = {name: "x"}
    assert filling([stream(1, **said)]) == {}


def test_historical_fields_are_never_filled() -> None:
    assert values([person(1)], [stream(1, plan="x", Source="x", city="x")], ("source", "Plan")) == {"city": "x"}


def test_a_merged_person_fills_what_the_other_lacks() -> None:
    assert values([person(1, plan="pro", zip=""), person(2, joined=100, at=20, plan="free", city="Rome", zip="1")]) == {
        "plan": "pro", "city": "Rome", "zip": "1",
    }  # fmt: skip


def test_merged_people_share_what_is_said_after_the_merge() -> None:
    assert values([person(1, at=10, plan="pro"), person(2, joined=100, at=101, plan="free")]) == {"plan": "free"}
    assert values([person(1, at=102, plan="pro"), person(2, joined=100, at=101, plan="free")]) == {"plan": "pro"}


def test_explicit_of_merged_people_goes_before_anonymous() -> None:
    assert values([person(1), person(2, joined=100, plan="free")], [stream(1, plan="trial")]) == {"plan": "free"}


def test_an_explicit_nothing_is_shown_when_nobody_knows_better() -> None:
    assert values([person(1, plan=None)]) == {"plan": None}


def unsubscribed(number: int, joined: int | None, out: int | None, changed: int | None) -> Person:
    return Person(number, 1, 0, joined_at=joined, unsubscribed_at=out, subscription_at=changed)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([unsubscribed(1, None, None, 50), unsubscribed(2, 100, 20, 20)], 20),
        ([unsubscribed(1, None, 20, 20), unsubscribed(2, 100, None, 50)], 20),
        ([unsubscribed(1, None, None, 101), unsubscribed(2, 100, 20, 20)], None),
        ([unsubscribed(1, None, None, 101), unsubscribed(2, 100, 102, 102)], 102),
        ([unsubscribed(1, None, None, 101), unsubscribed(2, 100, 20, 20), unsubscribed(3, 200, None, None)], None),
        ([unsubscribed(1, None, None, None)], None),
    ],
    ids=["opt-out wins", "both ways", "opt-in after the merge", "opt-out last", "a third one changes nothing", "nobody said"],
)
def test_unsubscribed_beats_subscribed_in_a_merge(members: list[Person], expected: int | None) -> None:
    assert profile(members, []).unsubscribed_at == expected


def test_the_newest_tag_decides_and_removing_wins_a_tie() -> None:
    one, other = person(1), person(2, joined=100)
    one.tags = {"a": TagState(True, 1), "b": TagState(True, 5), "c": TagState(True, 3)}
    other.tags = {"a": TagState(False, 2), "b": TagState(False, 4), "c": TagState(False, 3)}
    for order in ([one, other], [other, one]):
        assert {tag: state.on for tag, state in profile(order, []).tags.items()} == {"a": False, "b": True, "c": False}
