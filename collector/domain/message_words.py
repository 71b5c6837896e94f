"""A message in one plain sentence: to whom, on which pages, how often."""

from __future__ import annotations

from .message_time_words import printable, schedule_words, trigger_words
from .messages import Cap, Message, Often
from .misfits import either
from .rules import Rule

MOST_NAMED = 5
"""Page rules that a sentence names; the others it counts."""
_WHO = {"anonymous": "Anonymous visitors", "identified": "Identified visitors", "anyone": "All visitors"}
_TIMES = {1: "once", 2: "twice at most", 3: "three times at most", 4: "four times at most", 5: "five times at most"}
_PER = {"PT1H": "an hour", "P1D": "a day", "P7D": "a week", "P30D": "in thirty days"}
_UNTIL = {"dismiss": "close it", "act": "act"}
_FORMS = {"contains": "that contain", "starts": "that begin with", "ends": "that end with", "matches": "like"}
_PARTS = {"path": "paths", "hash": "parts after #", "host": "hosts"}


def sentence(message: Message) -> str:
    """Say who sees the message, where and how often: "Anonymous visitors on /blog/* except /blog/unsubscribe, once."."""
    said = [f"{_WHO[message.who.identity]} on {_pages(message.where.pages)}", trigger_words(message.when.trigger)]
    always = ", ".join(part for part in [*said, _often(message.often)] if part)
    schedule = schedule_words(message.when)
    return f"{always}; {schedule}." if schedule else f"{always}."


def _pages(rules: list[Rule]) -> str:
    included = [rule for rule in rules if not rule.exclude]
    excluded = [rule for rule in rules if rule.exclude]
    pages = _named(included) if included else "every page"
    return f"{pages} except {_named(excluded)}" if excluded else pages


def _named(rules: list[Rule]) -> str:
    names = [_rule(rule) for rule in rules[:MOST_NAMED]]
    if len(rules) > MOST_NAMED:
        names.append(f"{len(rules) - MOST_NAMED} more")
    return either(names)


def _rule(rule: Rule) -> str:
    value = printable(rule.value)
    if rule.part == "query":
        return _query(rule, printable(rule.name or ""), value)
    if rule.part == "path" and rule.op in ("is", "matches"):
        return value
    if rule.op == "is":
        return f"the host {value}" if rule.part == "host" else f"pages with #{value}"
    return f"{_PARTS[rule.part]} {_FORMS[rule.op]} {value}"


def _query(rule: Rule, name: str, value: str) -> str:
    if rule.op == "exists":
        return f"pages with ?{name}"
    if rule.op == "is":
        return f"pages with ?{name}={value}"
    return f"pages with values of ?{name} {_FORMS[rule.op]} {value}"


def _often(often: Often) -> str:
    times = "each time" if often.lifetime is None else _TIMES.get(often.lifetime, f"{often.lifetime} times at most")
    always = ", ".join([times, *(_cap(cap) for cap in often.caps)])
    ends = [_UNTIL[end] for end in dict.fromkeys(often.stop_on)]
    return f"{always}, until they {either(ends)}" if ends and often.lifetime != 1 else always


def _cap(cap: Cap) -> str:
    return f"once {_PER[cap.per]}" if cap.max == 1 else f"at most {cap.max} times {_PER[cap.per]}"
