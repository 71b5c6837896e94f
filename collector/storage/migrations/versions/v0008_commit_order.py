"""The order of commits: `seq` on every row that a reader may follow.

Rows from before are numbered by when they were received, in microseconds; new ones count on from there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt

revision = "0008"
down_revision = "0007"

_GREATEST = (
    "SELECT site_id, max(seq) FROM (SELECT site_id, seq FROM event UNION ALL SELECT site_id, seq FROM identity_log) AS every "
    "GROUP BY site_id"
)


def upgrade() -> None:
    for table, moment, index in (("event", "received_at", "event_recent"), ("identity_log", "at", "identity_log_recent")):
        op.add_column(table, sa.Column("seq", BigInt, nullable=False, server_default="0"))
        op.execute(f"UPDATE {table} SET seq = {moment}")  # noqa: S608 - names of our own
        op.drop_index(index, table_name=table)
        op.create_index(f"{table}_order", table, ["site_id", "seq"])
    op.create_table(
        "commit_seq",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id"),
    )
    op.execute(f"INSERT INTO commit_seq (site_id, seq) {_GREATEST}")
    op.execute("INSERT INTO meta (key, value) VALUES ('seq_base', '0')")  # raised at the start, above what there is
