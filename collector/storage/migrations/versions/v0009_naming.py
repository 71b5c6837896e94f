"""Names given on an anonymous id, as keyed hashes, and what was said under ids that are not kept: what a browser is told
follows from these, and not from what is known of anybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt
from collector.storage.types import RawJSON

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Of older anonymous ids it is not known: there, the owner of what was claimed counts as the one who was named."""
    comment = "epoch -> who was named there, in keyed hashes"
    op.add_column("device", sa.Column("named", RawJSON, nullable=False, server_default="{}", comment=comment))
    op.create_table(
        "device_tombstone",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("contested_from", BigInt),
        sa.Column("boundaries", RawJSON, nullable=False),
        sa.Column("named", RawJSON, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "mark"),
        sqlite_with_rowid=False,
    )
