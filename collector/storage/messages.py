"""Messages in the store: one document per key, its revision counted up at every change."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.messages import Message, public_form
from . import tables
from .engine import Store


def put_message(store: Store, site_id: int, message: Message, now: int) -> int:
    """Save the message under its key and return its revision, 1 for a new one."""
    where = (tables.message.c.site_id == site_id, tables.message.c.key == message.key)
    with store.write() as connection:
        known = connection.execute(sa.select(tables.message.c.revision).where(*where)).scalar()
        revision = 1 if known is None else known + 1
        values = {"revision": revision, "document": msgspec.json.encode(message), "updated_at": now}
        if known is None:
            connection.execute(tables.message.insert().values(site_id=site_id, key=message.key, **values))
        else:
            connection.execute(sa.update(tables.message).where(*where).values(values))
    return revision


def list_messages(connection: sa.Connection) -> list[tuple[int, int, Message]]:
    """Return (site id, revision, message) of all sites, in the order of their keys."""
    rows = connection.execute(sa.select(tables.message).order_by(tables.message.c.site_id, tables.message.c.key))
    return [(row.site_id, row.revision, msgspec.convert(row.document, Message)) for row in rows]


def live_messages(connection: sa.Connection) -> dict[int, list[dict[str, Any]]]:
    """Return the public forms of the live messages, by site."""
    live: dict[int, list[dict[str, Any]]] = {}
    for site_id, revision, message in list_messages(connection):
        if message.status == "live":
            live.setdefault(site_id, []).append(public_form(message, revision))
    return live
