"""Accounts (groups) and who is a member: written by the stream, so that membership follows every claim and every undo."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.changes import MembershipWritten
from ..domain.people import FieldValue
from . import tables
from .upsert import insert_for, insert_new


def write(connection: sa.Connection, site_id: int, written: list[MembershipWritten], now: int) -> None:
    """Write memberships and what group calls say of the accounts; of two values the newer event's stays."""
    if not written:
        return
    _write_members(connection, site_id, written)
    by_account: dict[str, list[MembershipWritten]] = {}
    for change in written:
        by_account.setdefault(change.account_id, []).append(change)
    for account_id, changes in sorted(by_account.items()):
        _write_account(connection, site_id, account_id, changes, now)


def _write_members(connection: sa.Connection, site_id: int, written: list[MembershipWritten]) -> None:
    newest: dict[tuple[int, int, str], int] = {}
    for change in written:
        key = (change.device_id, change.stream_id, change.account_id)
        newest[key] = max(change.at, newest.get(key, change.at))
    rows = [
        {"site_id": site_id, "device_id": device_id, "stream_id": stream_id, "account_id": account_id, "at": at}
        for (device_id, stream_id, account_id), at in sorted(newest.items())
    ]
    statement = insert_for(connection, tables.membership)
    at, new = tables.membership.c.at, statement.excluded.at
    keys = list(tables.membership.primary_key.columns)
    later = statement.on_conflict_do_update(index_elements=keys, set_={"at": new}, where=new > at)
    connection.execute(later, rows)


def _write_account(
    connection: sa.Connection, site_id: int, account_id: str, changes: list[MembershipWritten], now: int
) -> None:
    row = {"site_id": site_id, "account_id": account_id, "fields": {}, "created_at": now, "last_seen_at": changes[0].at}
    insert_new(connection, tables.account, [row])
    account = tables.account.c
    here = sa.and_(account.site_id == site_id, account.account_id == account_id)
    found = connection.execute(sa.select(account.fields, account.last_seen_at).where(here).with_for_update()).one()
    fields = msgspec.convert(found.fields, dict[str, FieldValue])
    for change in changes:
        for key, value in change.fields.items():
            known = fields.get(key)
            if known is None or (known.at, known.event) < (value.at, value.event):
                fields[key] = value
    last = max(found.last_seen_at, *(change.at for change in changes))
    changed: dict[str, Any] = {"fields": fields, "last_seen_at": last}
    connection.execute(sa.update(tables.account).where(here).values(changed))
