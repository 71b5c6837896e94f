"""Index bounds: every text in an index has one, so that no row is too large for one on PostgreSQL."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from collector.domain.identifiers import MAX_ID
from collector.domain.limits import MAX_MESSAGE_ID
from collector.storage import tables
from collector.storage.engine import Store
from collector.storage.write.identity_log import MAX_CAUSE

MAX_ROW = 2_704
"""Bytes of a row in a B-tree of PostgreSQL with pages of 8 KiB."""
WIDEST = 4
"""Bytes of a character."""
OURS = 64
"""Texts of our own: kinds, hashes, keys, reasons."""

BOUNDS = {
    "account.account_id": MAX_ID * WIDEST,
    "console_sign_out.name": OURS,
    "console_sign_out.session_id": OURS,
    "console_user.name": OURS,
    "doomed.kind": OURS,
    "doomed.value": MAX_ID * WIDEST,
    "event.message_id": MAX_MESSAGE_ID * WIDEST,
    "identifier.kind": OURS,
    "identifier.value": MAX_ID * WIDEST,
    "identity_log.cause": MAX_CAUSE,
    "identity_log.op": OURS,
    "membership.account_id": MAX_ID * WIDEST,
    "message.key": OURS,
    "message_revision.key": OURS,
    "meta.key": OURS,
    "pinned_build.hash": OURS,
    "quarantine.message_id": MAX_MESSAGE_ID * WIDEST,
    "reason_count.reason": OURS,
    "site.name": MAX_ID * WIDEST,
    "site.prefix": OURS,
    "site.publishable_key": OURS,
    "site.secret_hash": OURS,
    "site.uuid": OURS,
    "site.write_key": OURS,
    "tombstone.kind": OURS,
    "tombstone.value_hash": OURS,
    "used_handoff.nonce": OURS,
}
"""Column of an index -> bytes of the longest text that gets there."""


def indexes() -> list[tuple[str, list[sa.Column[object]]]]:
    found = []
    for table in tables.metadata.sorted_tables:
        unique = [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
        for columns in (table.primary_key.columns, *(one.columns for one in unique), *(one.columns for one in table.indexes)):
            found.append((table.name, list(columns)))
    return found


def _texts(columns: list[sa.Column[object]]) -> list[str]:
    return [str(column) for column in columns if isinstance(column.type, sa.Text)]


def test_every_text_of_an_index_has_a_bound() -> None:
    """Texts new here are to be bounded where they enter; all of one index fit into a row of it."""
    assert {name for _, columns in indexes() for name in _texts(columns)} == set(BOUNDS)
    for table, columns in indexes():
        size = sum(BOUNDS[name] + WIDEST for name in _texts(columns)) + 8 * len(columns) + 16
        assert size <= MAX_ROW, (table, columns, size)


@pytest.mark.stores("postgresql")
def test_the_largest_rows_fit(store: Store) -> None:
    """Texts of their full length that nothing makes smaller; one that is longer does not fit."""
    letters = random.Random(12)

    def text(size: int) -> str:
        return "".join(chr(letters.randint(0x20000, 0x2A000)) for _ in range(size // WIDEST))

    with store.write() as connection:
        connection.execute(
            tables.account.insert().values(site_id=1, account_id=text(MAX_ID * WIDEST), fields={}, created_at=1, last_seen_at=1)
        )
        entry = {"site_id": 1, "at": 1, "op": "x" * OURS, "device_id": 1, "stream_id": 1, "detail": {}}
        connection.execute(tables.identity_log.insert().values(**entry, log_id=1, cause=text(MAX_CAUSE)))
        with pytest.raises(sa.exc.OperationalError, match="exceeds"), connection.begin_nested():
            connection.execute(tables.identity_log.insert().values(**entry, log_id=2, cause=text(MAX_ROW + 100)))
