"""Bounds on growth by one sender: sign-outs of the console are stored, and what is over a bound is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.types import RawJSON

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("console_user", sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "console_sign_out",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "session_id"),
    )
    for table in ("stream", "person", "account"):
        op.add_column(table, sa.Column("left_out", RawJSON(), nullable=False, server_default="{}"))
