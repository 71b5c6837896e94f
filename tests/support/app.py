"""Real collector in this process: a real data directory, a clock that stands still, requests without a network.

with App(tmp_path) as app:
    answer = app.batch({"type": "track", "event": "x", "anonymousId": "a"})
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import json
import shutil
import tempfile
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import sqlalchemy as sa

from collector.app import Installation, wire
from collector.config import Settings
from collector.domain.events import SECOND, Flag
from collector.domain.times import iso
from collector.storage import reports, tables
from collector.storage.secrets import FILE_NAME, key_hash, secret_key
from collector.storage.sites import find_site, set_settings
from collector.web.routes import Routes
from tests.support import postgres

NOW = 1_795_320_000_000_000
"""2026-11-22T04:00:00Z, when the tests' clock starts."""
WRITE_KEY = "wk_golden"
UUID = "00000000-0000-4000-8000-00000000601d"
PREFIX = "goldenpre"
MASTER = "golden-master-secret-of-thirty-two-bytes"
PATIENCE_SECONDS = 60.0
"""Seconds that a request waits for its commit: a machine may be busy with other tests."""


class Clock:
    """Clock that moves only when it is told to."""

    def __init__(self, start: int = NOW) -> None:
        self.now = start

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """(index, reason) of what was quarantined."""
        return [(bad["index"], bad["reason"]) for bad in self.json["quarantined"]]


