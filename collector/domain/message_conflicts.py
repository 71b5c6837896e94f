"""Conflicts: two messages that can meet on a page, of which only one is shown.

A meeting is claimed only with an address at which the rules of both were tried and fit. Two patterns are walked together to
a short text that fits both, which is tried with some fillings, so that an exclude of just that page does not hide the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import combinations, islice
from urllib.parse import quote, quote_plus

import msgspec

from .messages import Message
from .rules import Rule, matches, normal_path

HOST = "example.com"
MOST_STEPS = 100_000
"""How much is looked for in one list: patterns of a hostile author may take long, and are then not compared to their end."""
MOST_RULES = 8
"""How many includes of each message are compared with those of the other."""
_FILLINGS = ("", "x", "page", "a/b")
_RUN, _RUN_INSIDE = "*", ":"
_Token = tuple[str, str]
"""(kind, character): a literal (`=`), any run (`*`), one character within a segment (`1`), a run within a segment (`:`)."""


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


class Search:
    """What is left of the steps that one list may take."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps

    def step(self) -> bool:
        self.left -= 1
        return self.left >= 0


def conflicts_among(messages: list[Message]) -> list[Conflict]:
    """Return the conflicts of every two of the messages, all of which are taken for live."""
    search = Search()
    return [found for one, other in combinations(messages, 2) if (found := conflict_of(one, other, search))]


def conflicts_with(message: Message, others: list[Message]) -> list[Conflict]:
    """Return the conflicts of a message with others that are live; with its own key, which it replaces, it has none."""
    search = Search()
    rivals = (other for other in others if other.key != message.key)
    return [found for other in rivals if (found := conflict_of(message, other, search))]


def conflict_of(one: Message, other: Message, search: Search | None = None) -> Conflict | None:
    """Return where two messages meet, or None where no page was found that both fit."""
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
    for left in _includes(one):
        for right in _includes(other):
            for filling in _FILLINGS:
                if left and right and (left.part == right.part != "query"):
                    yield from _together(left, right, filling, search)
                else:
                    yield _address([rule for rule in (left, right) if rule], filling)


def _includes(rules: list[Rule]) -> list[Rule | None]:
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


def _together(left: Rule, right: Rule, filling: str, search: Search) -> Iterator[tuple[str, str, str, str]]:
    for first, second in ((filling, ""), ("", filling)):
        text = common(_tokens(left, first), _tokens(right, second), search)
        if text is not None:
            yield _address([msgspec.structs.replace(left, op="is", value=text)], "")


def _address(rules: list[Rule], filling: str) -> tuple[str, str, str, str]:
    """Host, path, query and fragment at which each of the rules fits, which are of different parts or of the query."""
    fillings = {"host": filling or HOST}
    texts = {rule.part: _example(rule, fillings.get(rule.part, filling)) for rule in rules if rule.part != "query"}
    pairs = [(rule.name or "", _example(rule, filling)) for rule in rules if rule.part == "query"]
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    path = texts.get("path", f"/{filling}")
    safe = quote(path if path.startswith("/") else f"/{path}", safe="/%;:@&=+$,*!'()~", encoding="utf-8")
    return texts.get("host", ""), safe, query, quote(texts.get("hash", ""), safe="/%;:@&=+$,*!'()~?")


def _example(rule: Rule, filling: str) -> str:
    """The shortest text that fits the rule, with the filling wherever anything may stand."""
    return "".join(character for kind, character in _tokens(rule, filling) if kind in "=1")


def _tokens(rule: Rule, filling: str) -> list[_Token]:
    """The rule as a pattern; the filling stands before every run, which narrows the pattern."""
    run: list[_Token] = [*(("=", letter) for letter in filling), (_RUN, "")]
    value: list[_Token] = [("=", letter) for letter in rule.value]
    match rule.op:
        case "starts":
            return value + run
        case "ends":
            return run + value
        case "contains":
            return run + value + run
        case "exists":
            return run
        case "is":
            return value
        case "matches":
            return [token for piece in _pieces(rule.value) for token in (run if piece == [(_RUN, "")] else piece)]


def _pieces(pattern: str) -> Iterator[list[_Token]]:
    """The glob of rules.py: `*` any run, `:name` one segment, `\\` makes the next character literal."""
    index = 0
    while index < len(pattern):
        letter = pattern[index]
        if letter == "\\" and index + 1 < len(pattern):
            index += 1
            yield [("=", pattern[index])]
        elif letter == "*":
            yield [(_RUN, "")]
        elif letter == ":" and index + 1 < len(pattern) and (pattern[index + 1].isalpha() or pattern[index + 1] == "_"):
            while index + 1 < len(pattern) and (pattern[index + 1].isalnum() or pattern[index + 1] == "_"):
                index += 1
            yield [("1", "x"), (_RUN_INSIDE, "")]
        else:
            yield [("=", letter)]
        index += 1


def common(one: list[_Token], other: list[_Token], search: Search) -> str | None:
    """Return a short text that fits both patterns, or None when there is none, or the search is at its end.

    Follows both at once, breadth first, over the pairs of their positions: at most one times the other.
    """
    waiting = deque([((0, 0), "")])
    been = {(0, 0)}
    while waiting and search.step():
        (left, right), text = waiting.popleft()
        if left == len(one) and right == len(other):
            return text
        for position, letter in _moves(one, other, left, right):
            if position not in been:
                been.add(position)
                added = (position, text + letter)
                waiting.append(added) if letter else waiting.appendleft(added)
    return None


def _moves(one: list[_Token], other: list[_Token], left: int, right: int) -> Iterator[tuple[tuple[int, int], str]]:
    """Where to go from a pair of positions: past a run for nothing, or with one letter on both sides."""
    first, second = _token(one, left), _token(other, right)
    if first[0] in (_RUN, _RUN_INSIDE):
        yield (left + 1, right), ""
    if second[0] in (_RUN, _RUN_INSIDE):
        yield (left, right + 1), ""
    letter = first[1] or second[1] or "x"
    if first[0] and second[0] and _takes(first, letter) and _takes(second, letter):
        yield (left + _advances(first), right + _advances(second)), letter
    if first[0] == "1" and second[0] == "=" and _takes(first, second[1]):
        yield (left + 1, right + 1), second[1]


def _token(tokens: list[_Token], position: int) -> _Token:
    return tokens[position] if position < len(tokens) else ("", "")


def _takes(token: _Token, letter: str) -> bool:
    kind, character = token
    if kind == "=":
        return character.lower() == letter.lower()
    return kind == _RUN or letter != "/"


def _advances(token: _Token) -> int:
    return 1 if token[0] in "=1" else 0
