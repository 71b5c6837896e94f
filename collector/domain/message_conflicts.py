"""Conflicts: two messages that can meet on a page, of which only one is shown.

A meeting is claimed only with an address at which the rules of both were tried and fit. Two patterns are walked together to
a short text that fits both, which is tried with some fillings, so that an exclude of just that page does not hide the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations, islice, product
from urllib.parse import quote, quote_plus

import msgspec

from .message_patterns import Search, common, pattern_of
from .message_times import overlap
from .messages import Message
from .rules import Rule, matches, normal_path

HOST = "example.com"
MOST_RULES = 8
"""Includes of each message that are compared with those of the other."""
MOST_CONFLICTS = 100
"""Conflicts that one list names: of messages for every page each meets every other."""
_FILLINGS = ("x", "page", "a/b")


class Conflict(msgspec.Struct, frozen=True):
    """Two messages that can meet; `first` is the one that is shown. `page` is a place where they do."""

    first: str
    second: str
    page: str
    priorities: tuple[int, int]

    @property
    def sentence(self) -> str:
        by = f"by priority ({self.priorities[0]}, {self.priorities[1]})"
        if self.priorities[0] == self.priorities[1]:
            by = f"by its key, as both have priority {self.priorities[0]}"
        return f"`{self.first}` and `{self.second}` can meet on {self.page}; `{self.first}` goes first {by}."


def conflicts_among(messages: list[Message]) -> list[Conflict]:
    """Return the conflicts of every two of the messages, all of which are taken for live."""
    return _first(combinations(messages, 2))


def conflicts_with(some: list[Message], live: list[Message]) -> list[Conflict]:
    """Return the conflicts of some messages with those that are live, each once; with its own key, which it replaces, one has
    none."""
    places = {message.key: place for place, message in enumerate(some)}
    return _first((one, other) for place, one in enumerate(some) for other in live if places.get(other.key, place + 1) > place)


def _first(pairs: Iterable[tuple[Message, Message]]) -> list[Conflict]:
    search = Search()
    met = (conflict_of(one, other, search) for one, other in pairs)
    return list(islice((conflict for conflict in met if conflict), MOST_CONFLICTS))


def conflict_of(one: Message, other: Message, search: Search | None = None) -> Conflict | None:
    """Return where two messages meet, or None where no page was found that both fit."""
    if not overlap(one.when, other.when):
        return None
    identities = {one.who.identity, other.who.identity}
    if identities == {"anonymous", "identified"}:
        return None
    page = meeting(one.where.pages, other.where.pages, search or Search())
    if page is None:
        return None
    first, second = sorted((one, other), key=lambda message: (-message.priority, message.key))
    return Conflict(first.key, second.key, page, (first.priority, second.priority))


def meeting(one: list[Rule], other: list[Rule], search: Search) -> str | None:
    """Return a page that both lists of rules allow, as a path with what else matters; None when none was found."""
    for parts in _candidates(one, other, search):
        host, path, query, fragment = parts
        rest = f"{path}{'?' if query else ''}{query}{'#' if fragment else ''}{fragment}"
        address = f"https://{host or HOST}{rest}"
        if matches(one, address) and matches(other, address):
            return f"{host}{rest}"
    return None


def _candidates(one: list[Rule], other: list[Rule], search: Search) -> Iterator[tuple[str, str, str, str]]:
    """Places to try: of every two includes what fits both, plain at first, then with fillings."""
    for left, right in product(_includes(tuple(one)), _includes(tuple(other))):
        if not search.step():
            return
        if left and right and (left.part == right.part != "query"):
            yield from _together(left, right, search)
        else:
            yield from (_address([rule for rule in (left, right) if rule], filling) for filling in ("", *_FILLINGS))


@lru_cache(maxsize=1024)
def _includes(rules: tuple[Rule, ...]) -> list[Rule | None]:
    """The includes, their paths in the form in which they are compared; None stands for every page."""
    included = islice((rule for rule in rules if not rule.exclude), MOST_RULES)
    return [form for rule in included for form in _forms(rule)] or [None]


def _forms(rule: Rule) -> list[Rule]:
    """A trailing `/*` of a path also fits the bare parent, which is a pattern of its own here."""
    if rule.part != "path" or rule.op not in ("is", "matches"):
        return [rule]
    value = normal_path(rule.value)
    forms = [value[:-2], value] if rule.op == "matches" and value.endswith("/*") and len(value) > 2 else [value]
    return [msgspec.structs.replace(rule, value=form) for form in forms]


def _together(left: Rule, right: Rule, search: Search) -> Iterator[tuple[str, str, str, str]]:
    """Two rules of one part: a text that fits both, then some that are longer, if there is one at all."""
    plain = pattern_of(left), pattern_of(right)
    texts = [common(*plain, search)]
    if texts[0] is None:
        return
    for filling in _FILLINGS:
        texts.append(common(pattern_of(left, filling), plain[1], search))
        texts.append(common(plain[0], pattern_of(right, filling), search))
    yield from (_address([msgspec.structs.replace(left, op="is", value=text)], "") for text in texts if text is not None)


def _address(rules: list[Rule], filling: str) -> tuple[str, str, str, str]:
    """Host, path, query and fragment at which each of the rules fits, which are of different parts or of the query."""
    fillings = {"host": filling or HOST}
    texts = {rule.part: pattern_of(rule, fillings.get(rule.part, filling)).example for rule in rules if rule.part != "query"}
    pairs = [(rule.name or "", pattern_of(rule, filling).example) for rule in rules if rule.part == "query"]
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    path = texts.get("path", f"/{filling}")
    safe = quote(path if path.startswith("/") else f"/{path}", safe="/%;:@&=+$,*!'()~", encoding="utf-8")
    return texts.get("host", ""), safe, query, quote(texts.get("hash", ""), safe="/%;:@&=+$,*!'()~?")
