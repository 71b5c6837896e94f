"""All tables on one page.

Rows of the write path (device, stream, event) carry the device as their shard key, in their primary key and in every
unique constraint, so that they can be distributed by it; a person is never a shard key (a merge would move rows).
Times are microseconds since 1970 UTC.
"""

from __future__ import annotations

import sqlalchemy as sa

from .types import ObjectJSON, RawJSON

metadata = sa.MetaData()

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite makes only INTEGER an alias of the row id."""


def left_out() -> sa.Column[dict[str, int]]:
    """How many values were over a bound (domain/bounds.py) and are with their events only, by kind."""
    return sa.Column("left_out", RawJSON, nullable=False, server_default="{}")


site = sa.Table(
    "site",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True),
    sa.Column("uuid", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("write_key", sa.Text, nullable=False, unique=True),
    sa.Column("publishable_key", sa.Text, nullable=False, unique=True),
    sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("script", sa.Text, nullable=False),
    sa.Column("settings", RawJSON, nullable=False),
    sa.Column("created_at", BigInt, nullable=False),
)

device = sa.Table(
    "device",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("device_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Text, nullable=False, comment="the anonymous id; keys.user_owner() when virtual"),
    sa.Column("virtual", sa.Boolean, nullable=False),
    sa.Column("contested_from", BigInt, comment="null while one person owns it"),
    sa.Column("created_at", BigInt, nullable=False),
    sa.Column("boundaries", RawJSON, nullable=False, server_default="[]", comment="[[since, epoch]]: where epochs begin"),
    sa.Column("joined", RawJSON, nullable=False, server_default="[]", comment="anonymous ids that a handoff tied to it"),
    sa.Column("named", RawJSON, nullable=False, server_default="{}", comment="epoch -> who was named there, in keyed hashes"),
)

_OWNED, _UNOWNED = sa.text("person_id IS NOT NULL"), sa.text("person_id IS NULL")
_EXCLUDED = sa.text("kind = 2")

stream = sa.Table(
    "stream",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("device_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("stream_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.SmallInteger, nullable=False, comment="0 anonymous, 1 asserted, 2 excluded"),
    sa.Column("epoch", sa.Integer, nullable=False, comment="-1 contested"),
    sa.Column(
        "user_person",
        BigInt,
        nullable=False,
        comment="asserted: the person as first resolved; excluded: keys.excluded_key(); else 0",
    ),
    sa.Column("claimable", sa.Boolean, nullable=False),
    sa.Column("person_id", BigInt),
    sa.Column("strength", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("claimed_at", BigInt),
    sa.Column("attributed_from", BigInt),
    sa.Column("fields", RawJSON, nullable=False, comment="set while anonymous, fill the person's empty ones at a claim"),
    left_out(),
    sa.UniqueConstraint("site_id", "device_id", "kind", "epoch", "user_person"),
    sa.Index("stream_person", "person_id", sqlite_where=_OWNED, postgresql_where=_OWNED),
    sa.Index("stream_unclaimed", "site_id", "stream_id", sqlite_where=_UNOWNED, postgresql_where=_UNOWNED),
    sa.Index("stream_excluded", "site_id", "user_person", sqlite_where=_EXCLUDED, postgresql_where=_EXCLUDED),
)

_WITH_CAMPAIGN = sa.text("(flags & 64) <> 0")
WITH_CAMPAIGN = sa.text("(event.flags & 64) <> 0")
"""Page views that a campaign led to (events.Flag.CAMPAIGN). Written out: an index on them serves only who asks in its words."""

event = sa.Table(
    "event",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("device_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("stream_id", BigInt, nullable=False),
    sa.Column("ts", BigInt, nullable=False),
    sa.Column("received_at", BigInt, nullable=False),
    sa.Column("original_ts", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("anonymous_id", sa.Text),
    sa.Column("user_id", sa.Text),
    sa.Column("properties", ObjectJSON, nullable=False),
    sa.Column("context", ObjectJSON, nullable=False),
    sa.Column("flags", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("sender", sa.SmallInteger, nullable=False, server_default="0", comment="events.Sender: whose message id it is"),
    sa.Index("event_stream", "stream_id", "ts"),
    sa.Column("seq", BigInt, nullable=False, server_default="0", comment="the order of commits, commit_order.py"),
    sa.Index("event_order", "site_id", "seq"),
    sa.Index("event_campaign", "stream_id", "ts", sqlite_where=_WITH_CAMPAIGN, postgresql_where=_WITH_CAMPAIGN),
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("person_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("site_id", sa.Integer, nullable=False),
    sa.Column("canonical_id", BigInt, nullable=False),
    sa.Column("created_at", BigInt, nullable=False),
    sa.Column("first_seen_at", BigInt),
    sa.Column("first_identified_at", BigInt),
    sa.Column("last_seen_at", BigInt),
    sa.Column("fields", RawJSON, nullable=False, comment="key -> {v: value, at: time, by: source, event: message id}"),
    sa.Column("typed", RawJSON, nullable=False, server_default="{}", comment="as fields: said with an address and no user"),
    sa.Column("addresses", RawJSON, nullable=False, server_default="{}", comment="address -> {strength, at}: last said so"),
    sa.Column("tags", RawJSON, nullable=False, comment="tag -> {on: bool, at: time}; the newest event decides"),
    sa.Column("unsubscribed_at", BigInt, comment="null while subscribed"),
    sa.Column("subscription_at", BigInt, comment="time of the event that last opted in or out"),
    sa.Column("joined_at", BigInt, comment="when it came to its canonical person; null for that one"),
    left_out(),
    sa.Index("person_canonical", "canonical_id"),
    sa.Index("person_recent", "site_id", "last_seen_at"),
)

identifier = sa.Table(
    "identifier",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True, comment="user or email"),
    sa.Column("value", sa.Text, primary_key=True, comment="as looked up"),
    sa.Column("display", sa.Text, nullable=False, comment="as first written"),
    sa.Column("person_id", BigInt, nullable=False),
    sa.Column("strength", sa.SmallInteger, nullable=False),
    sa.Column("created_at", BigInt, nullable=False),
    sa.Index("identifier_person", "person_id"),
)

person_merge = sa.Table(
    "person_merge",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("merge_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("source_id", BigInt, nullable=False),
    sa.Column("target_id", BigInt, nullable=False),
    sa.Column("at", BigInt, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reversed_at", BigInt, comment="null while in force"),
    sa.Index("person_merge_source", "source_id"),
    sa.Index("person_merge_target", "target_id"),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("fields", RawJSON, nullable=False),
    sa.Column("created_at", BigInt, nullable=False),
    sa.Column("last_seen_at", BigInt, nullable=False),
    left_out(),
    sa.Index("account_recent", "site_id", "last_seen_at"),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("device_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("stream_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("at", BigInt, nullable=False, comment="event time of the newest event that said so"),
    sa.Index("membership_account", "site_id", "account_id"),
    sa.Index("membership_stream", "stream_id"),
    comment="by stream, so that it follows every claim, merge and undo",
)

tombstone = sa.Table(
    "tombstone",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True, comment="user, email or anonymous_id"),
    sa.Column("value_hash", sa.Text, primary_key=True, comment="keyed: nobody can try names out without the key"),
    sa.Column("at", BigInt, nullable=False),
)

event_tombstone = sa.Table(
    "event_tombstone",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("mark", sa.LargeBinary, primary_key=True, comment="keyed hash of device and message id"),
    sa.Column("seal", sa.LargeBinary, nullable=False, comment="keyed hash of the fingerprint"),
    sa.Column("sender", sa.SmallInteger, nullable=False),
    sa.Column("echoes", sa.SmallInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="without its device, by which a deleted person could be told",
)

device_tombstone = sa.Table(
    "device_tombstone",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("mark", sa.LargeBinary, primary_key=True, comment="keyed hash of the device"),
    sa.Column("contested_from", BigInt),
    sa.Column("boundaries", RawJSON, nullable=False),
    sa.Column("named", RawJSON, nullable=False),
    sqlite_with_rowid=False,
    comment="what was said under an anonymous id that is not kept, or no longer: the answers to it follow from that",
)

commit_seq = sa.Table(
    "commit_seq",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", BigInt, nullable=False, comment="of the last transaction"),
    comment="SQLite only: PostgreSQL numbers its transactions itself",
)

used_handoff = sa.Table(
    "used_handoff",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("nonce", sa.Text, primary_key=True),
    sa.Column("at", BigInt, nullable=False),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("job_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False, comment="deletion, retention, trimming, lead_joins"),
    sa.Column("state", sa.Text, nullable=False, comment="waiting, running, done, failed"),
    sa.Column("plan", RawJSON, nullable=False, comment="what is left to do"),
    sa.Column("done", BigInt, nullable=False),
    sa.Column("total", BigInt, comment="null while unknown"),
    sa.Column("removed", BigInt, nullable=False, comment="events; with those in the store, all that were ever stored"),
    sa.Column("error", sa.Text),
    sa.Column("created_at", BigInt, nullable=False),
    sa.Column("updated_at", BigInt, nullable=False),
)

doomed = sa.Table(
    "doomed",
    metadata,
    sa.Column("job_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True, comment="stream, device, person; user, email, anonymous_id"),
    sa.Column("number", BigInt, primary_key=True, autoincrement=False, comment="of a stream, device or person; else 0"),
    sa.Column("value", sa.Text, primary_key=True, comment="a name; else empty"),
    sa.Index("doomed_number", "kind", "number"),
    comment="what a job still has to find and remove; nothing of it is left when the job is done",
)

identity_log = sa.Table(
    "identity_log",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("log_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("at", BigInt, nullable=False),
    sa.Column("op", sa.Text, nullable=False, comment="docs/identity.md, The log"),
    sa.Column("device_id", BigInt, nullable=False),
    sa.Column("stream_id", BigInt, nullable=False),
    sa.Column("person_id", BigInt),
    sa.Column("other_id", BigInt),
    sa.Column("anonymous_id", sa.Text),
    sa.Column("cause", sa.Text, nullable=False, comment="what makes the entry unique: one entry per cause"),
    sa.Column("detail", RawJSON, nullable=False),
    sa.Column("seq", BigInt, nullable=False, server_default="0", comment="the order of commits"),
    sa.UniqueConstraint("site_id", "op", "device_id", "stream_id", "cause"),
    sa.Index("identity_log_order", "site_id", "seq"),
    sa.Index("identity_log_person", "person_id", "at"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("quarantine_id", BigInt, primary_key=True, autoincrement=False),
    sa.Column("received_at", BigInt, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("quarantine_recent", "site_id", "received_at"),
    sa.Index("quarantine_message", "site_id", "message_id"),
)

quarantine_size = sa.Table(
    "quarantine_size",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("events", BigInt, nullable=False, comment="rows of the site in quarantine"),
    sa.Column("bytes", BigInt, nullable=False, comment="of their bodies, details and message ids"),
)

hour_count = sa.Table(
    "hour_count",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hour", BigInt, primary_key=True, autoincrement=False),
    sa.Column("received", BigInt, nullable=False),
    sa.Column("stored", BigInt, nullable=False),
    sa.Column("duplicate", BigInt, nullable=False),
    sa.Column("quarantined", BigInt, nullable=False),
    sa.Column("refused", BigInt, nullable=False),
)

reason_count = sa.Table(
    "reason_count",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hour", BigInt, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("count", BigInt, nullable=False),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False, comment="the newest"),
    sa.Column("published", sa.Integer, comment="the revision that browsers get while it is live; null before the first"),
    sa.Column("status", sa.Text, nullable=False, server_default="draft", comment="draft, live, paused, archived"),
    sa.Column("run", sa.Integer, nullable=False, server_default="1", comment="one more: shown again to everyone"),
    sa.Column("updated_at", BigInt, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False, server_default="cli"),
)

message_revision = sa.Table(
    "message_revision",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", RawJSON, nullable=False, comment="without status and run, which are the message's"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", BigInt, nullable=False),
    comment="what was saved; never updated",
)

pinned_build = sa.Table(
    "pinned_build",
    metadata,
    sa.Column("site_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("integrity", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", BigInt, nullable=False),
)

console_user = sa.Table(
    "console_user",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", BigInt, nullable=False),
    sa.Column(
        "generation", sa.Integer, nullable=False, server_default="0", comment="of sessions: one more ends all that there are"
    ),
)

console_sign_out = sa.Table(
    "console_sign_out",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text, primary_key=True),
    comment="sessions of the user's present generation that were signed out",
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
