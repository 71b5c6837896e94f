"""Writes to a person: the newest wins, visits only widen."""

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
    Said,
    best_address,
    is_empty,
    say_address,
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


@given(st.lists(st.tuples(st.sampled_from([20, 30, 50]), st.integers(0, 3)), min_size=1, max_size=5))
def test_the_best_proof_of_an_address_counts_and_of_that_the_last_time(said: list[tuple[int, int]]) -> None:
    for order in itertools.permutations(said):
        known = person()
        for strength, at in order:
            say_address(known, "a", strength, at)
        assert known.addresses == {"a": Said(*max(said))}


@pytest.mark.parametrize(
    ("said", "best"),
    [
        ([{"a": Said(30, 1), "b": Said(30, 2)}], "b"), ([{"a": Said(50, 1), "b": Said(30, 2)}], "a"),
        ([{"a": Said(30, 3)}, {"b": Said(30, 2)}, {"a": Said(30, 1)}], "a"),
        ([{"a": Said(50, 1)}, {"b": Said(40, 9)}, {"a": Said(30, 8)}], "a"),
        ([{"b": Said(10, 0)}], "b"), ([{"c": Said(50, 9), "b": Said(10, 0)}], "b"),
    ],
)  # fmt: skip
def test_the_address_that_a_person_is_called_by(said: list[dict[str, Said]], best: str) -> None:
    assert best_address(said, ["a", "b"]) == best_address(said, ["b", "a"]) == best


def test_address_order_when_nothing_tells_them_apart() -> None:
    """Addresses said at once, by one event: the last of the alphabet. Never said: the one held longest."""
    both = [{"a": Said(30, 1), "b": Said(30, 1)}]
    assert best_address(both, ["a", "b"]) == best_address(both, ["b", "a"]) == "b"
    assert (best_address([], ["a", "b"]), best_address([], ["b", "a"]), best_address(both, [])) == ("a", "b", None)


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
