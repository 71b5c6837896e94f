"""A store of the benchmark's own, empty before and gone after, in which every event row that is written again leaves a mark."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from ..errors import ConfigError
from ..storage import tables
from ..storage.engine import Store, sqlite_url
from ..storage.setup import open_store

NAME = "passerby bench identity"
"""The site's name, by which a store is known as the benchmark's."""
BYTES_AN_EVENT = 700
"""On SQLite with its indexes, and room for the write-ahead log."""

_TABLES = {*tables.metadata.tables, "alembic_version"}
_COUNT_SQLITE = (
    "CREATE TABLE bench_written (what TEXT)",
    "CREATE TRIGGER bench_updated AFTER UPDATE ON event BEGIN INSERT INTO bench_written VALUES ('updated'); END",
    "CREATE TRIGGER bench_deleted AFTER DELETE ON event BEGIN INSERT INTO bench_written VALUES ('deleted'); END",
)
_COUNT_POSTGRESQL = (
    "CREATE TABLE bench_written (what TEXT)",
    "CREATE FUNCTION bench_count() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN INSERT INTO bench_written VALUES (TG_OP); RETURN NULL; END$$",
    "CREATE TRIGGER bench_written AFTER UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION bench_count()",
)
_LEAVE = ("DROP TABLE IF EXISTS alembic_version", "DROP TABLE IF EXISTS bench_written", "DROP FUNCTION IF EXISTS bench_count")


@contextmanager
def scratch(database_url: str | None, events: int) -> Iterator[Store]:
    """Open an empty store with our schema: a temporary SQLite file, or the database named, which is emptied at the end.

    Raises ConfigError when there is no room, or when somebody else's data is there.
    """
    with tempfile.TemporaryDirectory(prefix="passerby-bench-") as folder:
        free, needed = shutil.disk_usage(folder).free, events * BYTES_AN_EVENT
        if database_url is None and free < needed:
            raise ConfigError(f"{events:,} events need about {needed >> 20:,} MiB; {folder} has {free >> 20:,}. Set TMPDIR.")
        if database_url is not None:
            _make_empty(database_url)
        store = open_store(Path(folder), database_url or sqlite_url(Path(folder)), patient=True)
        try:
            yield store
        finally:
            store.close()
            if database_url is not None:
                _make_empty(database_url)


def _make_empty(url: str) -> None:
    """Remove what an earlier run left; refuse a database that anybody else uses."""
    store = Store(url, patient=True)
    try:
        with store.write() as connection:
            if _TABLES & {*sa.inspect(connection).get_table_names()}:
                if not _is_ours(connection):
                    raise ConfigError("This database holds an installation. Name an empty one: the benchmark empties it again.")
                tables.metadata.drop_all(connection)
                for statement in _LEAVE:
                    connection.exec_driver_sql(statement)
    except sa.exc.OperationalError as error:
        raise ConfigError(f"The database cannot be opened: {error.orig}.") from error
    finally:
        store.close()


def _is_ours(connection: sa.Connection) -> bool:
    """Whether the one site in it is the benchmark's."""
    with suppress(sa.exc.DBAPIError), connection.begin_nested():
        return [*connection.execute(sa.select(tables.site.c.name)).scalars()] == [NAME]
    return False


def settle(store: Store) -> None:
    """Bring the store into the state in which one finds it, on PostgreSQL vacuumed and flushed; count from here on."""
    if not store.is_sqlite:
        with store.read() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql("VACUUM ANALYZE")
            with suppress(sa.exc.DBAPIError):
                alone.exec_driver_sql("CHECKPOINT")  # only a superuser may; else the load is flushed while we measure
    with store.write() as connection:
        for statement in _COUNT_SQLITE if store.is_sqlite else _COUNT_POSTGRESQL:
            connection.exec_driver_sql(statement)
    _try_counter(store)


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to be kept."""


def _try_counter(store: Store) -> None:
    event = tables.event.c
    with suppress(_TakenBack), store.write() as connection:
        key = connection.execute(sa.select(event.site_id, event.device_id, event.message_id).limit(1)).one()
        here = sa.tuple_(event.site_id, event.device_id, event.message_id) == sa.tuple_(*key)
        connection.execute(sa.update(tables.event).where(here).values(flags=1))
        if connection.exec_driver_sql("SELECT count(*) FROM bench_written").scalar_one() != 1:
            raise SystemExit("the counter of written event rows does not count")
        raise _TakenBack


def event_rows(store: Store) -> tuple[int, int]:
    """Return how many events there are, and how often one was changed or removed since `settle`."""
    with store.read() as connection:
        held = connection.execute(sa.select(sa.func.count()).select_from(tables.event)).scalar_one()
        return held, connection.exec_driver_sql("SELECT count(*) FROM bench_written").scalar_one()
