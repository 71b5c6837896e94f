"""One person's export as lines of JSON, for the API and the command line.

NDJSON, as `passerby export` writes it: it is made and read a line at a time, however long the history is. The last line
says how many there were, so that a download that was cut off is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..domain.times import iso
from ..storage.reports import EventRow, Field, MergeRow, PersonRow
from ..storage.reports.person_export import Head, IdentifierRecord, LogRecord, Record
from .people import device_answer, event_answer, maybe_iso, merge_answer, person_answer, strength_name

NDJSON = "application/x-ndjson"
_CHUNK = 64 * 1024
"""Bytes handed on at once: a step through the server for each line would take longer than making it."""

_encode = msgspec.json.Encoder().encode


def lines(records: Iterator[Record]) -> Iterator[bytes]:
    """Yield the export in chunks of whole lines."""
    waiting = bytearray()
    count = 0
    for record in records:
        for found in _objects(record):
            waiting += _encode(found) + b"\n"
            count += 1
        if len(waiting) >= _CHUNK:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + _encode({"kind": "end", "lines": count}) + b"\n"


def _objects(record: Record) -> Iterator[dict[str, Any]]:
    if isinstance(record, EventRow):
        yield {"kind": "event", **msgspec.structs.asdict(event_answer(record))}
    elif isinstance(record, LogRecord):
        yield _log(record)
    else:
        yield from _head(record)


def _head(head: Head) -> Iterator[dict[str, Any]]:
    yield _person(head.person)
    yield from (_identifier(one) for one in head.identifiers)
    yield from (_field(name, value) for name, value in head.person.fields.items())
    yield from ({"kind": "account", "account_id": account} for account in head.person.accounts)
    yield from ({"kind": "device", **msgspec.structs.asdict(device_answer(one))} for one in head.devices)
    yield from (_merge(one, is_own) for one, is_own in head.merges)


def _person(row: PersonRow) -> dict[str, Any]:
    told = msgspec.structs.asdict(person_answer(row))
    names = ("person_id", "label", "tags", "unsubscribed_at", "first_seen", "first_identified", "last_seen")
    return {"kind": "person", **{name: told[name] for name in names}}


def _identifier(one: IdentifierRecord) -> dict[str, Any]:
    return {
        "kind": "identifier",
        "type": one.type,
        "value": one.value,
        "strength": strength_name(one.strength),
        "created_at": iso(one.created_at),
    }


def _field(name: str, field: Field) -> dict[str, Any]:
    return {
        "kind": "field",
        "name": name,
        "value": field.value,
        "at": maybe_iso(field.at),
        "by": field.by,
        "message_id": field.event,
    }


def _merge(row: MergeRow, is_own: bool) -> dict[str, Any]:
    return {"kind": "merge", **msgspec.structs.asdict(merge_answer(row, row.source if is_own else None))}


def _log(record: LogRecord) -> dict[str, Any]:
    return {
        "kind": "log",
        "entry": record.op,
        "at": iso(record.at),
        "role": record.role,
        "anonymous_id": record.anonymous_id,
        "detail": {name: _readable(name, value) for name, value in record.detail.items()},
    }


def _readable(name: str, value: Any) -> Any:
    """As the other lines write a time and a proof."""
    if name == "since" and isinstance(value, int):
        return iso(value)
    return strength_name(value) if name == "strength" else value
