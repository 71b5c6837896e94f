"""The browser side: pinned builds of the script, and page views that a campaign led to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt

revision = "0003"
down_revision = "0002"

_NOTED = sa.text("(flags & 64) <> 0")


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
    _note_campaigns()
    op.create_index("event_campaign", "event", ["stream_id", "ts"], sqlite_where=_NOTED, postgresql_where=_NOTED)


def _note_campaigns() -> None:
    """Set the flag on the page views that were stored before there was one."""
    has_campaign = "json_type(context, '$.campaign') = 'object' AND json_extract(context, '$.campaign') <> '{}'"
    if op.get_bind().dialect.name == "postgresql":
        has_campaign = "jsonb_typeof(context -> 'campaign') = 'object' AND context -> 'campaign' <> '{}'"
    op.execute(f"UPDATE event SET flags = flags | 64 WHERE type = 'page' AND {has_campaign}")  # noqa: S608 - no value in it
