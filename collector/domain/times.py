"""Reading and writing points in time. Inside, a time is whole microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECONDS_FROM = 100_000_000_000
"""A number above this is milliseconds, below it seconds: 1973 in the one, 5138 in the other."""
_EARLIEST = -62_135_596_800_000_000
_LATEST = 253_402_300_799_000_000
"""The years 1 and 9999, past which no calendar of ours can write a time."""


def parse_time(value: str | int | float | None) -> int | None:
    """Return the time of an ISO 8601 text (UTC when it names no zone) or of a Unix number, or None if it is neither."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            time = (aware - _EPOCH) // _MICROSECOND
        else:
            seconds = value / 1000 if abs(value) > _MILLISECONDS_FROM else value
            time = round(seconds * 1_000_000)
    except (ValueError, OverflowError):
        return None
    return time if _EARLIEST <= time <= _LATEST else None


def iso(time: int) -> str:
    """Return a time as ISO 8601 UTC with milliseconds, the form of Segment's own clients."""
    moment = _EPOCH + timedelta(microseconds=time)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
