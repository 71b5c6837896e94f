"""Token buckets on a given clock: never more than a full one and its rate allow, never less, and bounded however many keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.domain.buckets import TokenBuckets

STEPS = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 5)), max_size=60)


def granted(buckets: TokenBuckets, steps: list[tuple[float, int]], key: str = "k") -> list[tuple[float, int]]:
    """Takes that were allowed, with their times."""
    now, found = 1_000.0, []
    for pause, tokens in steps:
        now += pause
        if not buckets.wait(key, now):
            buckets.take(key, tokens, now)
            found.append((now, tokens))
    return found


@given(STEPS, st.floats(0.1, 20), st.floats(1, 20))
def test_rate_is_kept_over_any_stretch_of_time(steps: list[tuple[float, int]], rate: float, seconds: float) -> None:
    """Burst: a full bucket, what flows in, and one take that goes into debt."""
    found = granted(TokenBuckets(rate, seconds), steps)
    for first in range(len(found)):
        for last in range(first, len(found)):
            between = sum(tokens for _, tokens in found[first:last])
            assert between < rate * (max(seconds, 1 / rate) + found[last][0] - found[first][0]) + 1e-6


@given(STEPS, st.floats(0.1, 20))
def test_take_is_granted_after_the_wait(steps: list[tuple[float, int]], rate: float) -> None:
    buckets, now = TokenBuckets(rate, 5.0), 0.0
    for pause, tokens in steps:
        now += pause
        wait = buckets.wait("k", now)
        now += wait + 1e-6
        assert buckets.wait("k", now) == 0
        buckets.take("k", tokens, now)


@given(st.integers(1, 100))
def test_a_sender_below_the_rate_never_waits(rate: int) -> None:
    buckets = TokenBuckets(rate, 1.0)
    for number in range(500):
        now = number * 1.001 / rate
        assert buckets.wait("k", now) == 0
        buckets.take("k", 1, now)


def test_keys_have_buckets_of_their_own() -> None:
    buckets = TokenBuckets(1, 2.0)
    for _ in range(2):
        buckets.take("flood", 1, 0.0)
    assert buckets.wait("flood", 0.0) > 0
    assert buckets.wait("other", 0.0) == 0


def test_a_large_take_passes_and_is_paid_for() -> None:
    buckets = TokenBuckets(10, 10.0)
    assert buckets.wait("k", 0.0) == 0
    buckets.take("k", 2_500, 0.0)
    assert 240 < buckets.wait("k", 0.0) <= 250


def test_table_of_keys_is_bounded() -> None:
    buckets = TokenBuckets(1, 2.0, most=100)
    for _ in range(3):
        buckets.take("flood", 1, 0.0)
    for number in range(98):
        buckets.take(number, 1, 0.0)
    buckets.take("flood", 1, 0.0)
    for number in range(98, 10_000):
        buckets.take(number, 1, 0.0)
        buckets.take("flood", 0.1, 0.0)
    assert len(buckets) == 100
    assert buckets.wait("flood", 0.0) > 0, "the oldest are forgotten, not who is there all the time"


def test_zero_is_no_limit() -> None:
    buckets = TokenBuckets(0)
    buckets.take("k", 1_000_000, 0.0)
    assert (buckets.wait("k", 0.0), len(buckets)) == (0, 0)
