"""Data that `passerby bench identity` measures on: millions of events, written with the statements of the write path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.events import DAY, HOUR, MINUTE, Proof
from ..domain.keys import device_key, new_id
from ..domain.sites import Site
from ..domain.streams import Kind
from ..storage import tables
from ..storage.engine import Store
from ..storage.write.bulk import insert_rows

COPIES = 5
"""Streams of each size that are claimed, so that the usual case and the worst can be told apart."""
SMALL = 100
STREAMS = 500
"""Of the person with many streams: as many as one may hold."""
VISIT = 15
"""Events of one stream of a typical person, who has four: known and unknown, on two devices."""
WAVES = 200
"""Slices of time in which the events are written, so that those of one stream lie apart, as they do in real life."""
HISTORY = 60 * DAY

_PAGE = '"url":"https://www.example.com/products/teapot","path":"/products/teapot","title":"A teapot","referrer":""'
_PROPERTIES = '{"product":"teapot","price":42.5,"currency":"EUR","position":3}'
_CONTEXT = f'{{"page":{{{_PAGE}}},"locale":"en-GB","library":{{"name":"passerby.js","version":"0.1.0"}}}}'
_FINGERPRINT = b"bench, identity!"


class Visitor(msgspec.Struct, frozen=True):
    """One stream and how many events it holds; `person_id` is None while nobody has claimed it."""

    device_id: int
    stream_id: int
    anonymous_id: str
    events: int
    kind: Kind = Kind.ANONYMOUS
    person_id: int | None = None
    user_id: str | None = None


class Built(msgspec.Struct, frozen=True):
    """Data built: streams to be claimed, and people whose timelines are read; `most` are the events of the heavy one."""

    site: Site
    events: int
    small: list[Visitor]
    large: list[Visitor]
    heavy: int
    scattered: int
    typical: list[int]
    most: int

    @property
    def sizes(self) -> tuple[int, int]:
        return self.small[0].events, self.large[0].events


def build(store: Store, site: Site, total: int, until: int, advance: Callable[[int], None]) -> Built:
    """Write `total` events that end at `until` (microseconds); `advance` is told of each lot written."""
    small = [_stranger(site, f"small-{n}", SMALL) for n in range(COPIES)]
    large = [_stranger(site, f"large-{n}", total // 10) for n in range(COPIES)]
    heavy, scattered = new_id(), new_id()
    everywhere = [*small, *large, _claimed(site, "heavy", heavy, total * 11 // 100)]
    everywhere += [_claimed(site, f"scattered-{n}", scattered, max(total // 100_000, 1)) for n in range(STREAMS)]
    left = total - sum(visitor.events for visitor in everywhere)
    typical = {new_id(): f"typical-{n}" for n in range(left // (4 * VISIT))}
    once = [visitor for person_id, user in typical.items() for visitor in _visits(site, person_id, user)]
    with store.write() as connection:
        _write_people(connection, site, {**typical, heavy: "heavy", scattered: "scattered"}, until)
        _write_streams(connection, site, [*everywhere, *once], until)
    written = 0
    for wave in range(WAVES):
        rows = sorted(_rows(site, wave, everywhere, once[wave::WAVES], until), key=lambda row: (row[4], row[2]))
        with store.write() as connection:
            insert_rows(connection, tables.event, rows)
        written += len(rows)
        advance(len(rows))
    return Built(site, written, small, large, heavy, scattered, list(typical), total * 11 // 100)


def _stranger(site: Site, anonymous_id: str, events: int) -> Visitor:
    return Visitor(device_key(site.site_id, anonymous_id), new_id(), anonymous_id, events)


def _claimed(site: Site, anonymous_id: str, person_id: int, events: int) -> Visitor:
    return Visitor(device_key(site.site_id, anonymous_id), new_id(), anonymous_id, events, person_id=person_id)


def _visits(site: Site, person_id: int, user: str) -> Iterator[Visitor]:
    for device in ("laptop", "phone"):
        anonymous_id = f"{user}-{device}"
        key = device_key(site.site_id, anonymous_id)
        yield Visitor(key, new_id(), anonymous_id, VISIT, person_id=person_id)
        yield Visitor(key, new_id(), anonymous_id, VISIT, Kind.ASSERTED, person_id, user)


def _rows(site: Site, wave: int, everywhere: list[Visitor], once: list[Visitor], until: int) -> Iterator[tuple[Any, ...]]:
    """The events of one slice of time, in the order of the table's columns."""
    begin, length = until - HISTORY + HISTORY * wave // WAVES, HISTORY // WAVES
    for visitor in everywhere:
        first, last = visitor.events * wave // WAVES, visitor.events * (wave + 1) // WAVES
        yield from _events(site, visitor, begin, length, first, last)
    for visitor in once:
        offset = visitor.stream_id * 2_654_435_761 % (length - HOUR)
        yield from _events(site, visitor, begin + offset, VISIT * MINUTE, 0, visitor.events)


