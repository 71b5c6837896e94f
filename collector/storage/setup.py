"""Making a store ready: directory, schema, durability, first site."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ..domain.keys import NUMBERS
from ..domain.sites import Site
from ..errors import ConfigError
from . import tables
from .commit_order import raise_base
from .engine import DATABASE, FIRST_SAFE_SQLITE, Store, sqlite_url, sqlite_version
from .sites import add_site, load_sites
from .write.upsert import insert_for, insert_new

FIRST_SITE = "My site"
_DURABLE = {"fsync": ("on",), "synchronous_commit": ("on", "remote_apply"), "full_page_writes": ("on",)}


def open_store(data_dir: Path, database_url: str | None, *, patient: bool = False) -> Store:
    """Create the data directory if need be, open the store and bring its schema up to date.

    A `patient` store has no limits of time. Raises ConfigError when the directory cannot be used, when the database cannot be
    reached, or when it does not hold every text.
    """
    _make(data_dir)
    if database_url is None:
        _create_private(data_dir / DATABASE)
    store = Store(database_url or sqlite_url(data_dir.absolute()), patient=patient)
    try:
        _check_encoding(store)
        migrate(store)
        raise_base(store)
    except BaseException as error:
        store.close()
        if not isinstance(error, sa.exc.DatabaseError):
            raise
        raise ConfigError(f"The database cannot be opened: {error.orig}.") from error
    return store


def _check_encoding(store: Store) -> None:
    """In a database of another encoding events would be set aside for what their visitors are called."""
    if store.is_sqlite:
        return
    with store.read() as connection:
        encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar())
    if encoding != "UTF8":
        raise ConfigError(f"The database's encoding is {encoding}: make one with `CREATE DATABASE ... ENCODING 'UTF8'`.")


def _alembic(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(store: Store) -> None:
    """Run the migrations that the store lacks, in one transaction, however long that takes."""
    if schema_revision(store) == head_revision():
        return
    patient = Store(store.url, patient=True)
    try:
        with patient.write() as connection:
            command.upgrade(_alembic(connection), "head")
    finally:
        patient.close()


@cache
def head_revision() -> str | None:
    """Return the newest schema that this program knows; its migrations are read from their files once."""
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def schema_revision(store: Store) -> str | None:
    with store.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The data directory {data_dir} cannot be made: {error.strerror}.") from error


def _create_private(path: Path) -> None:
    """Make a file that only its owner can read, unless it is there; SQLite gives its other files the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ConfigError(f"The database {path} cannot be made: {error.strerror}.") from error


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Have the data directory for this process alone; the lock ends with the block, or with the process.

    Raises ConfigError when another process serves from it already: both would answer, each with its own queue.
    """
    _make(data_dir)
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"Another process serves from {data_dir} already; stop it, or name another --data.") from error
        yield


def durability_problems(store: Store) -> list[str]:
    """Return what keeps a commit from being on disk when it returns; empty when what is acknowledged survives a power cut."""
    with store.read() as connection:
        if not store.is_sqlite:
            found = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in _DURABLE}
            return [f"PostgreSQL runs with {name}={found[name]}" for name, good in _DURABLE.items() if found[name] not in good]
        problems = []
        if connection.exec_driver_sql("PRAGMA synchronous").scalar() != 2:
            problems.append("SQLite does not run with synchronous=FULL")
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
            problems.append("SQLite could not switch to its write-ahead log; is this a network file system?")
        if sqlite_version() < FIRST_SAFE_SQLITE:
            problems.append(f"SQLite {'.'.join(map(str, sqlite_version()))} can lose a commit (fixed in 3.51.3)")
        return problems


def ensure_first_site(store: Store, master: bytes, now: int) -> Site | None:
    """Make a site at the very first start, so that there is a snippet to paste; None when there are sites already."""
    if load_sites(store):
        return None
    return add_site(store, master, FIRST_SITE, now)


def take_number(store: Store) -> int:
    """Return a number that no other collector on this store has, unless it started keys.NUMBERS starts ago."""
    meta = tables.meta
    with store.write() as connection:
        insert_new(connection, meta, [{"key": "collectors", "value": "0"}])
        here = meta.c.key == "collectors"
        started = int(connection.execute(sa.select(meta.c.value).where(here).with_for_update()).scalar_one()) + 1
        connection.execute(sa.update(meta).where(here).values(value=str(started)))
    return started % NUMBERS


def get_meta(store: Store, key: str) -> str | None:
    with store.read() as connection:
        return connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == key)).scalar()


def set_meta(store: Store, key: str, value: str) -> None:
    with store.write() as connection:
        statement = insert_for(connection, tables.meta).values(key=key, value=value)
        connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
