"""Rows into values, for the write path and for the reports."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.people import FieldValue, Person, Said, TagState
from ..domain.streams import Boundary, Identifier, Kind, Named, Stream

STREAM_COLUMNS = (
    "stream.stream_id, kind, epoch, user_person, claimable, person_id, strength, claimed_at, attributed_from, fields, "
    "stream.device_id, left_out"
)


def to_boundaries(stored: Any) -> tuple[Boundary, ...]:
    return () if stored == "[]" else msgspec.convert(decoded(stored), tuple[Boundary, ...])


def to_named(stored: Any) -> dict[int, Named]:
    return {} if not stored or stored == "{}" else msgspec.convert(decoded(stored), dict[int, Named], strict=False)


def decoded(stored: Any) -> Any:
    """JSON as the driver gives it: text on SQLite, decoded already on PostgreSQL."""
    return msgspec.json.decode(stored) if isinstance(stored, str) else stored


def to_stream(row: Any) -> Stream:
    """Turn the columns of STREAM_COLUMNS into a value."""
    return Stream(
        row[0],
        row[10],
        Kind(row[1]),
        row[2],
        row[3],
        bool(row[4]),
        row[5],
        row[6],
        row[7],
        row[8],
        _fields(row[9]),
        _counts(row[11]),
    )


def to_stream_of_row(row: Any) -> Stream:
    """Turn a whole row of the table into a value."""
    return Stream(
        row.stream_id,
        row.device_id,
        Kind(row.kind),
        row.epoch,
        row.user_person,
        bool(row.claimable),
        row.person_id,
        row.strength,
        row.claimed_at,
        row.attributed_from,
        _fields(row.fields),
        _counts(row.left_out),
    )


def _fields(stored: Any) -> dict[str, FieldValue]:
    return {} if not stored or stored == "{}" else msgspec.convert(decoded(stored), dict[str, FieldValue])


def _counts(stored: Any) -> dict[str, int]:
    return {} if not stored or stored == "{}" else msgspec.convert(decoded(stored), dict[str, int])


def to_identifier(row: Any) -> Identifier:
    return Identifier(row.kind, row.value, row.display, row.person_id, row.strength)


def to_person(row: Any) -> Person:
    return Person(
        row.person_id,
        row.canonical_id,
        row.created_at,
        row.first_seen_at,
        row.first_identified_at,
        row.last_seen_at,
        _fields(row.fields),
        _fields(row.typed),
        msgspec.convert(row.addresses, dict[str, Said]),
        msgspec.convert(row.tags, dict[str, TagState]),
        row.unsubscribed_at,
        row.subscription_at,
        row.joined_at,
        _counts(row.left_out),
    )
