"""Request context: what a request says about itself, apart from the events that it carries."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.events import Proof
from ..domain.ip import Address
from ..domain.sites import Site


class Allowance(msgspec.Struct):
    """How many costly things (a user agent that nobody has seen yet takes 1 to 4 ms) may be done for one request."""

    left: int
    is_overdrawn: bool = False

    def take(self) -> bool:
        """Say whether one more may be done, and count it."""
        self.left -= 1
        self.is_overdrawn = self.left < 0
        return not self.is_overdrawn


AT_ONCE, OFF_LOOP = 4, 100
"""Costly things for a request that is worked on at once, and in the thread beside the event loop."""


class RequestContext(msgspec.Struct, frozen=True):
    """Shared by all events of one request; times in microseconds.

    `is_browser`: the request came from a page (it has an Origin), so its clock is not trusted far, and its User-Agent
    header describes the visitor. `sent_at` is the client's clock at sending, `batch_context` merges into each event,
    `client_address` is whose request it is, as the collector itself found out; `costly` counts what enrichers may still do.
    """

    site: Site
    received_at: int
    proof: Proof = Proof.ASSERTED
    is_browser: bool = False
    user_agent: str | None = None
    sent_at: int | None = None
    batch_context: dict[str, Any] = {}
    client_address: Address | None = None
    costly: Allowance = msgspec.field(default_factory=lambda: Allowance(OFF_LOOP))
