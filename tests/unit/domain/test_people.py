"""What is written to a person: the newest wins, visits only widen."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.people import (
    RESERVED_FIELDS,
    FieldValue,
    Person,
    is_empty,
    see,
    set_subscription,
    set_tag,
    written_fields,
)


def person(**fields: Any) -> Person:
    return Person(1, 1, 0, fields={key: FieldValue(value, 10, "identify", "m") for key, value in fields.items()})


def test_the_newest_event_wins() -> None:
    known = person(plan="pro")
    assert written_fields(known.fields, {"plan": "old"}, 9, "identify", "n") == {}
    assert written_fields(known.fields, {"plan": "new"}, 11, "identify", "n")["plan"].v == "new"
    assert written_fields(known.fields, {"plan": "tie"}, 10, "identify", "l") == {}, "the same moment: the message id decides"
    assert written_fields(known.fields, {"plan": "tie"}, 10, "identify", "n")["plan"].v == "tie"


@pytest.mark.parametrize("name", [*sorted(RESERVED_FIELDS), "Email", "USER_ID", "Unsubscribed_At"])
def test_identifiers_and_consent_are_no_fields(name: str) -> None:
    assert written_fields({}, {name: "x"}, 1, "identify", "m") == {}


@pytest.mark.parametrize(("value", "empty"), [(None, True), ("", True), (0, False), (False, False), (" ", False), ([], False)])
def test_empty(value: object, empty: bool) -> None:
    assert is_empty(value) is empty


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab"), st.integers()), max_size=5, unique_by=lambda one: one[:2]))
def test_fields_do_not_depend_on_arrival(writes: list[tuple[int, str, int]]) -> None:
    ends = set()
    for order in itertools.permutations(writes):
        known = person()
        for at, message, value in order:
            known.fields |= written_fields(known.fields, {"x": value}, at, "identify", message)
        ends.add(known.fields["x"].v if known.fields else None)
    assert len(ends) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=5))
def test_subscription_and_tags_do_not_depend_on_arrival(changes: list[tuple[int, bool]]) -> None:
    ends = set()
    for order in itertools.permutations(changes):
        known = person()
        for at, on in order:
            set_subscription(known, on, at)
            set_tag(known, "t", on, at)
        ends.add((known.unsubscribed_at, known.tags["t"].on if known.tags else None))
    assert len(ends) == 1


def test_opting_out_wins_a_tie() -> None:
    known = person()
    set_subscription(known, False, 5)
    set_subscription(known, True, 5)
    assert known.unsubscribed_at == 5


@given(st.lists(st.tuples(st.integers(), st.booleans()), min_size=1))
def test_visits_only_widen(visits: list[tuple[int, bool]]) -> None:
    known = person()
    for at, identified in visits:
        see(known, at, identified)
    times = [at for at, _ in visits]
    signed_in = [at for at, identified in visits if identified]
    assert (known.first_seen_at, known.last_seen_at) == (min(times), max(times))
    assert known.first_identified_at == min(signed_in, default=None)
