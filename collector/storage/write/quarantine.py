"""The bad side: what is kept of quarantined events, and how much of it there may be.

How much a site has is counted, in the transaction of the rows themselves. Its counter is locked before any row of the site is
written or removed, so that two collectors cannot both take the last place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from .. import tables
from .bulk import delete_in, select_in
from .upsert import insert_for

AT_ONCE = 1_000
"""Rows removed in one transaction."""

_quarantine, _size = tables.quarantine.c, tables.quarantine_size.c


class Size(msgspec.Struct, frozen=True):
    """How much of a site is kept, or may be."""

    events: int
    bytes: int


def keep(connection: sa.Connection, site_id: int, rows: list[dict[str, Any]], limit: Size) -> None:
    """Keep those of the rows, in their order, that leave the site within its limit; of the others nothing is kept."""
    size = lock(connection, site_id)
    events, total = size.events, size.bytes
    kept = []
    for row in rows:
        length = _length(row["body"], row["detail"], row["message_id"])
        if events < limit.events and total + length <= limit.bytes:
            kept.append(row)
            events, total = events + 1, total + length
    if kept:
        connection.execute(tables.quarantine.insert(), kept)
        _set(connection, site_id, Size(events, total))


def lock(connection: sa.Connection, site_id: int) -> Size:
    """Return how much of the site is kept, which nobody else changes until the transaction ends."""
    statement = insert_for(connection, tables.quarantine_size).values(site_id=site_id, events=0, bytes=0)
    locking = statement.on_conflict_do_update(index_elements=["site_id"], set_={"events": _size.events})
    return Size(*connection.execute(locking.returning(_size.events, _size.bytes)).one())


def remove(connection: sa.Connection, site_id: int, ids: Iterable[int]) -> None:
    """Remove these rows; some may be gone."""
    wanted = [(one,) for one in sorted(ids)]
    if wanted:
        _remove(connection, site_id, select_in(connection, _BY_ID.format(**_LENGTHS[_dialect(connection)]), (site_id,), wanted))


def remove_messages(connection: sa.Connection, site_id: int, message_ids: Iterable[str]) -> None:
    """Remove what is kept of events with these message ids."""
    wanted = [(one,) for one in sorted(set(message_ids))]
    query = _BY_MESSAGE.format(**_LENGTHS[_dialect(connection)])
    if wanted and (found := select_in(connection, query, (site_id,), wanted)):
        _remove(connection, site_id, found)


def remove_before(connection: sa.Connection, site_id: int, before: int) -> int:
    """Remove some of what was received before that time, oldest first; return how many rows."""
    old = sa.select(_quarantine.quarantine_id).where(_quarantine.site_id == site_id, _quarantine.received_at < before)
    ids = connection.execute(old.order_by(_quarantine.received_at).limit(AT_ONCE)).scalars().all()
    remove(connection, site_id, ids)
    return len(ids)


def has_before(connection: sa.Connection, site_id: int, before: int) -> bool:
    """Say whether something received before that time is kept."""
    old = sa.select(_quarantine.quarantine_id).where(_quarantine.site_id == site_id, _quarantine.received_at < before)
    return connection.execute(old.limit(1)).first() is not None


def miscounted(connection: sa.Connection) -> list[int]:
    """Return the sites whose counter is not what their rows are."""
    lengths: sa.ColumnElement[int] = sa.literal_column("{body} + {detail} + {message}".format(**_LENGTHS[_dialect(connection)]))
    counted = sa.select(_quarantine.site_id, sa.func.count(), sa.func.sum(lengths)).group_by(_quarantine.site_id)
    rows = {row[0]: Size(row[1], int(row[2])) for row in connection.execute(counted)}
    sizes = {row[0]: Size(row[1], row[2]) for row in connection.execute(sa.select(_size.site_id, _size.events, _size.bytes))}
    return [one for one in sorted(rows | sizes) if rows.get(one, Size(0, 0)) != sizes.get(one, Size(0, 0))]


_LENGTHS = {
    "sqlite": {
        "body": "length(CAST(body AS BLOB))", "detail": "length(CAST(detail AS BLOB))",
        "message": "length(CAST(coalesce(message_id, '') AS BLOB))",
    },
    "postgresql": {
        "body": "octet_length(body)", "detail": "octet_length(detail)", "message": "octet_length(coalesce(message_id, ''))",
    },
}  # fmt: skip
"""Bytes, not characters, as each database says it."""
_BY = (
    "SELECT quarantine_id, {{body}} + {{detail}} + {{message}} FROM quarantine "
    "WHERE site_id = {{{{mark}}}} AND {0} IN ({{{{keys}}}})"
)
_BY_ID, _BY_MESSAGE = _BY.format("quarantine_id"), _BY.format("message_id")
_GONE = "DELETE FROM quarantine WHERE site_id = {mark} AND quarantine_id IN ({keys})"


def _dialect(connection: sa.Connection) -> str:
    return connection.dialect.name


def _remove(connection: sa.Connection, site_id: int, found: list[Any]) -> None:
    """`found` are numbers and bytes. What another collector removed while the counter was waited for is not counted again."""
    size = lock(connection, site_id)
    lengths = {row[0]: int(row[1]) for row in found}
    if _dialect(connection) != "sqlite":
        still = select_in(connection, _STILL, (site_id,), [(one,) for one in lengths])
        lengths = {row[0]: lengths[row[0]] for row in still}
    delete_in(connection, _GONE, (site_id,), [(one,) for one in lengths])
    _set(connection, site_id, Size(size.events - len(lengths), size.bytes - sum(lengths.values())))


_STILL = "SELECT quarantine_id FROM quarantine WHERE site_id = {mark} AND quarantine_id IN ({keys})"


def _set(connection: sa.Connection, site_id: int, size: Size) -> None:
    said = sa.update(tables.quarantine_size).where(_size.site_id == site_id)
    connection.execute(said.values(events=size.events, bytes=size.bytes))


def _length(body: bytes, detail: str, message_id: str | None) -> int:
    return len(body) + len(detail.encode()) + len((message_id or "").encode())
