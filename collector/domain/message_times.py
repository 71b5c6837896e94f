"""When a message may appear: between two moments, on days and at hours, and what it waits for on the page.

The browser asks the same (snippet/src/messages/schedule.ts and triggers.ts); tests/unit/golden/schedule_vectors.json holds both
to one meaning.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from ..errors import BadParameter
from .events import SECOND
from .misfits import Misfit, shown

Day = Literal["mo", "tu", "we", "th", "fr", "sa", "su"]
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)\Z")
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
DAYS: tuple[Day, ...] = ("mo", "tu", "we", "th", "fr", "sa", "su")
Moment = Annotated[str, msgspec.Meta(max_length=40, description="a time with its offset, as 2026-12-24T09:00:00+01:00")]


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Hours of the day, `from` one and up to another; from 22 to 6 passes midnight. `days` are those on which they begin.
    On the clock of a time zone, or without one on the visitor's."""

    begin: Annotated[int, msgspec.Meta(ge=0, le=23)] = msgspec.field(name="from", default=0)
    to: Annotated[int, msgspec.Meta(ge=1, le=24)] = 24
    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1, max_length=7)] | None = None
    zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Trigger(msgspec.Struct, tag_field="type", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Trigger: it has to happen on the page before the message appears; every other gate is asked again then."""


class PageReady(Trigger, tag="page_ready", frozen=True):
    """Nothing: once the page has been read."""


class Delay(Trigger, tag="delay", frozen=True):
    seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)]


class Scroll(Trigger, tag="scroll", frozen=True):
    """How far down the page; a page without anything below is at its end."""

    percent: Annotated[int, msgspec.Meta(ge=1, le=100)]


class OnEvent(Trigger, tag="event", frozen=True):
    """An event that the page tracks, by its name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class Click(Trigger, tag="click", frozen=True):
    """A click on an element that a CSS selector finds, or inside of one."""

    selector: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ExitIntent(Trigger, tag="exit_intent", frozen=True):
    """The mouse leaves the page over its upper edge. A finger does not: there, after so many seconds, or never."""

    fallback_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] | None = None


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    trigger: PageReady | Delay | Scroll | OnEvent | Click | ExitIntent = PageReady()
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    hours: Hours | None = None


def problems(when: When) -> list[Misfit]:
    """Return what no type can say: a time that is none, an end before its start, hours that are none, an unknown time zone."""
    moments = {name: value for name in ("starts_at", "ends_at") if (value := getattr(when, name)) is not None}
    found = [
        Misfit(f"$.when.{name}", f"`{name}` is {shown(value)}; it must be a time with its offset, as 2026-12-24T09:00:00+01:00")
        for name, value in moments.items()
        if moment(value) is None
    ]
    if not found and len(moments) == 2 and _bound(when.ends_at) <= _bound(when.starts_at):
        found.append(Misfit("$.when.ends_at", "`ends_at` is not after `starts_at`"))
    return [*found, *_hour_problems(when.hours)]


def _hour_problems(hours: Hours | None) -> list[Misfit]:
    found = []
    if hours and hours.begin == hours.to:
        found.append(Misfit("$.when.hours.to", "`to` is the same hour as `from`; leave both out for the whole day"))
    if hours and hours.days is not None and len(set(hours.days)) < len(hours.days):
        found.append(Misfit("$.when.hours.days", "`days` names a day twice"))
    if hours and hours.zone is not None and hours.zone not in _zones():
        found.append(Misfit("$.when.hours.zone", f"`zone` is {shown(hours.zone)}; it must be a time zone, as 'Europe/Berlin'"))
    return found


def moment(text: str) -> datetime | None:
    """Return the moment that a text names, in a form of RFC 3339 that every browser reads; None where it names none, or one
    without its offset, or in no year in which a message may be shown."""
    if not _RFC_3339.match(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        year = found.astimezone(UTC).year
    except (ValueError, OverflowError):
        return None
    return found if _FIRST_YEAR <= year <= _LAST_YEAR else None


def micros_of(text: str) -> int:
    """Return a moment in microseconds since 1970. Raises BadParameter for a text that names none."""
    found = moment(text)
    if found is None:
        raise BadParameter(f"`at` is {text[:60]!r}; it must be a time with its offset, as 2026-12-24T09:00:00+01:00.")
    return round(found.timestamp() * SECOND)


def _bound(text: str | None) -> datetime:
    found = moment(text or "")
    assert found is not None, "problems() refuses others"
    return found


def public_when(when: When) -> When:
    """Return what browsers get: moments in UTC, in the one form of ECMAScript."""
    moments = {name: value for name in ("starts_at", "ends_at") if (value := getattr(when, name)) is not None}
    return msgspec.structs.replace(when, **{name: _in_utc(_bound(value)) for name, value in moments.items()})


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _zones() -> frozenset[str]:
    """Time zones that browsers know, too; the others are the tzdata package's own."""
    return frozenset(available_timezones() - {"Factory", "localtime", "posixrules"})


def overlap(one: When, other: When) -> bool:
    """Say whether two schedules have a moment between their starts and ends in common; hours are not looked at."""
    starts = [_bound(when.starts_at) for when in (one, other) if when.starts_at is not None]
    ends = [_bound(when.ends_at) for when in (one, other) if when.ends_at is not None]
    return not starts or not ends or max(starts) < min(ends)


def needs_visitors_clock(when: When) -> bool:
    return when.hours is not None and when.hours.zone is None


def schedule_reason(when: When, at: int, visitors_zone: str | None = None) -> str | None:
    """Return why a message may not appear at a moment (microseconds since 1970): `before_start`, `after_end`, `outside_hours`.

    None when nothing is against it. Hours on the visitor's clock are not asked where its time zone is not known.
    """
    now = datetime.fromtimestamp(at / SECOND, UTC)
    if when.starts_at is not None and now < _bound(when.starts_at):
        return "before_start"
    if when.ends_at is not None and now >= _bound(when.ends_at):
        return "after_end"
    zone = visitors_zone if when.hours is None or when.hours.zone is None else when.hours.zone
    if when.hours is None or zone is None:
        return None
    return None if _is_within(when.hours, now.astimezone(ZoneInfo(zone))) else "outside_hours"


def _is_within(hours: Hours, clock: datetime) -> bool:
    begin, to, hour = hours.begin, hours.to, clock.hour
    is_past_midnight = begin >= to and hour < to
    is_in = begin <= hour < to if begin < to else hour >= begin or hour < to
    day = (clock - timedelta(days=1)) if is_past_midnight else clock
    return is_in and (hours.days is None or DAYS[day.weekday()] in hours.days)
