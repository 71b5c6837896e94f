"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.tables import BigInt
from collector.storage.types import RawJSON

revision = "0001"
down_revision = None


def upgrade() -> None:

    op.create_table(
        "console_user",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "device",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="the anonymous id; keys.user_owner() when virtual"),
        sa.Column("virtual", sa.Boolean(), nullable=False),
        sa.Column("contested_from", BigInt, nullable=True, comment="null while one person owns it"),
        sa.Column("created_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "device_id"),
    )
    op.create_table(
        "event",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("stream_id", BigInt, nullable=False),
        sa.Column("ts", BigInt, nullable=False),
        sa.Column("received_at", BigInt, nullable=False),
        sa.Column("original_ts", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("anonymous_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("properties", RawJSON(), nullable=False),
        sa.Column("context", RawJSON(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "device_id", "message_id"),
    )
    op.create_index("event_recent", "event", ["site_id", "received_at"], unique=False)
    op.create_index("event_stream", "event", ["stream_id", "ts"], unique=False)
    op.create_table(
        "hour_count",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", BigInt, autoincrement=False, nullable=False),
        sa.Column("received", BigInt, nullable=False),
        sa.Column("stored", BigInt, nullable=False),
        sa.Column("duplicate", BigInt, nullable=False),
        sa.Column("quarantined", BigInt, nullable=False),
        sa.Column("refused", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "hour"),
    )
    op.create_table(
        "identifier",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="user or email"),
        sa.Column("value", sa.Text(), nullable=False, comment="as looked up"),
        sa.Column("display", sa.Text(), nullable=False, comment="as first written"),
        sa.Column("person_id", BigInt, nullable=False),
        sa.Column("strength", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "kind", "value"),
    )
    op.create_index("identifier_person", "identifier", ["person_id"], unique=False)
    op.create_table(
        "identity_log",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("at", BigInt, nullable=False),
        sa.Column("op", sa.Text(), nullable=False, comment="anonymous_merge, merge_refused, illegal_id"),
        sa.Column("device_id", BigInt, nullable=False),
        sa.Column("stream_id", BigInt, nullable=False),
        sa.Column("person_id", BigInt, nullable=True),
        sa.Column("other_id", BigInt, nullable=True),
        sa.Column("anonymous_id", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False, comment="what makes the entry unique: one entry per cause"),
        sa.Column("detail", RawJSON(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "log_id"),
        sa.UniqueConstraint("site_id", "op", "device_id", "stream_id", "cause"),
    )
    op.create_index("identity_log_person", "identity_log", ["person_id", "at"], unique=False)
    op.create_index("identity_log_recent", "identity_log", ["site_id", "at"], unique=False)
    op.create_table(
        "message",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", RawJSON(), nullable=False),
        sa.Column("updated_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "key"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "person",
        sa.Column("person_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("canonical_id", BigInt, nullable=False),
        sa.Column("created_at", BigInt, nullable=False),
        sa.Column("first_seen_at", BigInt, nullable=True),
        sa.Column("first_identified_at", BigInt, nullable=True),
        sa.Column("last_seen_at", BigInt, nullable=True),
        sa.Column("fields", RawJSON(), nullable=False, comment="key -> {v: value, at: time, by: source, event: message id}"),
        sa.Column("tags", RawJSON(), nullable=False, comment="tag -> {on: bool, at: time}; the newest event decides"),
        sa.Column("unsubscribed_at", BigInt, nullable=True, comment="null while subscribed"),
        sa.Column("subscription_at", BigInt, nullable=True, comment="time of the event that last opted in or out"),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index("person_canonical", "person", ["canonical_id"], unique=False)
    op.create_index("person_recent", "person", ["site_id", "last_seen_at"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quarantine_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("received_at", BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "quarantine_id"),
    )
    op.create_index("quarantine_recent", "quarantine", ["site_id", "received_at"], unique=False)
    op.create_table(
        "reason_count",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", BigInt, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "hour", "reason"),
    )
    op.create_table(
        "site",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("write_key", sa.Text(), nullable=False),
        sa.Column("publishable_key", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("settings", RawJSON(), nullable=False),
        sa.Column("created_at", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("site_id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("prefix"),
        sa.UniqueConstraint("publishable_key"),
        sa.UniqueConstraint("secret_hash"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("write_key"),
    )
    op.create_table(
        "stream",
        sa.Column("site_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("stream_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False, comment="0 anonymous, 1 asserted"),
        sa.Column("epoch", sa.Integer(), nullable=False, comment="0 open, 1 contested"),
        sa.Column("user_person", BigInt, nullable=False, comment="asserted: the person as first resolved; else 0"),
        sa.Column("claimable", sa.Boolean(), nullable=False),
        sa.Column("person_id", BigInt, nullable=True),
        sa.Column("strength", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("claimed_at", BigInt, nullable=True),
        sa.Column("attributed_from", BigInt, nullable=True),
        sa.Column("fields", RawJSON(), nullable=False, comment="set while anonymous, fill the person's empty ones at a claim"),
        sa.PrimaryKeyConstraint("site_id", "device_id", "stream_id"),
        sa.UniqueConstraint("site_id", "device_id", "kind", "epoch", "user_person"),
    )
    op.create_index("stream_person", "stream", ["person_id"], unique=False, sqlite_where=sa.text("person_id IS NOT NULL"))
