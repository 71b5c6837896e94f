"""The identity log: one entry for each cause, appended with the changes that it tells of."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from ...domain.changes import Logged
from ...domain.keys import new_id
from .. import tables
from .upsert import insert_new

MAX_CAUSE = 2_000
"""Bytes. A row of an index may have 2,704."""


def append(connection: sa.Connection, site_id: int, logged: list[Logged], now: int, seq: int) -> None:
    """Write the entries, but for those whose cause has one already."""
    rows = [
        {
            **{name: getattr(entry, name) for name in entry.__struct_fields__},
            "op": str(entry.op),  # a plain text is bound faster than a member
            "site_id": site_id,
            "at": now,
            "log_id": new_id(now),
            "cause": _bounded(entry.cause),
            "seq": seq,
        }
        for entry in logged
    ]
    insert_new(connection, tables.identity_log, rows)


def _bounded(cause: str) -> str:
    """The cause as it fits into an index of PostgreSQL; a longer one still says the same of the same."""
    text = cause.encode("utf-8", "surrogatepass")
    return cause if len(text) <= MAX_CAUSE else f"{cause[:100]}:{hashlib.blake2b(text, digest_size=16).hexdigest()}"
