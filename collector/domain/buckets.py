"""Token buckets, many of a kind, in a bounded table: for each key one number, after the generic cell rate algorithm.

The number is when the bucket will be full again. A key that is not in the table has a full bucket, so a key may be
forgotten as soon as its bucket is full, and nothing runs in the background. (Looked at first: `limits` counts windows,
and its table in memory grows with the keys; `throttled-py` keeps a lock and a clock of its own; Litestar's counts fixed
windows.)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

MOST_KEYS = 20_000
"""Keys remembered, some 200 bytes each. Beyond, the one that was used the longest ago is forgotten, with a full bucket."""
BURST_SECONDS = 10.0
"""How many seconds' worth of tokens a full bucket holds."""
_ROUNDING = 1e-9


class TokenBuckets:
    """Buckets of `rate` tokens a second, each of which holds `rate * seconds`, and one at least; a rate of 0 is no limit.

    A take is granted where a token is left, whatever is taken, and may leave the bucket in debt: a batch of 2,500 events passes
    where one event does, and its key then waits until that is paid.
    """

    def __init__(self, rate: float, seconds: float = BURST_SECONDS, most: int = MOST_KEYS) -> None:
        self.rate = rate
        self._seconds = max(seconds, 1 / rate) if rate else seconds
        self._most = most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: Hashable, now: float) -> float:
        """Return how many seconds must pass before anything may be taken; 0 for at once."""
        if not self.rate:
            return 0.0
        missing = self._full_at.get(key, now) - now + 1 / self.rate - self._seconds
        return missing if missing > _ROUNDING else 0.0

    def take(self, key: Hashable, tokens: float, now: float) -> None:
        """Take that many tokens, whether they are there or not: ask `wait` first."""
        if not self.rate or not tokens:
            return
        table = self._full_at
        table[key] = max(table.get(key, now), now) + tokens / self.rate
        table.move_to_end(key)
        if len(table) > self._most:
            table.popitem(last=False)
