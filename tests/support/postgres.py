"""PostgreSQL of their own for all tests of this process, started when the first of them asks for a database.

with bare_database() as url:  # without a table
with empty_database() as url:  # with all tables, without a row
with database(prepare) as url:  # as `prepare(url)` left it

It flushes its commits as a real one does: the product looks, and would not start.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from collector.storage.engine import Store
from collector.storage.setup import migrate
from tests.support.server import free_port

ENSURE = Path(__file__).parents[1] / "ensure_postgres.sh"
MISSING = "There is no PostgreSQL 15 or newer here, and this test needs one: run `sh tests/ensure_postgres.sh`."
READY_SECONDS = 30.0
ADMIN = "postgres"

Prepare = Callable[[str], None]

_KEEPER = """
"$1/postgres" -D "$2/data" </dev/null >>"$2/log" 2>&1 &
cat >/dev/null
kill -QUIT $!
wait $!
rm -rf "$2"
"""
"""Script: serves until its own input closes, as it does when this process stops it, or ends in any way, SIGKILL too.
SIGQUIT is what `pg_ctl stop -m immediate` sends. When this script has ended, the server and its folder are gone."""

_ORDER_OF_TEXT = ("--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
"""Locale with a language, as usual. Ordered by bytes, as on SQLite, it would hide what relies on that."""

_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 200
shared_buffers = '32MB'
max_wal_size = '256MB'
autovacuum = off  # it would come, with its locks, in the middle of some test
"""

_WHO_MAY_CONNECT = f"""
local all all trust
host all {ADMIN} 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
"""
"""Access: who can open the folder is administrator, for which there is no other way in. The others own a database of some
test, and may do nothing else: they need no password, which would cost a third of the time that connecting takes."""


