"""Part of a long table, every so many rows, which an ordinary run visits. `PASSERBY_TABLES=1` (`make tables`) visits all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

IS_WHOLE = bool(os.environ.get("PASSERBY_TABLES"))


def part(rows: Iterable[T], every: int) -> list[T]:
    """Return all rows, or in an ordinary run the first of each `every`."""
    return list(rows)[:: 1 if IS_WHOLE else every]
