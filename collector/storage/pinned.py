"""Pinned builds in the store: the very bytes, because a later version of Passerby could not make them again."""

from __future__ import annotations

import sqlalchemy as sa

from ..domain.pinned import PinnedBuild, build_of
from ..errors import NotFound
from . import tables
from .engine import Store
from .write.upsert import insert_new

_pinned = tables.pinned_build
_known = (_pinned.c.hash, _pinned.c.integrity, _pinned.c.created_at)


def pin(store: Store, site_id: int, content: bytes, now: int) -> PinnedBuild:
    """Keep a script; one that is pinned already stays as it was."""
    build = build_of(content, now)
    row = {"hash": build.hash, "integrity": build.integrity, "created_at": now}
    with store.write() as connection:
        insert_new(connection, _pinned, [{"site_id": site_id, "content": content, **row}])
        return next(kept for kept in list_pinned(connection, site_id) if kept.hash == build.hash)


def unpin(store: Store, site_id: int, name: str) -> None:
    """Take a pinned build back by its hash. Raises NotFound when there is none."""
    with store.write() as connection:
        done = connection.execute(sa.delete(_pinned).where(_pinned.c.site_id == site_id, _pinned.c.hash == name))
        if not done.rowcount:
            raise NotFound(f"There is no pinned build {name!r} of this site; `passerby snippet --list` shows them.")


def list_pinned(connection: sa.Connection, site_id: int) -> list[PinnedBuild]:
    """Return the site's pinned builds, newest first."""
    newest_first = (_pinned.c.created_at.desc(), _pinned.c.hash)
    rows = connection.execute(sa.select(*_known).where(_pinned.c.site_id == site_id).order_by(*newest_first))
    return [PinnedBuild(*row) for row in rows]


def pinned_hashes(connection: sa.Connection) -> set[tuple[int, str]]:
    """Return (site id, hash) of all pinned builds."""
    return {(row.site_id, row.hash) for row in connection.execute(sa.select(_pinned.c.site_id, _pinned.c.hash))}


def pinned_content(store: Store, site_id: int, name: str) -> bytes:
    """Return the bytes of a pinned build. Raises NotFound when there is none."""
    with store.read() as connection:
        where = (_pinned.c.site_id == site_id, _pinned.c.hash == name)
        content: bytes | None = connection.execute(sa.select(_pinned.c.content).where(*where)).scalar()
    if content is None:
        raise NotFound
    return content
