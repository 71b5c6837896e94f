"""Clock of the machine, for whoever is given none."""

from __future__ import annotations

import time


def now() -> int:
    """Return microseconds since 1970 UTC."""
    return time.time_ns() // 1_000
