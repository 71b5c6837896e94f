"""Query values. Moments and anonymous ids are in web/api/test_corrections.py."""

from __future__ import annotations

import pytest

from collector.domain.asked import MOST_DIGITS, MOST_NUMBER, number


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("007", 7), (str(MOST_NUMBER), MOST_NUMBER)])
def test_a_number(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", " 1", "1.0", "1_000", "x", "\x00", "٣", "²", str(MOST_NUMBER + 1), "0" * 20, "9" * 5000],
    ids=lambda text: ascii(text)[:12],
)
def test_number_that_is_none(text: str) -> None:
    assert number(text) is None


def test_digits_of_the_greatest() -> None:
    assert len(str(MOST_NUMBER)) == MOST_DIGITS
