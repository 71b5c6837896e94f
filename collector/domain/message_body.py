"""Inline subset of a message's texts, compiled to nodes so that a browser parses no markup."""

from __future__ import annotations

import re
from typing import Any

from ..errors import BadParameter
from .misfits import shown

_MARK = re.compile(r"\*\*(?P<b>[^*\n]+)\*\*|\*(?P<em>[^*\n]+)\*|\[")
_TEXT_END, _ADDRESS_END = re.compile(r"]"), re.compile(r"[)\s]")
_HREF = re.compile(r"(https?://|/(?!/)|#|mailto:|tel:)")


def compile_body(body: str) -> list[list[Any]]:
    """Compile the inline subset (**bold**, *em*, [text](address), one paragraph a line).

    Takes time in proportion to the body. Raises BadParameter for an address with another scheme.
    """
    return [_paragraph(line) for line in body.splitlines() if line.strip()]


def _paragraph(line: str) -> list[Any]:
    nodes: list[Any] = []
    links = _Links(line)
    end = place = 0
    while mark := _MARK.search(line, place):
        place = mark.end()
        found = links.at(mark.start()) if mark[0] == "[" else (_emphasis(mark), place)
        if found is None:
            continue
        if mark.start() > end:
            nodes.append(line[end : mark.start()])
        node, end = found
        place = end
        nodes.append(node)
    return [*nodes, line[end:]] if end < len(line) else nodes


def _emphasis(mark: re.Match[str]) -> list[str]:
    return ["b", mark["b"]] if mark["b"] else ["em", mark["em"]]


class _Links:
    """Links of a line. Many brackets share the place where their text or their address would end: it is looked for once."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._text_end = _Next(_TEXT_END, line)
        self._address_end = _Next(_ADDRESS_END, line)

    def at(self, start: int) -> tuple[list[str], int] | None:
        """Return the link that begins with the bracket there, and where it ends; None where there is none.

        Asked for from left to right.
        """
        line = self._line
        middle = self._text_end.after(start + 1)
        if middle == start + 1 or not line.startswith("](", middle):
            return None
        end = self._address_end.after(middle + 2)
        if end == middle + 2 or not line.startswith(")", end):
            return None
        href = line[middle + 2 : end]
        if not _HREF.match(href):
            raise BadParameter(f"{shown(href)} is not an address that a link may have")
        return ["a", line[start + 1 : middle], href], end + 1


class _Next:
    """Next place where a pattern fits, the line's end where it does nowhere; asked for from left to right."""

    def __init__(self, pattern: re.Pattern[str], line: str) -> None:
        self._pattern = pattern
        self._line = line
        self._at = -1

    def after(self, start: int) -> int:
        if start > self._at:
            found = self._pattern.search(self._line, start)
            self._at = found.start() if found else len(self._line)
        return self._at
