"""Ids seen lately are known again, in a fixed amount of memory."""

from __future__ import annotations

from collector.domain.sightings import BITS, MOST, Sightings


def test_sighting_is_known_again() -> None:
    seen = Sightings()
    assert seen.is_new((1, "a"))
    seen.add((1, "a"))
    assert not seen.is_new((1, "a"))
    assert seen.is_new((2, "a")), "of another site"


def test_new_id_is_hardly_ever_a_sighting() -> None:
    seen = Sightings()
    for number in range(MOST):
        seen.add((1, f"old-{number}"))
    assert sum(not seen.is_new((1, f"new-{number}")) for number in range(10_000)) < 200


def test_the_oldest_are_forgotten() -> None:
    seen = Sightings(most=100)
    for number in range(1_000):
        seen.add((1, str(number)))
    assert not any(seen.is_new((1, str(number))) for number in range(900, 1_000))
    assert seen.is_new((1, "0"))
    assert BITS // 8 * 2 <= 1024 * 1024
