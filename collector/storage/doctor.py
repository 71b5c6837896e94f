"""Examining a store: each check says what it found and, when something is wrong, how to mend it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import sqlalchemy as sa

from ..domain.pinned import integrity_of
from . import tables
from .engine import DATABASE, Store, sqlite_version
from .operations.doomed import is_doomed
from .secrets import FILE_NAME
from .setup import durability_problems, head_revision, schema_revision
from .write.quarantine import miscounted

LEAST_FREE = 500 * 1024 * 1024


class Finding(msgspec.Struct, frozen=True):
    """`mend` is None when all is well."""

    what: str
    mend: str | None = None


def examine(store: Store, data_dir: Path, *, has_secret_file: bool = True) -> list[Finding]:
    """Check a store without changing it; stops early when it cannot be read at all.

    `has_secret_file` is False where the master secret is a setting.
    """
    findings = [_free_space(data_dir)] if store.is_sqlite else []
    findings += [_secret(data_dir)] if has_secret_file else []
    findings += _private(data_dir) if store.is_sqlite else []
    try:
        revision = schema_revision(store)
        if revision != head_revision():
            mend = "Start it with `passerby serve`, which brings the schema up to date."
            return [*findings, Finding(f"schema is at {revision}, not at {head_revision()}", mend)]
        findings.append(Finding(f"schema is at {revision}"))
        with store.read() as connection:
            findings += _durable(store)
            findings += [*_intact(connection, store), _conserved(connection), _counted(connection)]
            findings += [*_dangling(connection), _unchanged(connection), _measured(connection)]
    except sa.exc.DatabaseError as error:
        mend = "Restore the data directory from a backup; keep this one for inspection."
        findings.append(Finding(f"the database cannot be read: {error.orig}", mend))
    return findings


def _free_space(data_dir: Path) -> Finding:
    free = shutil.disk_usage(data_dir).free
    mend = None if free > LEAST_FREE else "Make room: without it events are answered 503."
    return Finding(f"{free // 1024 // 1024:,} MiB free for {data_dir}", mend)


def _secret(data_dir: Path) -> Finding:
    path = data_dir / FILE_NAME
    if not path.exists():
        return Finding(f"{path} is missing", "Restore it from a backup: the sites' secret keys are derived from it.")
    if path.stat().st_mode & 0o077:
        return Finding(f"{path} can be read by others", f"chmod 600 {path}")
    return Finding("the secret is there, and only its owner can read it")


def _private(data_dir: Path) -> list[Finding]:
    """Look whether others on this machine can read what visitors did."""
    files = [path for path in (data_dir / f"{DATABASE}{more}" for more in ("", "-wal", "-shm")) if path.exists()]
    open_to_others = [
        (path, mode) for path, mode in ((data_dir, 700), *((path, 600) for path in files)) if path.stat().st_mode & 0o077
    ]
    found = [Finding(f"{path} can be read by others", f"chmod {mode} {path}") for path, mode in open_to_others]
    return found or [Finding("the data directory and the database are their owner's only")]


def _durable(store: Store) -> list[Finding]:
    problems = durability_problems(store)
    if problems:
        return [Finding(problem, "Mend it: an acknowledged event could be lost in a power cut.") for problem in problems]
    version = ".".join(map(str, sqlite_version()))
    return [Finding(f"commits are flushed (SQLite {version})" if store.is_sqlite else "commits are flushed (PostgreSQL)")]


def _intact(connection: sa.Connection, store: Store) -> list[Finding]:
    if not store.is_sqlite:
        return []
    result = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
    mend = None if result == "ok" else "Restore from a backup, or try `sqlite3 passerby.db .recover` on a copy."
    return [Finding(f"integrity check: {result}", mend)]


def _conserved(connection: sa.Connection) -> Finding:
    count = tables.hour_count.c
    ends = count.stored + count.duplicate + count.quarantined + count.refused
    wrong = connection.execute(sa.select(sa.func.count()).where(count.received != ends)).scalar_one()
    mend = "Report this: it is a fault of Passerby. The hours are in the table hour_count." if wrong else None
    return Finding(f"received = stored + duplicate + quarantined + refused, but for {wrong} hours", mend)


def _counted(connection: sa.Connection) -> Finding:
    events = connection.execute(sa.select(sa.func.count()).select_from(tables.event)).scalar_one()
    said = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(tables.hour_count.c.stored), 0))).scalar_one()
    removed = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(tables.job.c.removed), 0))).scalar_one()
    mend = None if events + removed == said else "Report this: it is a fault of Passerby."
    gone = f", {int(removed):,} removed by deletion and retention" if removed else ""
    return Finding(f"{events:,} events in the store{gone}, {int(said):,} counted as stored", mend)


def _dangling(connection: sa.Connection) -> list[Finding]:
    """Every pointer must lead somewhere: event -> stream -> device, stream -> person -> canonical person."""
    event, stream, person, device = tables.event, tables.stream, tables.person, tables.device
    canonical = person.alias("canonical")
    checks = {
        "events without a stream": sa.select(event.c.stream_id).where(
            ~sa.exists().where(
                stream.c.site_id == event.c.site_id,
                stream.c.device_id == event.c.device_id,
                stream.c.stream_id == event.c.stream_id,
            ),
            ~is_doomed(event.c.stream_id),
        ),
        "streams without a device": sa.select(stream.c.stream_id).where(
            ~sa.exists().where(device.c.site_id == stream.c.site_id, device.c.device_id == stream.c.device_id)
        ),
        "streams of nobody known": sa.select(stream.c.stream_id).where(
            stream.c.person_id.is_not(None), ~sa.exists().where(person.c.person_id == stream.c.person_id)
        ),
        "people merged into nobody known": sa.select(person.c.person_id).where(
            ~sa.exists().where(canonical.c.person_id == person.c.canonical_id)
        ),
        "identifiers of nobody known": sa.select(tables.identifier.c.value).where(
            ~sa.exists().where(person.c.person_id == tables.identifier.c.person_id)
        ),
    }
    findings = []
    for what, query in checks.items():
        number = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
        mend = "Report this: it is a fault of Passerby." if number else None
        findings.append(Finding(f"{number} {what}", mend))
    return findings


def _unchanged(connection: sa.Connection) -> Finding:
    """Browsers refuse a script that is not what its integrity says."""
    pinned = tables.pinned_build.c
    rows = connection.execute(sa.select(pinned.integrity, pinned.content))
    wrong = sum(integrity_of(content) != integrity for integrity, content in rows)
    mend = "Restore the table pinned_build from a backup, or `passerby snippet --unpin` and `--pin` anew." if wrong else None
    return Finding(f"{wrong} pinned builds that are not what they were", mend)


def _measured(connection: sa.Connection) -> Finding:
    """Check the quarantine's counters: what it may still take is counted, never looked at."""
    wrong = miscounted(connection)
    mend = "Report this: it is a fault of Passerby. The counters are in the table quarantine_size." if wrong else None
    return Finding(f"{len(wrong)} sites whose quarantine is not what was counted", mend)
