"""The changes of a group, sorted by kind: each kind goes to its table in one statement, and in the order of arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar, cast

from ...domain.changes import Change

Kind = TypeVar("Kind")
One = TypeVar("One")
Other = TypeVar("Other")


class ByKind:
    """The changes by kind. Asking for a kind that is not there adds none."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._all = list(changes)
        found: defaultdict[type[Change], list[Change]] = defaultdict(list)
        for change in self._all:
            found[type(change)].append(change)
        self._by_kind = dict(found)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return the changes of one kind."""
        return cast(list[Kind], self._by_kind.get(cast(type[Change], kind), []))

    def among(self, one: type[One], other: type[Other]) -> list[One | Other]:
        """Return the changes of two kinds, in the order in which they were decided."""
        if one in self._by_kind or other in self._by_kind:
            return [change for change in self._all if isinstance(change, one | other)]
        return []
