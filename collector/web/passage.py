"""Passage of a request through the gate (gate.py), as routes see it."""

from __future__ import annotations

from typing import Protocol

from litestar.types import Scope

from ..domain.ip import Address
from ..ports import Room

KEY = "passerby.passage"


class Passage(Protocol):
    """One request on its way through the gate: room for what it holds, and whose it is."""

    @property
    def room(self) -> Room:
        """The memory that it may hold."""

    @property
    def address(self) -> Address | None:
        """The client's address, as trusted proxies say."""


def passage_of(scope: Scope) -> Passage:
    """Return the passage of a request that came through the gate."""
    passage: Passage = scope[KEY]  # type: ignore[literal-required]
    return passage
