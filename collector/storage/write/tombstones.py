"""Tombstones of deleted people: a keyed hash of each of their names, so that nothing of them comes back (rule R28)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import sqlalchemy as sa

from .. import tables
from .upsert import insert_for

_tombstone = tables.tombstone.c
_SOME = sa.text(
    "SELECT EXISTS (SELECT 1 FROM tombstone WHERE site_id = :site_id) "
    "OR EXISTS (SELECT 1 FROM device_tombstone WHERE site_id = :site_id) "
    "OR EXISTS (SELECT 1 FROM event_tombstone WHERE site_id = :site_id)"
)


def value_hash(key: bytes, site_id: int, kind: str, value: str) -> str:
    """Return the keyed hash of a name; without the key nobody can try names out."""
    text = f"{site_id}\x00{kind}\x00{value}".encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def exist(connection: sa.Connection, site_id: int) -> bool:
    """Say whether the site has tombstones, of people, devices or events; usually it has none, and nothing has to be hashed."""
    return bool(connection.execute(_SOME, {"site_id": site_id}).scalar_one())


def find(connection: sa.Connection, site_id: int, key: bytes, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return (kind, value) -> when it was deleted, for those of `names` that were."""
    hashes = {value_hash(key, site_id, kind, value): (kind, value) for kind, value in names}
    rows = connection.execute(
        sa.select(_tombstone.value_hash, _tombstone.at).where(
            _tombstone.site_id == site_id, _tombstone.value_hash.in_(sorted(hashes))
        )
    )
    return {hashes[row[0]]: row[1] for row in rows}


def put(connection: sa.Connection, site_id: int, key: bytes, names: Iterable[tuple[str, str]], at: int) -> None:
    """Remember that these names were deleted at `at`; the newest deletion counts."""
    rows = [
        {"site_id": site_id, "kind": kind, "value_hash": value_hash(key, site_id, kind, value), "at": at}
        for kind, value in sorted(set(names))
    ]
    if rows:
        statement = insert_for(connection, tables.tombstone)
        keys = list(tables.tombstone.primary_key.columns)
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"at": statement.excluded.at}), rows)
