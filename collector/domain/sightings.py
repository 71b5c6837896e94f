"""Which anonymous ids have been seen lately, in a fixed amount of memory: two generations of a Bloom filter."""

from __future__ import annotations

BITS = 1 << 21
"""Of one generation: 256 KB."""
MOST = 150_000
"""Ids of one generation. Until then at most 1 % of the new ones are taken for ones seen before, which only lets them pass."""
_PROBES = (0, 21, 42)


class Sightings:
    """Remembers at least the last MOST ids, and at most twice as many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._now, self._before = bytearray(BITS // 8), bytearray(BITS // 8)

    def is_new(self, value: tuple[int, str]) -> bool:
        """Say whether an id (with its site) has not been seen, without noting it."""
        places = _places(value)
        return not (_holds(self._now, places) or _holds(self._before, places))

    def add(self, value: tuple[int, str]) -> None:
        """Note an id as seen."""
        places = _places(value)
        if _holds(self._now, places):
            return
        if self._count >= self._most:
            self._before, self._now, self._count = self._now, bytearray(BITS // 8), 0
        self._count += 1
        for place in places:
            self._now[place >> 3] |= 1 << (place & 7)


def _places(value: tuple[int, str]) -> tuple[int, ...]:
    number = hash(value)  # keyed anew in each process (PYTHONHASHSEED): nobody outside can aim at another's bits
    return tuple((number >> shift) & (BITS - 1) for shift in _PROBES)


def _holds(bits: bytearray, places: tuple[int, ...]) -> bool:
    return all(bits[place >> 3] & (1 << (place & 7)) for place in places)
