"""Scrubbing of the files after a deletion, once every row is gone: the write-ahead log, and free space in the pages.

SQLite: `secure_delete` is always on (engine.py). Here the log is written back and truncated, and the free space of every page
is overwritten, in the file itself: a VACUUM would do the same in one transaction as long as the file is large, with ingest
waiting and a copy of everything in memory. Pages are touched only while no other connection can write, and while the log is
empty: then nobody writes to the file but us, and readers never look at free space. Another connection could still hold a page
as it was and write it again; the commit that ends each piece makes all of them read anew.

PostgreSQL has no such thing. VACUUM makes the space of dead rows free to be overwritten; docs/reliability.md says what stays.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from ..engine import Store, connect_alone
from .pages import HEADER, Layout, PageReader, Range, free_ranges, soiled, unused_pages

log = structlog.get_logger()

PAGES_READ = 256
"""Pages looked at without a pause; nobody waits for it but the other threads of this process."""
PAGES_WRITTEN = 64
"""Pages overwritten in one transaction, for which ingest waits."""
TRIES = 100
TRY_SECONDS = 0.05
"""Tries, and the time of each, to wait for readers and writers; meanwhile a writer may have to wait, too."""
PASSES = 2
_VACUUM = (
    "VACUUM event, stream, device, person, person_merge, identifier, membership, account, identity_log, quarantine, doomed, job"
)
"""Every table that a deletion touches."""


def scrub(store: Store) -> bool:
    """Remove what deleted rows left in the files. False when readers or writers left no moment for it: try again."""
    if not store.is_sqlite:
        _vacuum(store)
        return True
    path = store.path
    if path is None or not path.exists():
        return True
    with closing(connect_alone(path, TRY_SECONDS)) as connection:
        if not _truncate(connection):
            return False
        file = File(store.descriptor(), path)
        return all(_overwrite(connection, file) for _ in range(PASSES)) and _truncate(connection)


def _vacuum(store: Store) -> None:
    try:
        with store.outside_transactions() as connection:
            connection.exec_driver_sql(_VACUUM)
    except sa.exc.DBAPIError as error:  # another user's tables, or one at it already: autovacuum comes by later
        log.warning("the tables could not be vacuumed", error=str(error.orig))


def _truncate(connection: Any) -> bool:
    """Write the log back and empty it, as soon as nobody reads from it."""
    for attempt in range(TRIES):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # what can be written back without anybody waiting
        (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not is_busy:
            return True
        time.sleep(TRY_SECONDS * min(attempt, 4))
    return False


class File:
    """The database file as bytes."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self.descriptor = descriptor
        self.log = path.with_name(path.name + "-wal")

    def layout(self) -> Layout:
        return Layout(os.pread(self.descriptor, HEADER, 0), os.fstat(self.descriptor).st_size)

    def has_log(self) -> bool:
        return self.log.exists() and self.log.stat().st_size > 0


def _overwrite(connection: Any, file: File) -> bool:
    layout = file.layout()
    if not layout.is_known:
        log.warning("free space cannot be told in this file; VACUUM it", pages=layout.pages)
        return True
    found = sorted({*_soiled_pages(file, layout), *_soiled_unused(file, layout)})
    return all(
        _overwrite_some(connection, file, found[start : start + PAGES_WRITTEN]) for start in range(0, len(found), PAGES_WRITTEN)
    )


def _soiled_pages(file: File, layout: Layout) -> list[int]:
    read = PageReader(file.descriptor, layout)
    found = []
    for first in range(1, layout.pages + 1, PAGES_READ):
        pages = read(first, PAGES_READ)
        for number, start in enumerate(range(0, len(pages) - layout.size + 1, layout.size), first):
            page = pages[start : start + layout.size]
            if soiled(page, free_ranges(page, number, layout)):
                found.append(number)
        time.sleep(0)
    return found


def _soiled_unused(file: File, layout: Layout) -> list[int]:
    read = PageReader(file.descriptor, layout)
    return [number for number, ranges in unused_pages(read, layout) if soiled(read(number), ranges)]


def _overwrite_some(connection: Any, file: File, numbers: list[int]) -> bool:
    """Overwrite the free space of these pages, as they are now that nobody else can write."""
    for _ in range(TRIES):
        connection.execute("PRAGMA shrink_memory")  # its own commits do not make it read anew
        try:
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:
            if "locked" not in str(error):
                raise
            continue
        if not file.has_log():
            break
        connection.execute("ROLLBACK")
        if not _truncate(connection):
            return False
    else:
        return False
    layout = file.layout()
    unused = dict(unused_pages(PageReader(file.descriptor, layout), layout))
    for number in numbers:
        _overwrite_page(file.descriptor, number, layout, unused.get(number))
    os.fsync(file.descriptor)
    connection.execute(_TOLD)
    connection.execute("COMMIT")
    return True


_TOLD = "INSERT INTO meta (key, value) VALUES ('scrubbed', 1) ON CONFLICT (key) DO UPDATE SET value = meta.value + 1"


def _overwrite_page(descriptor: int, number: int, layout: Layout, unused: list[Range] | None) -> None:
    page = PageReader(descriptor, layout)(number)
    if len(page) != layout.size:
        return
    ranges = free_ranges(page, number, layout) if unused is None else unused
    for start, end in soiled(page, ranges):
        os.pwrite(descriptor, bytes(end - start), (number - 1) * layout.size + start)
