"""The quarantine is counted and can be searched; what a job still has to remove is in a table of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt

revision = "0005"
down_revision = "0004"

_EXCLUDED = sa.text("kind = 2")


def upgrade() -> None:
    op.create_table(
        "quarantine_size",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("events", BigInt, nullable=False),
        sa.Column("bytes", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id"),
    )
    op.create_table(
        "doomed",
        sa.Column("job_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", BigInt, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "kind", "number", "value"),
    )
    op.create_index("doomed_number", "doomed", ["kind", "number"])
    op.create_index("quarantine_message", "quarantine", ["site_id", "message_id"])
    op.create_index("stream_excluded", "stream", ["site_id", "user_person"], sqlite_where=_EXCLUDED, postgresql_where=_EXCLUDED)
    _count()


def _count() -> None:
    length = "length(CAST({} AS BLOB))"
    if op.get_bind().dialect.name == "postgresql":
        length = "octet_length({})"
    kept = " + ".join(length.format(name) for name in ("body", "detail", "coalesce(message_id, '')"))
    counted = f"SELECT site_id, count(*), sum({kept}) FROM quarantine GROUP BY site_id"  # noqa: S608 - no value in it
    op.execute(f"INSERT INTO quarantine_size (site_id, events, bytes) {counted}")