@cache
def _template() -> Path:
    """Data directory as the first start makes it; copied, because making one takes time."""
    folder = Path(tempfile.mkdtemp(prefix="passerby-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _start_first(folder)
    return folder


def app_database() -> AbstractContextManager[str]:
    """A PostgreSQL database as the first start makes it, for an App's `database_url`."""
    return postgres.database(_prepare)


def _prepare(database_url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="passerby-tests-") as folder:
        _start_first(Path(folder), database_url)


def _start_first(folder: Path, database_url: str | None = None) -> None:
    """Make what the first start makes, with fixed keys."""
    (folder / FILE_NAME).write_text(MASTER)
    (folder / FILE_NAME).chmod(0o600)
    installation = Installation(Settings(data=folder, database_url=database_url))
    keys = {
        "uuid": UUID, "write_key": WRITE_KEY, "publishable_key": "pk_golden", "prefix": PREFIX, "script": "script",
        "secret_hash": key_hash(secret_key(MASTER.encode(), UUID)),
    }  # fmt: skip
    with installation.store.write() as connection:
        connection.execute(sa.update(tables.site).values(keys))
    installation.store.close()


_ARRIVAL = {
    "sqlite": [sa.text("event.rowid")],
    # The transaction, the statement in it, and the place in the table: PostgreSQL fills an empty one from its start.
    "postgresql": [sa.text(f"event.{column}") for column in ("xmin::text::bigint", "cmin::text::bigint", "ctid")],
}
"""Order of arrival, of what was received at the same time."""


_routes: list[Routes] = []
"""Routes that no App has any longer, for the next one: building them takes longer than most tests."""


class App:
    """ASGI application of a collector, with a site whose keys never change. `settings` go to Settings, `site` to the site.

    Its store is SQLite; or PostgreSQL, with a `database_url` from `app_database()`. Nothing is done in it because time goes
    by: not the housekeeping, which looks every five seconds, and not the answer 503, unless a test sets `wait_seconds`.
    """

    def __init__(
        self, folder: Path, site: dict[str, Any] | None = None, database_url: str | None = None, **settings: Any
    ) -> None:
        self.clock = Clock()
        self.folder = folder
        self.secret_key = secret_key(MASTER.encode(), UUID)
        if not folder.exists():
            ignored = shutil.ignore_patterns("passerby.db*") if database_url else None
            shutil.copytree(_template(), folder, ignore=ignored)
        settings = {"wait_seconds": PATIENCE_SECONDS, **settings}
        self.installation = Installation(Settings(data=folder, database_url=database_url, **settings), clock=self.clock)
        if site:
            set_settings(self.installation.store, find_site(self.installation.store, None).name, self.clock.now, **site)
            self.installation.sites.refresh()
        self.site = find_site(self.installation.store, None)
        self.asgi = wire(_routes.pop() if _routes else Routes(), self.installation)
        self._runner = asyncio.Runner()

    # -- requests ------------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        return self._runner.run(self.requested(method, path, [body], headers))

    async def requested(self, method: str, path: str, parts: list[bytes], headers: dict[str, str] | None = None) -> Answer:
        """Request to the ASGI application; its body comes in `parts`."""
        plain, _, query = path.partition("?")
        said = {"host": "collector.test", **{name.lower(): value for name, value in (headers or {}).items()}}
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": plain, "raw_path": plain.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in said.items()],
            "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000), "state": {}, "extensions": {},
        }  # fmt: skip
        waiting = list(parts)
        sent: list[Any] = []

        answered = asyncio.Event()

        async def receive() -> Any:
            if not waiting:  # the client stays until it has the whole answer
                await answered.wait()
                return {"type": "http.disconnect"}
            part = waiting.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(waiting)}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self.asgi(scope, receive, send)  # type: ignore[arg-type]
        start = sent[0]
        found = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
        return Answer(start["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))

    def post(self, path: str, body: bytes | str | dict[str, Any] | list[Any], **headers: str) -> Answer:
        """POST without a key; `content_type="x"` becomes the header content-type."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, _bytes(body), said)

    def batch(self, *events: Any, **envelope: Any) -> Answer:
        """POST a batch with the write key in its body; an event given as bytes goes in as it is."""
        items = b",".join(_bytes(event) for event in events)
        rest = _bytes({"writeKey": WRITE_KEY, **envelope})
        return self.request("POST", "/v1/batch", b'{"batch":[' + items + b"]," + rest[1:])

    def get(self, path: str) -> Any:
        answer = self.request("GET", path, headers={"authorization": f"Bearer {self.secret_key}"})
        assert answer.status == 200, answer
        return answer.json

    def bento(self, body: Any, path: str = "/v1/batch/events", **headers: str) -> Answer:
        pair = base64.b64encode(f"pk_golden:{self.secret_key}".encode()).decode()
        return self.request("POST", path, _bytes(body), {"authorization": f"Basic {pair}", **headers})

    # -- what is in the store ------------------------------------------------------------------------------------

    def rows(self, table: sa.Table, *order: str) -> list[Any]:
        with self.installation.store.read() as connection:
            return list(connection.execute(sa.select(table).order_by(*(table.c[name] for name in order))))

    def events(self) -> list[dict[str, Any]]:
        """Stored events, in the order of their arrival, with where they went and whose they are."""
        event, stream = tables.event, tables.stream
        query = sa.select(event, stream.c.kind, stream.c.epoch, stream.c.person_id).join(
            stream, sa.and_(stream.c.site_id == event.c.site_id, stream.c.device_id == event.c.device_id,
                            stream.c.stream_id == event.c.stream_id)
        )  # fmt: skip
        with self.installation.store.read() as connection:
            rows = connection.execute(query.order_by(event.c.received_at, *_ARRIVAL[connection.dialect.name])).all()
            names = self._names(connection)
        return [_described(row, names) for row in rows]

    def event(self, message_id: str) -> dict[str, Any]:
        return next(row for row in self.events() if row["message_id"] == message_id)

    def _names(self, connection: sa.Connection) -> dict[int, str]:
        """People by their identifiers: `user:ada email:ada@example.com`."""
        people = {row.person_id: row.canonical_id for row in connection.execute(sa.select(tables.person))}
        names: dict[int, list[str]] = {}
        for row in connection.execute(sa.select(tables.identifier).order_by(tables.identifier.c.kind.desc())):
            names.setdefault(people[row.person_id], []).append(f"{row.kind}:{row.value}")
        return {person: " ".join(names.get(canonical, ["?"])) for person, canonical in people.items()}

    def people(self) -> dict[str, Any]:
        """People by their names, with plain field values."""
        with self.installation.store.read() as connection:
            names = self._names(connection)
        return {names[row.person_id]: row for row in self.rows(tables.person) if row.person_id == row.canonical_id}

    def fields(self, name: str) -> dict[str, Any]:
        """Fields of a person as it is shown, put together from all that it is."""
        person_id = self.people()[name].person_id
        with self.installation.store.read() as connection:
            shown = reports.get_person(connection, self.site.site_id, person_id)
        assert shown is not None
        return {key: field.value for key, field in shown.fields.items()}

    def quarantine(self) -> list[Any]:
        return self.rows(tables.quarantine, "quarantine_id")

    def log(self) -> list[Any]:
        return self.rows(tables.identity_log, "log_id")

    def counts(self) -> dict[str, int]:
        names = ("received", "stored", "duplicate", "quarantined", "refused")
        rows = self.rows(tables.hour_count)
        return {name: sum(getattr(row, name) for row in rows) for name in names}

    def assert_conserved(self) -> dict[str, int]:
        """Fail unless the promise's equation holds in every hour and the tables agree; return the totals."""
        for row in self.rows(tables.hour_count):
            assert row.received == row.stored + row.duplicate + row.quarantined + row.refused, row
        counts = self.counts()
        events = self.rows(tables.event)
        assert counts["stored"] == len(events)
        assert counts["quarantined"] == len(self.quarantine())
        assert counts["quarantined"] == sum(row.count for row in self.rows(tables.reason_count))
        for row in events:  # reading them decoded properties and context: they are whole
            assert isinstance(row.properties, dict)
            assert isinstance(row.context, dict)
        return counts

    def close(self) -> None:
        self._runner.close()
        self.installation.stop()
        if self.asgi not in _routes:
            _routes.append(self.asgi)

    def __enter__(self) -> App:
        self.installation.sites.start()
        self.installation.journal.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value, separators=(",", ":")).encode()


def _described(row: Any, names: dict[int, str]) -> dict[str, Any]:
    where = "asserted" if row.kind == 1 else "contested" if row.epoch == -1 else "anonymous"
    flags = [flag.name.lower() for flag in Flag if row.flags & flag]
    kept = {name: getattr(row, name) for name in tables.event.c.keys()}  # noqa: SIM118 - a column collection
    kept.update(
        time=iso(row.ts), stream=where, flags=flags, person=None if row.person_id is None else names[row.person_id],
    )  # fmt: skip
    return kept
