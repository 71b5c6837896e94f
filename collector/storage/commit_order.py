"""The order of commits: every row that a reader may follow carries `seq`, the number of the transaction that wrote it.

SQLite has one writer, which counts on. On PostgreSQL it is the transaction's own id: a sequence draws its numbers before the
commit, so a row could appear below what a reader has seen already. Who must miss nothing reads below `horizon` only
(reports/changes.py). A cluster that was restored from a dump counts transactions anew: `raise_base` lifts what is added to
their ids above every number there is.
"""

from __future__ import annotations

import sqlalchemy as sa

from . import tables
from .engine import SEQS, Store

BASE = "seq_base"
"""The entry of `meta` with what is added to PostgreSQL's transaction ids."""

_COUNT_ON = (
    "INSERT INTO commit_seq (site_id, seq) VALUES (?, 1) "
    "ON CONFLICT (site_id) DO UPDATE SET seq = commit_seq.seq + 1 RETURNING seq"
)
_OF_BASE = "coalesce((SELECT value::bigint FROM meta WHERE key = 'seq_base'), 0)"
_OWN_ID = f"SELECT pg_current_xact_id()::text::bigint + {_OF_BASE}"
_HORIZON = f"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {_OF_BASE}"
_FAR = 2**63 - 1


def next_seq(connection: sa.Connection, site_id: int) -> int:
    """Return the number of this transaction for its rows of one site; greater than that of every one committed before it
    began."""
    if connection.dialect.name == "sqlite":
        seqs: dict[int, int] = connection.info.setdefault(SEQS, {})
        if site_id not in seqs:
            seqs[site_id] = int(connection.exec_driver_sql(_COUNT_ON, (site_id,)).scalar_one())
        return seqs[site_id]
    return int(connection.exec_driver_sql(_OWN_ID).scalar_one())


def horizon(connection: sa.Connection) -> int:
    """Return the number below which no transaction can commit any more."""
    return _FAR if connection.dialect.name == "sqlite" else int(connection.exec_driver_sql(_HORIZON).scalar_one())


def raise_base(store: Store) -> None:
    """See to it that PostgreSQL's next transaction is numbered above every row there is."""
    if store.is_sqlite:
        return
    meta, here = tables.meta.c, tables.meta.c.key == BASE
    with store.write() as connection:
        base = int(connection.execute(sa.select(meta.value).where(here).with_for_update()).scalar_one())
        sites = connection.execute(sa.select(tables.site.c.site_id)).scalars().all()
        greatest = max((_greatest(connection, site_id) for site_id in sites), default=0)
        if next_seq(connection, 0) <= greatest:
            own = next_seq(connection, 0) - base
            connection.execute(sa.update(tables.meta).where(here).values(value=str(greatest + 1 - own)))


def _greatest(connection: sa.Connection, site_id: int) -> int:
    found = (
        connection.execute(sa.select(sa.func.max(table.c.seq)).where(table.c.site_id == site_id)).scalar()
        for table in (tables.event, tables.identity_log)
    )
    return max(one or 0 for one in found)
