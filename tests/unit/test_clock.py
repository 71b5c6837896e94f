"""Clock of this host in microseconds."""

from __future__ import annotations

import time

from collector.clock import now


def test_microseconds_since_1970() -> None:
    before = time.time_ns()
    told = now()
    assert before // 1_000 <= told <= time.time_ns() // 1_000
