"""Sites in the store: made, found, and their settings changed."""

from __future__ import annotations

import secrets
import string
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.identifiers import MAX_ID, is_too_long
from ..domain.site_settings import changed
from ..domain.sites import Site
from ..errors import ConfigError
from . import tables
from .engine import Store
from .secrets import key_hash, secret_key

_ALPHABET = string.ascii_lowercase + string.digits
_COLUMNS = ("uuid", "name", "write_key", "publishable_key", "secret_hash", "prefix", "script")


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
