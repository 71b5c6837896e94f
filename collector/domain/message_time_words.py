"""When a message appears, in plain words: its trigger and its schedule, as parts of its sentence."""

from __future__ import annotations

from .message_times import Click, Delay, ExitIntent, Hours, OnEvent, Scroll, Trigger, When, moment

_DAYS = {
    "mo": "Mondays",
    "tu": "Tuesdays",
    "we": "Wednesdays",
    "th": "Thursdays",
    "fr": "Fridays",
    "sa": "Saturdays",
    "su": "Sundays",
}
_WEEKDAYS = {"mo", "tu", "we", "th", "fr"}


def trigger_words(trigger: Trigger) -> str:
    """Say what a message waits for; empty where it waits for nothing."""
    match trigger:
        case Delay(seconds=seconds):
            return f"after {_count(seconds, 'second')}"
        case Scroll(percent=percent):
            return "after half the page" if percent == 50 else f"after {percent} % of the page"
        case OnEvent(name=name):
            return f"after the event {printable(name)}"
        case Click(selector=selector):
            return f"after a click on {printable(selector)}"
        case ExitIntent(fallback_seconds=seconds):
            touch = f", on touch screens after {_count(seconds, 'second')}" if seconds else ""
            return f"when the mouse leaves the page{touch}"
    return ""


def schedule_words(when: When) -> str:
    """Say between which moments, on which days and hours; empty without a schedule."""
    parts = [f"{word} {_moment(at)}" for word, at in (("from", when.starts_at), ("until", when.ends_at)) if at is not None]
    if when.hours:
        parts.append(_hours(when.hours))
    return ", ".join(parts)


def _moment(text: str) -> str:
    found = moment(text)
    return found.isoformat(" ", "minutes").replace("+00:00", " UTC") if found else printable(text)


def _hours(hours: Hours) -> str:
    days = ""
    if hours.days is not None:
        days = "on weekdays" if set(hours.days) == _WEEKDAYS else f"on {listed([_DAYS[day] for day in hours.days])}"
    span = "" if (hours.begin, hours.to) == (0, 24) else f"{hours.begin:02}:00 to {hours.to:02}:00"
    clock = f"in {hours.zone}" if hours.zone else "on the visitor's clock"
    return " ".join(part for part in (days, span, clock) if part)


def listed(words: list[str]) -> str:
    """Return words as a sentence lists them: "Mondays, Tuesdays and Fridays"."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Documents hold what an author typed; a sentence is printed on terminals and pages."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
