"""World of rows for reading tests: written straight into the tables, readable as a story.

world = World(tmp_path)
phone = world.device("anon-1")
ada = world.person("ada@example.com")
world.event(phone.anonymous(person=ada), "page", at=day(1))
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from collector.domain.events import DAY
from collector.domain.keys import device_key, user_owner
from collector.storage import tables
from collector.storage.engine import Store, sqlite_url

START = 1_790_000_000_000_000
"""Start of the story (September 2026)."""


def day(number: float) -> int:
    return START + int(number * DAY)


class Stream:
    def __init__(self, device: Device, stream_id: int, kind: int) -> None:
        self.device, self.stream_id, self.kind = device, stream_id, kind


class Device:
    def __init__(self, world: World, owner: str, device_id: int) -> None:
        self.world, self.owner, self.device_id = world, owner, device_id

    def anonymous(
        self, person: int | None = None, since: int | None = None, claimed_at: int | None = None, epoch: int = 0
    ) -> Stream:
        return self._stream(0, epoch, 0, person, since, claimed_at)

    def asserted(self, person: int) -> Stream:
        return self._stream(1, 0, person, person, None, None)

    def _stream(
        self, kind: int, epoch: int, user: int, person: int | None, since: int | None, claimed_at: int | None
    ) -> Stream:
        stream_id = next(self.world.numbers)
        self.world.insert(
            tables.stream, site_id=self.world.site_id, device_id=self.device_id, stream_id=stream_id, kind=kind,
            epoch=epoch, user_person=user, claimable=kind == 0, person_id=person, strength=30 if person else 0,
            claimed_at=claimed_at, attributed_from=since, fields={},
        )  # fmt: skip
        return Stream(self, stream_id, kind)


class World:
    """World: SQLite in `folder` or PostgreSQL, with a `database_url` from `postgres.empty_database()`."""

    def __init__(self, folder: Path, database_url: str | None = None, site_id: int = 1) -> None:
        self.store = Store(database_url or sqlite_url(folder))
        self.site_id = site_id
        self.numbers = itertools.count(1000)
        if self.store.is_sqlite:
            with self.store.write() as connection:
                tables.metadata.create_all(connection)

    def insert(self, table: sa.Table, **row: Any) -> None:
        with self.store.write() as connection:
            connection.execute(table.insert().values(row))

    def device(self, owner: str, virtual: bool = False) -> Device:
        owner = user_owner("user", owner) if virtual else owner
        device_id = device_key(self.site_id, owner)
        self.insert(
            tables.device, site_id=self.site_id, device_id=device_id, owner=owner, virtual=virtual,
            contested_from=None, created_at=START,
        )  # fmt: skip
        return Device(self, owner, device_id)

    def person(
        self, email: str | None = None, user_id: str | None = None, fields: dict[str, Any] | None = None,
        seen: int | None = START, into: int | None = None, tags: dict[str, Any] | None = None,
    ) -> int:  # fmt: skip
        person_id = next(self.numbers)
        self.insert(
            tables.person, person_id=person_id, site_id=self.site_id, canonical_id=into or person_id, created_at=START,
            first_seen_at=seen, first_identified_at=seen, last_seen_at=seen, fields=fields or {}, tags=tags or {},
            unsubscribed_at=None,
        )  # fmt: skip
        for kind, display in (("email", email), ("user", user_id)):
            if display is not None:
                value = display.lower() if kind == "email" else display
                self.insert(
                    tables.identifier, site_id=self.site_id, kind=kind, value=value, display=display,
                    person_id=person_id, strength=30, created_at=START,
                )  # fmt: skip
        return person_id

    def event(
        self, stream: Stream, type: str = "page", name: str | None = None, at: int = START, received: int | None = None,
        user_id: str | None = None, url: str | None = None, properties: dict[str, Any] | None = None,
        context: dict[str, Any] | None = None, message_id: str | None = None, flags: int = 0,
    ) -> str:  # fmt: skip
        message_id = message_id or f"m-{next(self.numbers)}"
        virtual = stream.device.owner.startswith("\x1f")
        self.insert(
            tables.event, site_id=self.site_id, device_id=stream.device.device_id, message_id=message_id,
            stream_id=stream.stream_id, ts=at, received_at=at if received is None else received, original_ts=None,
            type=type, name=name, url=url, anonymous_id=None if virtual else stream.device.owner, user_id=user_id,
            properties=properties or {}, context=context or {}, flags=flags, fingerprint=b"",
            seq=at if received is None else received,
        )  # fmt: skip
        return message_id

    def log(
        self, op: str, stream: Stream, person: int | None = None, other: int | None = None, at: int = START,
        detail: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        number = next(self.numbers)
        self.insert(
            tables.identity_log, site_id=self.site_id, log_id=number, at=at, op=op, device_id=stream.device.device_id,
            stream_id=stream.stream_id, person_id=person, other_id=other, anonymous_id=stream.device.owner,
            cause=f"cause-{number}", detail=detail or {}, seq=at,
        )  # fmt: skip

    def quarantined(self, reason: str, body: bytes, at: int = START, detail: str = "why", source: str = "batch") -> None:
        self.insert(
            tables.quarantine, site_id=self.site_id, quarantine_id=next(self.numbers), received_at=at, reason=reason,
            detail=detail, source=source, message_id=None, body=body,
        )  # fmt: skip

    def hour(self, hour: int, received: int, stored: int, duplicate: int, quarantined: int, refused: int) -> None:
        self.insert(
            tables.hour_count, site_id=self.site_id, hour=hour, received=received, stored=stored, duplicate=duplicate,
            quarantined=quarantined, refused=refused,
        )  # fmt: skip

    def reason(self, hour: int, reason: str, count: int) -> None:
        self.insert(tables.reason_count, site_id=self.site_id, hour=hour, reason=reason, count=count)