class Cluster:
    """A server on a free port of this machine only."""

    def __init__(self) -> None:
        programs = _programs()
        self._as = _without_privileges()
        self._folder = Path(tempfile.mkdtemp(prefix="passerby-postgres-"))
        self._port = free_port()
        self.names = (f"test_{number}" for number in itertools.count(1))
        self._initialize(programs)
        self._keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER, "keeper", str(programs), str(self._folder)], cwd="/", env=_environment(),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **self._as,
        )  # fmt: skip
        self._server = self._first_connection()

    def _initialize(self, programs: Path) -> None:
        if self._as:
            shutil.chown(self._folder, self._as["user"], self._as["group"])
        data = self._folder / "data"
        done = subprocess.run(
            [str(programs / "initdb"), "-D", str(data), "-U", ADMIN, "-A", "reject", *_ORDER_OF_TEXT, "--no-sync"],
            cwd="/", env=_environment(), capture_output=True, text=True, check=False, **self._as,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self._folder)
            raise AssertionError(f"PostgreSQL's initdb failed:\n{done.stdout}{done.stderr}")
        (data / "pg_hba.conf").write_text(_WHO_MAY_CONNECT)
        with (data / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION.format(port=self._port, folder=self._folder))

    def _first_connection(self) -> psycopg.Connection[Any]:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                return self.connect("postgres")
            except psycopg.OperationalError as error:
                log = self._folder / "log"
                said = log.read_text() if log.exists() else ""
                has_ended = "FATAL" in said and "starting up" not in str(error)
                if has_ended or time.monotonic() > deadline:
                    self._end()
                    raise AssertionError(f"PostgreSQL did not start: {error}\n{said}") from error
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.close()
        self._end()

    def _end(self) -> None:
        """End the server, and wait until it is gone."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(READY_SECONDS)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the server and all that it has started, by their numbers; they go on when the block ends."""
        postmaster = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        pids = [postmaster, *map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]
        try:
            for pid in pids[1:]:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def url(self, role: str, database: str) -> str:
        return f"postgresql+psycopg://{role}@127.0.0.1:{self._port}/{database}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """Connect as the administrator."""
        return psycopg.connect(host=str(self._folder), port=self._port, user=ADMIN, dbname=database, autocommit=True)

    def create(self) -> str:
        """Make a database with nothing in it; return its name, which is that of its owner too, who may do nothing else."""
        name = next(self.names)
        self._server.execute(f"CREATE ROLE {name} LOGIN".encode())
        self._server.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0".encode())
        return name


class _Reusable:
    """Database that many tests use, one after the other; each finds it as `prepare` left it.

    That takes 3 ms. A database made from a template and dropped takes 55 ms, and TRUNCATE of all tables 25 ms; only the
    events are truncated, so that they lie in the order of their arrival again (see App.events).
    """

    def __init__(self, cluster: Cluster, prepare: Prepare) -> None:
        self._cluster = cluster
        self._name = self._owner = cluster.create()
        prepare(cluster.url(self._owner, self._name))
        self._connection = cluster.connect(self._name)
        self._connection.execute("SET lock_timeout = '10s'")
        self._restore = self._remember()

    def _remember(self) -> bytes:
        """Copy what is there, and return the statements that bring it back."""
        restore = []
        self._connection.execute("CREATE SCHEMA kept")
        for table in self._column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            restore.append("TRUNCATE event" if table == "event" else f"DELETE FROM {table}")
            self._connection.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table}".encode())
            if self._column(f"SELECT 1 FROM kept.{table} LIMIT 1"):
                restore.append(f"INSERT INTO {table} SELECT * FROM kept.{table}")
        for sequence in self._column("SELECT sequencename FROM pg_sequences"):
            ((value, is_called),) = self._connection.execute(f"SELECT last_value, is_called FROM {sequence}".encode())
            restore.append(f"SELECT setval('{sequence}', {value}, {is_called})")
        return ";".join(restore).encode()

    def _column(self, query: str) -> list[Any]:
        return [row[0] for row in self._connection.execute(query.encode())]

    def lend(self) -> str:
        """Undo what the last test did, and return an address that it does not know: a thread that it left behind, which
        has lost its connection, cannot come back."""
        before, self._owner = self._owner, next(self._cluster.names)
        self._connection.execute(f"ALTER ROLE {before} RENAME TO {self._owner}".encode())
        self._connection.execute(_END_THE_OTHERS)
        self._connection.execute(self._restore)
        return self._cluster.url(self._owner, self._name)

    def close(self) -> None:
        self._connection.close()


_END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_reusable: dict[Prepare, list[_Reusable]] = defaultdict(list)
"""Databases that no test uses now."""


@cache
def _cluster() -> Cluster:
    atexit.register(stop)
    return Cluster()


def stop() -> None:
    """End the server, if a test has started it."""
    if _cluster.cache_info().currsize:
        for one in itertools.chain(*_reusable.values()):
            one.close()
        _cluster().stop()
        _cluster.cache_clear()
        _reusable.clear()


@contextmanager
def database(prepare: Prepare) -> Iterator[str]:
    """Lend a database as `prepare(url)` makes it, which is called once, and not for each test: a borrower may write
    rows, and leaves the tables as they are."""
    free = _reusable[prepare]
    lent = free.pop() if free else _Reusable(_cluster(), prepare)
    try:
        yield lent.lend()
    finally:
        _reusable[prepare].append(lent)


def empty_database() -> AbstractContextManager[str]:
    """Lend a database with all tables, as the migrations make them, and no rows."""
    return database(_migrate)


def frozen() -> AbstractContextManager[None]:
    """Freeze the server of this process's tests, as a machine does that hangs: connections stay, and nothing is answered."""
    return _cluster().frozen()


def _migrate(url: str) -> None:
    store = Store(url)
    migrate(store)
    store.close()


@contextmanager
def bare_database() -> Iterator[str]:
    """Lend a database without a table. It goes with the server: DROP DATABASE would wait for a checkpoint."""
    name = _cluster().create()
    yield _cluster().url(name, name)


def _programs() -> Path:
    found = subprocess.run(["sh", str(ENSURE), "find"], capture_output=True, text=True, check=False).stdout.strip()
    assert found, MISSING
    return Path(found)


def _without_privileges() -> dict[str, Any]:
    """Arguments to start its programs as root: PostgreSQL refuses to run so."""
    if os.geteuid() != 0:
        return {}
    users = {found.pw_name: found for found in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """Environment without settings made for another PostgreSQL."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
