"""The sites in memory, read anew every few seconds, and at once for a key that nobody knows."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future

import structlog

from ..supervised import Supervised
from .engine import Store
from .published import Published, read_published
from .site_snapshot import SiteSnapshot
from .sites import load_sites

log = structlog.get_logger()

REFRESH_SECONDS = 2.0
"""How soon a running collector sees what another process changed."""
MISS_SECONDS = 0.2
"""How often, at most, an unknown key makes it look at once: `passerby site add` has effect without waiting."""
LOOK_SECONDS = 0.5
"""How long a request waits for that look: the store may not answer at all."""
MAX_MISSES = 1_000
"""Unknown keys that are remembered as such, so that nobody looks for them again."""


class SiteRegistry:
    """The sites as last read: `known`, and what they have `published`, each an immutable snapshot swapped by one assignment.

    Nothing here waits for the store but `refresh`, which a thread calls every REFRESH_SECONDS, and `know` and `know_build`, for
    LOOK_SECONDS at most and not on the event loop.
    """

    known: SiteSnapshot
    published: Published

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self.thread = Supervised("sites", self._keep_fresh)
        self._reading = threading.Lock()
        self._looked_at = -MISS_SECONDS
        self._look: Future[bool] | None = None
        self._misses: dict[Hashable, None] = {}
        self.refresh()

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.thread.join()

    def _keep_fresh(self) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            self._try_to_refresh()

    def _try_to_refresh(self) -> bool:
        try:
            self.refresh()
        except Exception as error:  # the store is away, say: the sites known so far stay in force
            log.warning("the sites could not be read anew", error=type(error).__name__)
            return False
        return True

    def refresh(self) -> None:
        """Read the sites anew: after this, what was changed before it is known. Not for the event loop."""
        with self._reading:  # an older answer must not come last
            known, published = SiteSnapshot.of(load_sites(self._store)), read_published(self._store)
            self.known, self.published = known, published

    # -- what another process has just made ------------------------------------------------------------------------

    async def know(self, key: str) -> bool:
        """Say whether a key or prefix is a site's; for one that was never asked for, look into the store first."""
        return await self._find(lambda: self.known.knows(key), key)

    async def know_build(self, site_id: int, name: str) -> bool:
        """Say whether the site has a pinned build of this hash; looks as `know` does."""
        return await self._find(lambda: self.published.is_pinned(site_id, name), (site_id, name))

    async def _find(self, is_known: Callable[[], bool], key: Hashable) -> bool:
        if is_known():
            return True
        missed = hash(key)  # not the key itself: it may be a secret, or long
        if missed in self._misses or not await self._look_again():
            return False
        if is_known():
            return True
        self._misses[missed] = None
        if len(self._misses) > MAX_MISSES:
            self._misses.pop(next(iter(self._misses)), None)
        return False

    async def _look_again(self) -> bool:
        """Wait until the sites were read anew; False when that was done a moment ago, or does not come to an end."""
        look, now = self._look, time.monotonic()
        if look is None or look.done():
            if now - self._looked_at < MISS_SECONDS:
                return False
            look, self._looked_at = Future(), now
            self._look = look
            threading.Thread(target=self._look_into_store, args=(look,), name="sites-look", daemon=True).start()
        elif now - self._looked_at > LOOK_SECONDS:
            return False
        done, _ = await asyncio.wait([asyncio.wrap_future(look)], timeout=LOOK_SECONDS)
        return any(ended.result() for ended in done)

    def _look_into_store(self, look: Future[bool]) -> None:
        look.set_result(self._try_to_refresh())
