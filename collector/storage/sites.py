"""Sites in the store, and the directory of them that every request asks."""

from __future__ import annotations

import secrets
import string
import threading
import time
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.sites import Site
from ..errors import ConfigError
from ..supervised import Supervised
from . import tables
from .engine import Store
from .messages import live_messages
from .pinned import pinned_hashes
from .secrets import key_hash, secret_key

_ALPHABET = string.ascii_lowercase + string.digits
_COLUMNS = ("uuid", "name", "write_key", "publishable_key", "secret_hash", "prefix", "script")
REFRESH_SECONDS = 2.0
"""How soon a running collector sees what another process changed."""
MISS_SECONDS = 0.2
"""How often, at most, an unknown key makes it look at once: `passerby site add` has effect without waiting."""


def _word(length: int) -> str:
    """A random word that begins with a letter: no list of known trackers can hold it."""
    return secrets.choice(string.ascii_lowercase) + "".join(secrets.choice(_ALPHABET) for _ in range(length - 1))


def add_site(store: Store, master: bytes, name: str, now: int, **settings: Any) -> Site:
    """Create a site with fresh keys. Raises ConfigError when the name is taken."""
    site_uuid = str(uuid.uuid4())
    site = Site(
        0, site_uuid, name, "wk_" + secrets.token_urlsafe(18), "pk_" + secrets.token_urlsafe(18),
        key_hash(secret_key(master, site_uuid)), _word(8), _word(6), **settings,
    )  # fmt: skip
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


def set_settings(store: Store, name: str, **changes: Any) -> Site:
    """Change settings of a site; the others stay. Raises ConfigError for an unknown site."""
    site = msgspec.structs.replace(find_site(store, name), **changes)
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


class SiteRegistry:
    """All sites in memory, by each of their keys. Reloaded in the background every REFRESH_SECONDS by `keep_fresh`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self.thread = Supervised("sites", self._keep_fresh)
        self._looked_at = 0.0
        self.refresh()

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.thread.join()

    def _keep_fresh(self) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            try:
                self.refresh()
            except sa.exc.SQLAlchemyError:  # the store is away: the sites known so far stay in force
                time.sleep(REFRESH_SECONDS)

    def refresh(self) -> None:
        sites = load_sites(self._store)
        with self._store.read() as connection:
            self._messages = live_messages(connection)
            self._pinned = pinned_hashes(connection)
        self._all = sites
        self._by_write_key = {site.write_key: site for site in sites}
        self._by_publishable = {site.publishable_key: site for site in sites}
        self._by_secret = {site.secret_hash: site for site in sites}
        self._by_prefix = {site.prefix: site for site in sites}
        self._by_uuid = {site.uuid: site for site in sites}
        self._by_name = {site.name: site for site in sites}

    def _refresh_on_miss(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at < MISS_SECONDS:
            return False
        self._looked_at = now
        try:
            self.refresh()
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def _find(self, index: str, key: str) -> Site | None:
        found: Site | None = getattr(self, index).get(key)
        if found is None and self._refresh_on_miss():
            found = getattr(self, index).get(key)
        return found

    def by_write_key(self, key: str) -> Site | None:
        return self._find("_by_write_key", key)

    def by_publishable(self, key: str) -> Site | None:
        return self._find("_by_publishable", key)

    def by_secret(self, key: str) -> Site | None:
        """Look a secret key up by its SHA-256, so that how long it takes says nothing about the key."""
        return self._find("_by_secret", key_hash(key))

    def by_prefix(self, prefix: str) -> Site | None:
        return self._find("_by_prefix", prefix)

    def by_uuid(self, uuid: str) -> Site | None:
        return self._find("_by_uuid", uuid)

    def by_name(self, name: str) -> Site | None:
        return self._find("_by_name", name)

    def is_pinned(self, site_id: int, name: str) -> bool:
        """Say whether the site has a pinned build of this hash."""
        return (site_id, name) in self._pinned or (self._refresh_on_miss() and (site_id, name) in self._pinned)

    def messages(self, site_id: int) -> list[dict[str, Any]]:
        """The public forms of the site's live messages."""
        return self._messages.get(site_id, [])

    def all(self) -> list[Site]:
        return list(self._all)
