"""Cookie precedence: of several cookies of one name, the one that counts on a page.

A browser shows cookies of several domains and paths under one name and does not say which is which: those of another site
above, or of this one before its settings were changed. The snippet removes what is on narrower domains and longer paths; what
is on a wider one it may not. So where a wider domain is possible, a value ends in a mark, `VALUE.@LEVEL`: the number of
labels of the domain that it was written for, 0 for the host alone. The snippet decides alike (snippet/src/lib/chosen.ts;
both run tests/unit/golden/cookie_vectors.json).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKED = re.compile(r"(.*)\.@([0-9]{1,3})", re.DOTALL)


def level_of(domain: str | None) -> int:
    """Return the level of a cookie with this Domain; 0 is a host's own."""
    return len(domain.split(".")) if domain else 0


def marked(value: str, level: int | None) -> str:
    """Return the value as it is written for a level; None is a site that needs no marks."""
    return value if level is None else f"{value}.@{level}"


def choose(values: Sequence[str], level: int | None) -> str | None:
    """Return the value that counts on a page that writes at `level`, without its mark; None when none does.

    The first that was written there; else the first of a narrower domain, because the setting was widened; never one of a
    wider domain, which is another site's, or this one's from before its setting was narrowed.
    """
    found = [_parse(value) for value in values]
    own = [value for value, other in found if other == level]
    narrower = [value for value, other in found if other is not None and _is_narrower(other, level)]
    return next(iter([*own, *narrower]), None)


def cookie_values(header: str, name: str) -> list[str]:
    """Return every value that is not empty which a Cookie header has under a name, in its order."""
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return [value for key, _, value in pairs if key == name and value]


def _is_narrower(other: int, level: int | None) -> bool:
    return level is None or (level > 0 and (other == 0 or other > level))


def _parse(value: str) -> tuple[str, int | None]:
    found = _MARKED.fullmatch(value)
    return (found[1], int(found[2])) if found else (value, None)
