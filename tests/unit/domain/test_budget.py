"""Budget in bytes: in total, and half of it for one sender."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.budget import Budget
from collector.errors import PasserbyError, SenderOverBudget, Unavailable


def test_one_sender_gets_half() -> None:
    budget = Budget(100)
    budget.take("a", 50)
    with pytest.raises(SenderOverBudget):
        budget.take("a", 1)
    budget.take("b", 50)
    with pytest.raises(Unavailable):
        budget.take("c", 1)
    budget.give("a", 10)
    budget.take("c", 10)
    assert budget.held == 100


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 60)), max_size=100))
def test_budget_held_is_what_was_taken(takes: list[tuple[str, int]]) -> None:
    budget, held = Budget(100), Counter[str]()
    for sender, size in takes:
        has_room = budget.has_room(sender, size)
        try:
            budget.take(sender, size)
        except PasserbyError:
            assert not has_room
            budget.give(sender, held.pop(sender, 0))
        else:
            assert has_room
            held[sender] += size
        assert budget.held == held.total() <= 100
        assert all(budget.held_by(sender) == count <= 50 for sender, count in held.items())
    for sender, count in held.items():
        budget.give(sender, count)
    assert (budget.held, len(budget)) == (0, 0), "nobody is remembered who holds nothing"


def test_zero_is_no_limit() -> None:
    budget = Budget(0)
    budget.take("a", 10**12)
    assert budget.held == 10**12, "counted all the same"
