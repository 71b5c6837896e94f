"""Leads that join late: the decision is the same as if the rule had held when the account named the address."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from collector.domain.applying import apply
from collector.domain.changes import Logged, PeopleMerged
from collector.domain.deciding import Policy
from collector.domain.events import DAY, HOUR, Proof
from collector.domain.lead_joins import Naming, join
from collector.domain.people import Person
from collector.domain.streams import Identifier, Merge, State

ACCOUNT, SITE = 1, 7


def state_of(leads: int = 1, strength: int = Proof.TYPED) -> State:
    """Account, and leads 2, 3, ... with an address each."""
    state = State()
    for number in range(1, leads + 2):
        state.people[number] = Person(number, number, 0)
    state.identifiers["user", "A"] = Identifier("user", "A", "A", ACCOUNT, Proof.ASSERTED)
    for number in range(2, leads + 2):
        give(state, number, f"lead{number}@x.io", strength)
    return state


def give(state: State, person: int, address: str, strength: int) -> None:
    state.identifiers["email", address] = Identifier("email", address, address, person, strength)


def refusals(state: State, *namings: Naming, policy: Policy = Policy()) -> list[str | None]:  # noqa: B008 - frozen
    ids = count(100)
    return [one.refusal for one in join(state, namings, SITE, policy, lambda: next(ids))[1]]


def test_the_merge_carries_the_date_of_the_naming() -> None:
    state = state_of()
    ids = count(100)
    changes, joined = join(state, [Naming(ACCOUNT, 2, 5 * DAY, 9, "x")], SITE, Policy(), lambda: next(ids))
    (merge,) = state.merges.values()
    assert (merge.source_id, merge.target_id, merge.at, merge.by) == (2, ACCOUNT, 5 * DAY, "lead")
    assert [(one.account, one.lead, one.address, one.refusal) for one in joined] == [(ACCOUNT, 2, "lead2@x.io", None)]
    assert state.canonical(2) == ACCOUNT, "applied already"
    assert state.identifiers["email", "lead2@x.io"].strength == Proof.ASSERTED, "the account said it"
    assert len(changes) == 3, "the merge, its entry, the strength"
    assert [(one.device_id, one.anonymous_id) for one in changes if isinstance(one, Logged)] == [(9, "x")]


def test_several_addresses_of_a_lead_are_ambiguous() -> None:
    state = state_of()
    give(state, 2, "other@x.io", Proof.TYPED)
    assert refusals(state, Naming(ACCOUNT, 2, DAY)) == []
    assert refusals(state, Naming(ACCOUNT, 2, DAY, address="other@x.io")) == [None]


def test_merged_lead_is_passed_over() -> None:
    state = state_of()
    assert refusals(state, Naming(ACCOUNT, 2, DAY), Naming(ACCOUNT, 2, 2 * DAY)) == [None]
    assert refusals(state, Naming(ACCOUNT, 2, 3 * DAY)) == []


@pytest.mark.parametrize(("apart", "expected"), [(HOUR, [None, None, None, "fan_in"]), (DAY, [None] * 4)])
def test_the_brake_of_the_day_counts_when_they_were_named(apart: int, expected: list[str | None]) -> None:
    namings = [Naming(ACCOUNT, 2 + number, DAY + number * apart) for number in range(4)]
    assert refusals(state_of(4), *reversed(namings)) == expected, "in the order of time, however they come"


def test_leads_of_one_moment_join_oldest_first() -> None:
    namings = [Naming(ACCOUNT, lead, DAY) for lead in (5, 4, 3, 2)]
    ids = count(100)
    joined = join(state_of(4), namings, SITE, Policy(), lambda: next(ids))[1]
    assert [(one.lead, one.refusal) for one in joined] == [(2, None), (3, None), (4, None), (5, "fan_in")]


def test_an_account_that_was_merged_away_is_told_as_who_it_is_now() -> None:
    state = state_of(2)
    state.identifiers["user", "B"] = Identifier("user", "B", "B", 3, Proof.ASSERTED)
    apply(state, PeopleMerged(Merge(60, ACCOUNT, 3, DAY, "admin")))
    (joined,) = join(state, [Naming(ACCOUNT, 2, 2 * DAY)], SITE, Policy(), lambda: 100)[1]
    assert (joined.account, joined.refusal) == (3, "merged_away")


@pytest.mark.parametrize(
    ("of_before", "expected"),
    [
        ({}, "fan_in"), ({"at": DAY + 1}, "fan_in"), ({"at": DAY}, None), ({"at": 2 * DAY + 1}, None), ({"by": "admin"}, None),
        ({"target_id": 6}, "fan_in"), ({"reversed_at": 2 * DAY}, None),
    ],
)  # fmt: skip
def test_three_leads_count_for_a_day_as_long_as_they_stay(of_before: dict[str, Any], expected: str | None) -> None:
    """6 was merged into the account by hand: what 6 took in, the account did."""
    state = state_of(5)
    for lead in (2, 3, 4):
        merge = Merge(
            **{"merge_id": 50 + lead, "source_id": lead, "target_id": ACCOUNT, "at": 2 * DAY, "by": "lead", **of_before}
        )
        state.merges[merge.merge_id] = merge
    apply(state, PeopleMerged(Merge(60, 6, ACCOUNT, 2 * DAY, "admin")))
    assert refusals(state, Naming(ACCOUNT, 5, 2 * DAY)) == [expected]


@pytest.mark.parametrize(
    ("strength", "guarded", "expected"),
    [(Proof.PROVEN_EMAIL, True, "email_verified"), (Proof.PROVEN_EMAIL, False, None), (Proof.TYPED, True, None)],
)
def test_proofs_count_where_they_are_asked_for(strength: int, guarded: bool, expected: str | None) -> None:
    assert refusals(state_of(1, strength), Naming(ACCOUNT, 2, DAY), policy=Policy(is_guarded=guarded)) == [expected]


@pytest.mark.parametrize("strength", [Proof.PROVEN_EMAIL, Proof.VERIFIED])
def test_proven_address_goes_to_its_prover(strength: int) -> None:
    state = state_of(1, Proof.PROVEN_EMAIL)
    assert refusals(state, Naming(ACCOUNT, 2, DAY, strength=strength), policy=Policy(is_guarded=True)) == [None]
    assert state.identifiers["email", "lead2@x.io"].strength == strength


def test_an_undone_merge_stays_undone() -> None:
    state = state_of()
    state.merges[50] = Merge(50, 2, ACCOUNT, DAY, "lead", reversed_at=2 * DAY)
    assert refusals(state, Naming(ACCOUNT, 2, 3 * DAY)) == ["undone"]
    assert join(state, [Naming(ACCOUNT, 2, 3 * DAY)], SITE, Policy(), lambda: 100)[0] == [], "it has its entry already"


def test_a_lead_with_a_user_id_is_an_account() -> None:
    state = state_of()
    state.identifiers["user", "B"] = Identifier("user", "B", "B", 2, Proof.ASSERTED)
    assert refusals(state, Naming(ACCOUNT, 2, DAY)) == []
