"""The browser side: pinned builds of the script."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "pinned_build",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("integrity", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "hash"),
    )
