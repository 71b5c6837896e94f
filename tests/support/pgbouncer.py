"""PgBouncer in transaction mode before a database of the tests' PostgreSQL: every transaction may get another session.

with pgbouncer(url) as pooled:  # an address like `url`, through it
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from tests.support.postgres import _without_privileges
from tests.support.server import free_port

ENSURE = Path(__file__).parents[1] / "ensure_pgbouncer.sh"
READY_SECONDS = 20.0

_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
server_round_robin = 1
server_reset_query =
max_client_conn = 200
"""
"""Defaults: no start-up parameter is let through that it does not know, nothing is put back between transactions.
Sessions take turns, so that none is met again by chance."""


@contextmanager
def pgbouncer(url: str, size: int = 3) -> Iterator[str]:
    """Start one for as long as the block lasts. `size` are its sessions."""
    program = subprocess.run(["sh", str(ENSURE), "find"], capture_output=True, text=True, check=False).stdout.strip()
    assert program, "There is no PgBouncer here, and this test needs one: run `sh tests/ensure_pgbouncer.sh`."
    address = sa.make_url(url)
    port, plain = free_port(), _without_privileges()
    folder = Path(tempfile.mkdtemp(prefix="passerby-pgbouncer-"))
    (folder / "users").write_text(f'"{address.username}" ""\n')
    # `auth_type = any` logs in as one user: the one of the address.
    text = _CONFIGURATION.format(server=address.port, port=port, folder=folder, size=size)
    (folder / "ini").write_text(text.replace("* = host", f"{address.database} = user={address.username} host"))
    if plain:
        for path in (folder, folder / "users", folder / "ini"):
            shutil.chown(path, plain["user"], plain["group"])
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "ini")], stdout=log, stderr=log, cwd="/", **plain)
    try:
        _wait(process, port, folder / "log")
        _open_all(port, str(address.username), str(address.database), size)
        yield address.set(port=port).render_as_string(hide_password=False)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _open_all(port: int, user: str, database: str, size: int) -> None:
    """Have it open all its sessions, by as many transactions at once: it makes no second one before it needs it."""
    with ExitStack() as open_ones:
        for _ in range(size):
            one = open_ones.enter_context(psycopg.connect(host="127.0.0.1", port=port, user=user, dbname=database))
            one.execute("SELECT 1")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            raise AssertionError(f"PgBouncer did not start:\n{log.read_text()}") from error
        return
