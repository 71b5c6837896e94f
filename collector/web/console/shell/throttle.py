"""Slowing down the guessing of passwords without keeping out anybody who knows one.

Wrong tries are counted for a name from an address, for an address with any names, and for a name from anywhere; each kind
has free tries, and then each further one costs a wait that doubles. So one address cannot keep anybody out who is at another:
it has to wait itself long before the name does. A browser in which somebody has signed in before holds a device cookie
(session.py) and is counted by that alone, so nothing that others do makes it wait: OWASP, "Slow Down Online Guessing Attacks
with Device Cookies". Sessions are not asked at all.

In memory: a stranger's wrong tries write nothing to the store. What a restart, or a second collector, gives away are a few
free tries. An address is kept as a hash whose key is this process's.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_network

import msgspec

from ....domain.ip import Address

FREE_TRIES = 5
"""Of one name from one address, or of one known browser."""
FREE_TRIES_OF_MANY = 50
"""Of one address with any names: people behind one router; and of one name from anywhere."""
LONGEST_WAIT = 15 * 60
LONGEST_WAIT_OF_NAME = 60
"""Seconds: with the password one has to get through at last from a new browser, too, while many addresses guess."""
FORGET_SECONDS = 15 * 60
MOST_COUNTS = 10_000
"""Counts that are kept, about 2 MiB; beyond, those that were touched longest ago go."""
_IPV6_NETWORK = 64
"""Prefix that one customer of a provider has at the least; each of its addresses is the same one's."""


class Count(msgspec.Struct, frozen=True):
    """Something whose wrong tries are counted: how many are free, and how long one has to wait at most after them."""

    key: bytes
    free: int
    longest: int


class Throttle:
    """Counts tries when they begin, so that many at once are not all free; a right one takes itself back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._salt = secrets.token_bytes(16)

    def counts(self, name: str, address: Address | None, device: str | None = None) -> list[Count]:
        """Return what a try is counted by: the `device` alone, if it is known and has not used up its own free tries."""
        if device is not None:
            known = Count(self._key("device", device), FREE_TRIES, LONGEST_WAIT)
            if not self.wait([known]):
                return [known]
        network = _network(address)
        return [
            Count(self._key("pair", name, network), FREE_TRIES, LONGEST_WAIT),
            Count(self._key("address", network), FREE_TRIES_OF_MANY, LONGEST_WAIT),
            Count(self._key("name", name), FREE_TRIES_OF_MANY, LONGEST_WAIT_OF_NAME),
        ]

    def wait(self, counts: list[Count]) -> int:
        """Return how many whole seconds must pass before the next try; 0 for at once."""
        with self._lock:
            return self._wait(counts)

    def begin(self, counts: list[Count]) -> int:
        """Count a try as wrong until it proves right; or, as long as there is a wait, return its seconds and count nothing."""
        with self._lock:
            wait = self._wait(counts)
            if not wait:
                for count in counts:
                    self._tries[count.key] = (self._known(count)[0] + 1, self._clock())
                    self._tries.move_to_end(count.key)
                while len(self._tries) > MOST_COUNTS:
                    self._tries.popitem(last=False)
            return wait

    def take_back(self, counts: list[Count], *, forget: bool = False) -> None:
        """The try was right (then the first count, of the person at this place, begins anew), or was not looked at."""
        with self._lock:
            for count in counts:
                tries, last = self._tries.get(count.key, (0, 0.0))
                if tries <= 1 or (forget and count is counts[0]):
                    self._tries.pop(count.key, None)
                else:
                    self._tries[count.key] = (tries - 1, last)

    def _wait(self, counts: list[Count]) -> int:
        return max(_remaining(*self._known(count), count, self._clock()) for count in counts)

    def _known(self, count: Count) -> tuple[int, float]:
        tries, last = self._tries.get(count.key, (0, 0.0))
        return (0, 0.0) if self._clock() - last > FORGET_SECONDS else (tries, last)

    def _key(self, *parts: str) -> bytes:
        text = "\x00".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16, key=self._salt).digest()


def _network(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_NETWORK), strict=False))
    return str(address)


def _remaining(tries: int, last: float, count: Count, now: float) -> int:
    if tries < count.free:
        return 0
    wait = min(2 ** min(tries - count.free + 1, 20), count.longest)
    return max(0, -int(-(last + wait - now) // 1))
