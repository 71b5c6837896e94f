"""Sites in the store, and the directory of them that every request asks."""

from __future__ import annotations

import asyncio
import secrets
import string
import threading
import time
import uuid
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from ..domain.identifiers import MAX_ID, is_too_long
from ..domain.site_settings import changed
from ..domain.sites import Site
from ..errors import ConfigError
from ..supervised import Supervised
from . import tables
from .engine import Store
from .messages import live_messages
from .pinned import pinned_hashes
from .secrets import key_hash, secret_key

log = structlog.get_logger()

_ALPHABET = string.ascii_lowercase + string.digits
_COLUMNS = ("uuid", "name", "write_key", "publishable_key", "secret_hash", "prefix", "script")
REFRESH_SECONDS = 2.0
"""How soon a running collector sees what another process changed."""
MISS_SECONDS = 0.2
"""How often, at most, an unknown key makes it look at once: `passerby site add` has effect without waiting."""
LOOK_SECONDS = 0.5
"""How long a request waits for that look: the store may not answer at all."""
MAX_MISSES = 1_000
"""Unknown keys that are remembered as such, so that nobody looks for them again."""


def _word(length: int) -> str:
    """A random word that begins with a letter: no list of known trackers can hold it."""
    return secrets.choice(string.ascii_lowercase) + "".join(secrets.choice(_ALPHABET) for _ in range(length - 1))


def add_site(store: Store, master: bytes, name: str, now: int, **settings: Any) -> Site:
    """Create a site with fresh keys. Raises ConfigError when the name is taken, or none."""
    if is_too_long(name) or not name.isprintable():
        raise ConfigError(f"A site's name has {MAX_ID} characters at most, all of which can be printed.")
    site_uuid = str(uuid.uuid4())
    site = Site(
        site_id=0,
        uuid=site_uuid,
        name=name,
        write_key="wk_" + secrets.token_urlsafe(18),
        publishable_key="pk_" + secrets.token_urlsafe(18),
        secret_hash=key_hash(secret_key(master, site_uuid)),
        prefix=_word(8),
        script=_word(6),
        **settings,
    )
    row = {column: getattr(site, column) for column in _COLUMNS}
    try:
        with store.write() as connection:
            connection.execute(tables.site.insert().values(**row, settings=_settings(site), created_at=now))
    except sa.exc.IntegrityError as error:
        raise ConfigError(f"There is a site named {name!r} already; `passerby site show` prints it.") from error
    return find_site(store, name)


def _settings(site: Site) -> dict[str, Any]:
    everything: dict[str, Any] = msgspec.to_builtins(site)
    return {name: value for name, value in everything.items() if name not in (*_COLUMNS, "site_id")}


def set_settings(store: Store, name: str, now: int, **changes: Any) -> Site:
    """Change settings of a site; the others stay, but for what follows from these. Raises ConfigError for an unknown site."""
    site = changed(find_site(store, name), changes, now)
    with store.write() as connection:
        connection.execute(sa.update(tables.site).where(tables.site.c.site_id == site.site_id).values(settings=_settings(site)))
    return site


def find_site(store: Store, name: str | None) -> Site:
    """Return the site of that name, or the only site when no name is given. Raises ConfigError otherwise."""
    sites = load_sites(store)
    if name is None and len(sites) == 1:
        return sites[0]
    for site in sites:
        if site.name == name:
            return site
    known = ", ".join(site.name for site in sites) or "none yet"
    if name is None:
        raise ConfigError(f"Which site? Name one of: {known}.")
    raise ConfigError(f"There is no site named {name!r}. Known: {known}. `passerby site add NAME` makes one.")


def load_sites(store: Store) -> list[Site]:
    """Return all sites, oldest first."""
    with store.read() as connection:
        rows = connection.execute(sa.select(tables.site).order_by(tables.site.c.site_id)).mappings().all()
    return [
        msgspec.convert({**row["settings"], "site_id": row["site_id"], **{name: row[name] for name in _COLUMNS}}, Site)
        for row in rows
    ]


class _Snapshot(msgspec.Struct, frozen=True):
    """All that is known of all sites at one moment, swapped by one assignment."""

    all: tuple[Site, ...]
    messages: dict[int, list[dict[str, Any]]]
    pinned: set[tuple[int, str]]
    by_write_key: dict[str, Site]
    by_publishable: dict[str, Site]
    by_secret: dict[str, Site]
    by_prefix: dict[str, Site]
    by_uuid: dict[str, Site]
    by_name: dict[str, Site]

    def knows(self, key: str) -> bool:
        """Say whether the key, or prefix, is one of a site's."""
        return (
            key in self.by_write_key or key in self.by_prefix or key in self.by_publishable or key_hash(key) in self.by_secret
        )


class SiteRegistry:
    """All sites in memory, by each of their keys. Nothing here waits for the store but `refresh`, which a thread calls every
    REFRESH_SECONDS, and `know` and `know_build`, for LOOK_SECONDS at most and not on the event loop."""

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
            sites = load_sites(self._store)
            with self._store.read() as connection:
                messages, pinned = live_messages(connection), pinned_hashes(connection)
            self._known = _Snapshot(
                tuple(sites),
                messages,
                pinned,
                *(
                    {getattr(site, name): site for site in sites}
                    for name in ("write_key", "publishable_key", "secret_hash", "prefix", "uuid", "name")
                ),
            )

    # -- what another process has just made ------------------------------------------------------------------------

    async def know(self, key: str) -> bool:
        """Say whether a key or prefix is a site's; for one that was never asked for, look into the store first."""
        return await self._find(lambda: self._known.knows(key), key)

    async def know_build(self, site_id: int, name: str) -> bool:
        """Say whether the site has a pinned build of this hash; looks as `know` does."""
        return await self._find(lambda: self.is_pinned(site_id, name), (site_id, name))

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

    # -- in memory -------------------------------------------------------------------------------------------------

    def by_write_key(self, key: str) -> Site | None:
        return self._known.by_write_key.get(key)

    def by_publishable(self, key: str) -> Site | None:
        return self._known.by_publishable.get(key)

    def by_secret(self, key: str) -> Site | None:
        """Look a secret key up by its SHA-256, so that how long it takes says nothing about the key."""
        return self._known.by_secret.get(key_hash(key))

    def by_prefix(self, prefix: str) -> Site | None:
        return self._known.by_prefix.get(prefix)

    def by_uuid(self, uuid: str) -> Site | None:
        return self._known.by_uuid.get(uuid)

    def by_name(self, name: str) -> Site | None:
        return self._known.by_name.get(name)

    def is_pinned(self, site_id: int, name: str) -> bool:
        """Say whether the site has a pinned build of this hash."""
        return (site_id, name) in self._known.pinned

    def messages(self, site_id: int) -> list[dict[str, Any]]:
        """The public forms of the site's live messages."""
        return self._known.messages.get(site_id, [])

    def all(self) -> list[Site]:
        return list(self._known.all)
