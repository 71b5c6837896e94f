"""How much one site, one key and one client address may send: requests, events and new anonymous ids a second.

An address has its buckets anew with each site: who floods one site from a network uses up nothing of what others there
send to the next one. A request that is refused takes nothing from any bucket, so a flood from one address leaves the
site's own buckets to the others.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable

import msgspec
import structlog

from ..domain.buckets import TokenBuckets
from ..domain.events import Event
from ..domain.ip import Address
from ..domain.sightings import Sightings
from ..errors import RateLimited

log = structlog.get_logger()

LONGEST_RETRY = 60
"""Seconds, at most, that Retry-After asks for."""
LOG_SECONDS = 10.0
"""Between two lines of the log about refusals."""
IPV6_BITS = 64
"""A subscriber's network: whoever has one address of it has them all."""


class RateLimits(msgspec.Struct, frozen=True):
    """Of one subject, for each second; 0 is no limit."""

    requests: float = 0.0
    events: float = 0.0
    visitors: float = 0.0


SUBJECTS = SITE, KEY, ADDRESS = "site", "key", "address"


class Rates:
    """The buckets of an installation; used on the event loop only. `on_refused` is told the limit that was met."""

    def __init__(
        self,
        limits: dict[str, RateLimits],
        clock: Callable[[], float] = time.monotonic,
        on_refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.clock = clock
        self.sightings = Sightings()
        self._buckets = {
            (subject, what): TokenBuckets(getattr(limit, what))
            for subject, limit in limits.items()
            for what in RateLimits.__struct_fields__
            if getattr(limit, what)
        }
        self._on_refused = on_refused
        self._told_at = -math.inf
        self._untold: Counter[str] = Counter()

    def admission(self, address: Address | None) -> Admission | None:
        """Return the account of one request; None where there is no limit."""
        return Admission(self, network_of(address)) if self._buckets else None

    def check(self, whats: Iterable[str], subjects: Iterable[tuple[str, Hashable]]) -> None:
        """Raise RateLimited when one of these buckets is empty."""
        now = self.clock()
        for what in whats:
            for subject, value in subjects:
                buckets = self._buckets.get((subject, what))
                if buckets is not None and (wait := buckets.wait(value, now)):
                    raise self._refused(f"{subject}_{what}", wait)

    def take(self, what: str, tokens: int, subjects: Iterable[tuple[str, Hashable]]) -> None:
        now = self.clock()
        for subject, value in subjects:
            buckets = self._buckets.get((subject, what))
            if buckets is not None:
                buckets.take(value, tokens, now)

    def _refused(self, name: str, wait: float) -> RateLimited:
        """Return the error for a limit that was met; count it, and now and then write it into the log."""
        self._on_refused(name)
        self._untold[name] += 1
        now = self.clock()
        if now - self._told_at >= LOG_SECONDS:
            log.warning("requests refused: more than a rate allows", **self._untold)
            self._told_at = now
            self._untold.clear()
        return RateLimited(retry_after=min(math.ceil(wait), LONGEST_RETRY))


class Admission:
    """Admission of one request: what it takes from the token buckets, as it becomes known whose it is."""

    def __init__(self, rates: Rates, network: Hashable) -> None:
        self._rates = rates
        self._network = network
        self._subjects: list[tuple[str, Hashable]] = []

    def know(self, site_id: int, key: str | None) -> None:
        """Take one request of each subject that was not known before. Raises RateLimited, and then takes none."""
        subjects: list[tuple[str, Hashable]] = [(ADDRESS, (site_id, self._network)), (SITE, site_id)]
        if key is not None:
            subjects.append((KEY, key))
        news = [subject for subject in subjects if subject not in self._subjects]
        self._rates.check(("requests", "events"), news)
        self._rates.take("requests", 1, news)
        self._subjects = subjects

    def charge(self, events: Iterable[Event], received: int) -> None:
        """Take the events, and the anonymous ids among them that are new. Raises RateLimited, and then takes none."""
        seen = self._rates.sightings
        new = {(event.site_id, event.anonymous_id) for event in events if event.anonymous_id}
        new = {value for value in new if seen.is_new(value)}
        self._rates.check(("events", "visitors") if new else ("events",), self._subjects)
        self._rates.take("events", received, self._subjects)
        self._rates.take("visitors", len(new), self._subjects)
        for value in new:
            seen.add(value)


def network_of(address: Address | None) -> Hashable:
    """Return whose an address is: itself for IPv4, its first 64 bits for IPv6. None is everybody without one."""
    if address is None:
        return None
    return int(address) if address.version == 4 else ("v6", int(address) >> (128 - IPV6_BITS))
