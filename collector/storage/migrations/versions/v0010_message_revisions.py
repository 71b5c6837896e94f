"""Messages have drafts and revisions: each saved document is kept, and the message says which one is published."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt
from collector.storage.types import RawJSON

_MOST_RUN = 1_000_000_000
"""Of a document from now on; before, it could be greater than the new column holds."""

revision = "0010"
down_revision = "0009"

_before = sa.table(
    "message", sa.column("site_id"), sa.column("key"), sa.column("revision"), sa.column("document", RawJSON),
    sa.column("updated_at"),
)  # fmt: skip
_after = sa.table(
    "message", sa.column("site_id"), sa.column("key"), sa.column("published"), sa.column("status"), sa.column("run")
)
_revision = sa.table(
    "message_revision", sa.column("site_id"), sa.column("key"), sa.column("revision"), sa.column("document", RawJSON),
    sa.column("by"), sa.column("at"),
)  # fmt: skip


def upgrade() -> None:
    """A live message is published as it is; of one that is paused or archived it is not known what was shown before."""
    op.create_table(
        "message_revision",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", RawJSON, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "key", "revision"),
    )
    op.add_column("message", sa.Column("published", sa.Integer()))
    op.add_column("message", sa.Column("status", sa.Text(), nullable=False, server_default="draft"))
    op.add_column("message", sa.Column("run", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("message", sa.Column("updated_by", sa.Text(), nullable=False, server_default="cli"))
    for row in op.get_bind().execute(sa.select(_before)).all():
        _take_along(row)
    op.drop_column("message", "document")


def _take_along(row: sa.Row[Any]) -> None:
    document = dict(row.document)
    status, run = document.pop("status", "draft"), document.pop("run", 1)
    run = max(1, min(run, _MOST_RUN)) if isinstance(run, int) else 1
    named = {"site_id": row.site_id, "key": row.key}
    kept = {"revision": row.revision, "document": document, "by": "cli", "at": row.updated_at}
    op.get_bind().execute(sa.insert(_revision).values(**named, **kept))
    standing = {"published": row.revision if status == "live" else None, "status": status, "run": run}
    here = (_after.c.site_id == row.site_id, _after.c.key == row.key)
    op.get_bind().execute(sa.update(_after).where(*here).values(standing))
