"""Accounts (groups) and who is a member: written by the stream, so that membership follows every claim and every undo."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import sqlalchemy as sa

from ...domain.bounds import MOST_ACCOUNTS, OF_ACCOUNT, add_up, counted
from ...domain.changes import MembershipWritten
from ...domain.people import FieldValue, bounded
from .. import tables
from .bulk import delete_in, select_in
from .upsert import insert_for, insert_new


def write(connection: sa.Connection, site_id: int, written: list[MembershipWritten], now: int) -> None:
    """Write memberships and what group calls say of the accounts; of two values the newer event's stays."""
    if not written:
        return
    _write_members(connection, site_id, _kept(connection, site_id, written))
    by_account: dict[str, list[MembershipWritten]] = {}
    for change in written:
        by_account.setdefault(change.account_id, []).append(change)
    for account_id, changes in sorted(by_account.items()):
        _write_account(connection, site_id, account_id, changes, now)


def _kept(connection: sa.Connection, site_id: int, written: list[MembershipWritten]) -> list[MembershipWritten]:
    """Return the memberships that fit beside those that their streams have; count the others on the stream."""
    member = tables.membership.c
    of_streams = member.stream_id.in_(sorted({change.stream_id for change in written}))
    counts = connection.execute(sa.select(member.stream_id, sa.func.count()).where(of_streams).group_by(member.stream_id))
    held = {row[0]: row[1] for row in counts}
    accounts: dict[int, set[str]] = {}
    kept: list[MembershipWritten] = []
    left_out: Counter[tuple[int, int]] = Counter()
    for change in written:
        if held.get(change.stream_id, 0) + len(written) <= MOST_ACCOUNTS:  # as always but under attack
            kept.append(change)
            continue
        known = accounts.setdefault(change.stream_id, set())
        if not known:
            known.update(connection.execute(sa.select(member.account_id).where(member.stream_id == change.stream_id)).scalars())
        if change.account_id in known or len(known) < MOST_ACCOUNTS:
            known.add(change.account_id)
            kept.append(change)
        else:
            left_out[change.device_id, change.stream_id] += 1
    for (device_id, stream_id), count in sorted(left_out.items()):
        _count_on_stream(connection, site_id, device_id, stream_id, count)
    return kept


def _count_on_stream(connection: sa.Connection, site_id: int, device_id: int, stream_id: int, count: int) -> None:
    stream = tables.stream.c
    here = sa.and_(stream.site_id == site_id, stream.device_id == device_id, stream.stream_id == stream_id)
    known = connection.execute(sa.select(stream.left_out).where(here).with_for_update()).scalar_one()
    counts = add_up((known, counted(("accounts", count))))
    connection.execute(sa.update(tables.stream).where(here).values(left_out=counts))


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
    if rows:  # all of a group may be left out
        connection.execute(later, rows)


def _write_account(
    connection: sa.Connection, site_id: int, account_id: str, changes: list[MembershipWritten], now: int
) -> None:
    row = {"site_id": site_id, "account_id": account_id, "fields": {}, "created_at": now, "last_seen_at": changes[0].at}
    insert_new(connection, tables.account, [row])
    account = tables.account.c
    here = sa.and_(account.site_id == site_id, account.account_id == account_id)
    asked = sa.select(account.fields, account.last_seen_at, account.left_out)
    found = connection.execute(asked.where(here).with_for_update()).one()
    fields, left_out = msgspec.convert(found.fields, dict[str, FieldValue]), 0
    for change in changes:
        newer = {key: value for key, value in change.fields.items() if _is_newer(value, fields.get(key))}
        kept = bounded(fields, newer, OF_ACCOUNT)
        left_out += len(newer) - len(kept)
        fields |= kept
    last = max(found.last_seen_at, *(change.at for change in changes))
    counts = add_up((found.left_out, counted(("fields", left_out))))
    changed: dict[str, Any] = {"fields": fields, "last_seen_at": last, "left_out": counts}
    connection.execute(sa.update(tables.account).where(here).values(changed))


def _is_newer(value: FieldValue, known: FieldValue | None) -> bool:
    return known is None or (known.at, known.event) < (value.at, value.event)


_MEMBERSHIPS = "SELECT device_id, account_id FROM membership WHERE site_id = {mark} AND (device_id, stream_id) IN ({keys})"
_ACCOUNTS = "SELECT account_id, fields FROM account WHERE site_id = {mark} AND account_id IN ({keys}) ORDER BY account_id"
_SAID = "SELECT message_id, stream_id FROM event WHERE site_id = {mark} AND (device_id, message_id) IN ({keys})"
_EMPTY = (
    "DELETE FROM account WHERE site_id = {mark} AND account_id IN ({keys}) AND NOT EXISTS (SELECT 1 FROM membership "
    "WHERE membership.site_id = account.site_id AND membership.account_id = account.account_id)"
)
_MEMBERS = "DELETE FROM membership WHERE site_id = {mark} AND (device_id, stream_id) IN ({keys})"


def leave(connection: sa.Connection, site_id: int, streams: list[tuple[int, int]]) -> None:
    """Take streams that are deleted, as (device, stream), out of their accounts.

    What they said of an account stays, as it describes the account, but not which event said it; an account that has no
    other member goes.
    """
    devices: dict[str, set[int]] = {}
    for device_id, account_id in select_in(connection, _MEMBERSHIPS, (site_id,), streams):
        devices.setdefault(account_id, set()).add(device_id)
    if not devices:
        return
    wanted = [(account_id,) for account_id in sorted(devices)]
    locking = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    accounts = {row[0]: _fields(row[1]) for row in select_in(connection, _ACCOUNTS + locking, (site_id,), wanted)}
    _forget_events(connection, site_id, accounts, devices, {stream_id for _, stream_id in streams})
    delete_in(connection, _MEMBERS, (site_id,), streams)
    delete_in(connection, _EMPTY, (site_id,), wanted)


def _forget_events(
    connection: sa.Connection, site_id: int, accounts: dict[str, dict[str, FieldValue]], devices: dict[str, set[int]],
    streams: set[int],
) -> None:  # fmt: skip
    keys = {
        (device_id, value.event)
        for account_id, fields in accounts.items() for value in fields.values() for device_id in devices[account_id]
    }  # fmt: skip
    said = {row[0] for row in select_in(connection, _SAID, (site_id,), keys) if row[1] in streams}
    less = [
        {"b_account_id": account_id, "fields": {
            key: msgspec.structs.replace(one, event="") if one.event in said else one for key, one in fields.items()
        }}
        for account_id, fields in accounts.items() if any(one.event in said for one in fields.values())
    ]  # fmt: skip
    if less:
        account = tables.account.c
        here = sa.and_(account.site_id == site_id, account.account_id == sa.bindparam("b_account_id"))
        connection.execute(sa.update(tables.account).where(here), less)


def _fields(stored: Any) -> dict[str, FieldValue]:
    """From JSON as the driver gives it: text on SQLite, decoded already on PostgreSQL."""
    return msgspec.convert(msgspec.json.decode(stored) if isinstance(stored, str) else stored, dict[str, FieldValue])
