"""Timestamps: what is read, what is not, and that writing and reading agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.times import iso, parse_time

NOON = 1_795_348_800_000_000  # 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000Z", "2026-11-22T13:00:00+01:00", "2026-11-22 12:00:00", "2026-11-22T12:00",
        "20261122T120000Z", " 2026-11-22T12:00:00Z\n", "2026-11-22T12:00:00.000000+00:00", 1_795_348_800, 1_795_348_800.0, 1_795_348_800_000,
    ],
)  # fmt: skip
def test_times_of_the_same_moment(written: str | float) -> None:
    assert parse_time(written) == NOON


def test_fractions() -> None:
    assert parse_time("2026-11-22T12:00:00.123456Z") == NOON + 123_456
    assert parse_time("2026-11-22T12:00:00.5Z") == NOON + 500_000
    assert parse_time(1_795_348_800.25) == NOON + 250_000
    assert parse_time("2026-11-22") == NOON - 12 * 3_600_000_000


@pytest.mark.parametrize(
    "written",
    ["", "now", "22.11.2026", "2026-13-01", "2026-02-30", "2026-11-22T25:00:00Z", "１２", 1e300, float("inf"), float("nan"), -1e18, 10**30, None,
     "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", -62_135_596_801],
)  # fmt: skip
def test_time_that_is_none(written: str | float | None) -> None:
    assert parse_time(written) is None


def test_the_ends_of_the_calendar() -> None:
    assert parse_time("1970-01-01T00:00:00Z") == 0
    assert parse_time("2038-01-19T03:14:08Z") == 2**31 * 1_000_000
    assert iso(parse_time("9999-12-31T23:59:59Z") or 0) == "9999-12-31T23:59:59.000Z"
    assert iso(parse_time("0001-01-01T00:00:00Z") or 0).endswith("01-01T00:00:00.000Z")


@given(st.integers(-(10**14), 250 * 10**15))
def test_time_roundtrip(milliseconds: int) -> None:
    time = milliseconds // 1_000 * 1_000
    if abs(time) < 62_000_000_000_000_000:
        assert parse_time(iso(time)) == time


@given(st.text() | st.floats() | st.integers())
def test_time_parsing_never_raises(written: str | float) -> None:
    time = parse_time(written)
    if time is not None:
        assert iso(time)