def _events(site: Site, visitor: Visitor, begin: int, length: int, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    for number in range(first, last):
        time = begin + length * (number - first) // (last - first)
        yield (
            site.site_id, visitor.device_id, f"{time // 1000:012x}-{visitor.stream_id & 0xFFFFFF:06x}-{number:012x}",
            visitor.stream_id, time, time + 50_000, None, "track", "Product Viewed",
            "https://www.example.com/products/teapot", visitor.anonymous_id, visitor.user_id, _PROPERTIES, _CONTEXT, 0,
            _FINGERPRINT, 0, time + 50_000,
        )  # fmt: skip


def _write_people(connection: sa.Connection, site: Site, people: dict[int, str], now: int) -> None:
    common: dict[str, Any] = {
        "site_id": site.site_id,
        "created_at": now - HISTORY,
        "first_seen_at": now - HISTORY,
        "last_seen_at": now,
        "first_identified_at": now - HISTORY,
        "fields": "{}",
        "typed": "{}",
        "addresses": "{}",
        "tags": "{}",
        "left_out": "{}",
    }
    _insert(connection, tables.person, ({**common, "person_id": found, "canonical_id": found} for found in people))
    named = {"site_id": site.site_id, "kind": "user", "strength": int(Proof.ASSERTED), "created_at": now}
    _insert(
        connection,
        tables.identifier,
        ({**named, "value": user, "display": user, "person_id": person_id} for person_id, user in people.items()),
    )


def _write_streams(connection: sa.Connection, site: Site, visitors: list[Visitor], now: int) -> None:
    devices = {visitor.device_id: visitor.anonymous_id for visitor in visitors}
    common = {
        "site_id": site.site_id,
        "virtual": False,
        "created_at": now - HISTORY,
        "boundaries": "[]",
        "joined": "[]",
        "named": "{}",
    }
    _insert(connection, tables.device, ({**common, "device_id": key, "owner": owner} for key, owner in devices.items()))
    _insert(connection, tables.stream, (_stream(site, visitor, now) for visitor in visitors))


def _stream(site: Site, visitor: Visitor, now: int) -> dict[str, Any]:
    is_asserted = visitor.kind == Kind.ASSERTED
    claimed: dict[str, Any] = {}
    if visitor.person_id is not None and not is_asserted:
        claimed = {"strength": int(Proof.ASSERTED), "claimed_at": now, "attributed_from": now - 90 * DAY}
    return {
        "site_id": site.site_id,
        "device_id": visitor.device_id,
        "stream_id": visitor.stream_id,
        "kind": int(visitor.kind),
        "epoch": 0,
        "user_person": visitor.person_id if is_asserted else 0,
        "claimable": not is_asserted,
        "person_id": visitor.person_id,
        "strength": 0,
        "fields": "{}",
        "left_out": "{}",
        **claimed,
    }


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Columns that a row does not name are null."""
    columns = [column.name for column in table.columns]
    insert_rows(connection, table, [tuple(row.get(name) for name in columns) for row in rows])
