"""Reversible identity: merges of people, epochs, accounts, deletion, jobs.

What anonymous streams filled into people is derived from now on, so the copies of it are taken out of them; the contested
epoch has a number of its own, because devices can have several epochs now.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt
from collector.storage.types import RawJSON

revision = "0002"
down_revision = "0001"

_COMMENTS = {
    ("stream", "kind"): "0 anonymous, 1 asserted, 2 excluded",
    ("stream", "epoch"): "-1 contested",
    ("stream", "user_person"): "asserted: the person as first resolved; excluded: keys.excluded_key(); else 0",
    ("identity_log", "op"): "docs/identity.md, The log",
}

_OWNED, _UNOWNED = sa.text("person_id IS NOT NULL"), sa.text("person_id IS NULL")


def upgrade() -> None:
    _change_tables()
    _add_people_tables()
    _add_work_tables()
    _forget_copies()


def _change_tables() -> None:
    op.add_column("device", _json_list("boundaries", "[[since, epoch]]: where epochs begin"))
    op.add_column("device", _json_list("joined", "anonymous ids that a handoff tied to it"))
    joined = "when it came to its canonical person; null for that one"
    op.add_column("person", sa.Column("joined_at", BigInt, nullable=True, comment=joined))
    op.drop_index("stream_person", "stream")
    op.create_index("stream_person", "stream", ["person_id"], sqlite_where=_OWNED, postgresql_where=_OWNED)
    op.create_index("stream_unclaimed", "stream", ["site_id", "stream_id"], sqlite_where=_UNOWNED, postgresql_where=_UNOWNED)
    op.execute("UPDATE stream SET epoch = -1 WHERE epoch = 1 AND kind = 0")
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        for (table, column), comment in _COMMENTS.items():
            op.alter_column(table, column, comment=comment)


def _json_list(name: str, comment: str) -> sa.Column[Any]:
    return sa.Column(name, RawJSON(), nullable=False, server_default="[]", comment=comment)


def _add_people_tables() -> None:
    op.create_table(
        "person_merge",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("merge_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("source_id", BigInt, nullable=False),
        sa.Column("target_id", BigInt, nullable=False),
        sa.Column("at", BigInt, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reversed_at", BigInt, nullable=True, comment="null while in force"),
        sa.PrimaryKeyConstraint("site_id", "merge_id"),
    )
    op.create_index("person_merge_source", "person_merge", ["source_id"])
    op.create_index("person_merge_target", "person_merge", ["target_id"])
    op.create_table(
        "account",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("fields", RawJSON(), nullable=False),
        sa.Column("created_at", BigInt, nullable=False),
        sa.Column("last_seen_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "account_id"),
    )
    op.create_index("account_recent", "account", ["site_id", "last_seen_at"])
    op.create_table(
        "membership",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("stream_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("at", BigInt, nullable=False, comment="event time of the newest event that said so"),
        sa.PrimaryKeyConstraint("site_id", "device_id", "stream_id", "account_id"),
        comment="by stream, so that it follows every claim, merge and undo",
    )
    op.create_index("membership_account", "membership", ["site_id", "account_id"])
    op.create_index("membership_stream", "membership", ["stream_id"])


def _add_work_tables() -> None:
    op.create_table(
        "tombstone",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="user, email or anonymous_id"),
        sa.Column("value_hash", sa.Text(), nullable=False, comment="keyed: nobody can try names out without the key"),
        sa.Column("at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "kind", "value_hash"),
    )
    op.create_table(
        "used_handoff",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "nonce"),
    )
    op.create_table(
        "job",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="deletion, retention"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, running, done, failed"),
        sa.Column("plan", RawJSON(), nullable=False, comment="what is left to do"),
        sa.Column("done", BigInt, nullable=False),
        sa.Column("total", BigInt, nullable=True, comment="null while unknown"),
        sa.Column("removed", BigInt, nullable=False, comment="events; with those in the store, all that were ever stored"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", BigInt, nullable=False),
        sa.Column("updated_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "job_id"),
    )


def _forget_copies() -> None:
    person = sa.table("person", sa.column("person_id", BigInt), sa.column("fields", RawJSON()))
    connection = op.get_bind()
    found = connection.execute(sa.select(person.c.person_id, person.c.fields)).all()
    for person_id, fields in found:
        own = {key: value for key, value in fields.items() if value.get("by") != "anonymous"}
        if own != fields:
            connection.execute(sa.update(person).where(person.c.person_id == person_id).values(fields=own))
