"""Page rules as patterns: an example of what fits one, and a text that fits two of them at once.

For conflicts (message_conflicts.py), which asks the matcher of rules.py about each text that is found here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

import msgspec

from .rules import Rule

MOST_STEPS = 400_000
"""Steps of the search in one list: patterns of a hostile author may take long, and are then not compared to their end."""
_RUN, _RUN_INSIDE = "*", ":"
_Token = tuple[str, str]
"""(kind, character): a literal (`=`), any run (`*`), one character within a segment (`1`), a run within a segment (`:`)."""


class Search:
    """Steps left of those that one list may take."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps

    def step(self) -> bool:
        self.left -= 1
        return self.left >= 0


class Pattern(msgspec.Struct, frozen=True):
    """A rule's value as tokens; `head` and `tail` are the letters that every fitting text begins and ends with."""

    tokens: list[_Token]
    head: str
    tail: str

    @property
    def example(self) -> str:
        """The shortest text that fits."""
        return "".join(character for kind, character in self.tokens if kind in "=1")

    def may_meet(self, other: Pattern) -> bool:
        """Say whether beginnings and ends agree, as far as they are fixed: most patterns are told apart by that."""
        heads, tails = min(len(self.head), len(other.head)), min(len(self.tail), len(other.tail))
        return self.head[:heads] == other.head[:heads] and (
            self.tail[len(self.tail) - tails :] == other.tail[len(other.tail) - tails :]
        )


@lru_cache(maxsize=4096)
def pattern_of(rule: Rule, filling: str = "") -> Pattern:
    """Return a rule as a pattern; the filling stands before every run, which narrows the pattern."""
    tokens = _tokens(rule, filling)
    return Pattern(tokens, _literal(tokens), _literal(tokens[::-1])[::-1])


def _literal(tokens: list[_Token]) -> str:
    return "".join(character.lower() for _, character in takewhile(lambda token: token[0] == "=", tokens))


def _tokens(rule: Rule, filling: str) -> list[_Token]:
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


def common(one: Pattern, other: Pattern, search: Search) -> str | None:
    """Return a short text that fits both patterns, or None when there is none, or the search is at its end.

    Follows both at once, breadth first, over the pairs of their positions: at most one times the other.
    """
    if not one.may_meet(other):
        return None
    waiting = deque([((0, 0), "")])
    been = {(0, 0)}
    while waiting and search.step():
        (left, right), text = waiting.popleft()
        if left == len(one.tokens) and right == len(other.tokens):
            return text
        for position, letter in _moves(one.tokens, other.tokens, left, right):
            if position not in been:
                been.add(position)
                added = (position, text + letter)
                waiting.append(added) if letter else waiting.appendleft(added)
    return None


def _moves(one: list[_Token], other: list[_Token], left: int, right: int) -> Iterator[tuple[tuple[int, int], str]]:
    """Next pairs of positions: past a run for nothing, or with one letter on both sides."""
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
