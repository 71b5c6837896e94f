"""By what right an event was said, so that nobody with the public key takes a message id from who has the secret one; and
what stays of the message ids of deleted people's events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Of older events it is not known: they count as said with the write key, and give way to whoever proves more."""
    comment = "events.Sender: whose message id it is"
    op.add_column("event", sa.Column("sender", sa.SmallInteger(), nullable=False, server_default="0", comment=comment))
    op.create_table(
        "event_tombstone",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.SmallInteger(), nullable=False),
        sa.Column("echoes", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "mark"),
        sqlite_with_rowid=False,
    )
