"""Sign-outs of the console are stored, so that they hold after a restart and at every collector."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("console_user", sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "console_sign_out",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "session_id"),
    )
