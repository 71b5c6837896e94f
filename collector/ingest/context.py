"""What a request says about itself, apart from the events that it carries."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.events import Proof
from ..domain.ip import Address
from ..domain.sites import Site


class RequestContext(msgspec.Struct, frozen=True):
    """Shared by all events of one request; times in microseconds.

    `is_browser`: the request came from a page (it has an Origin), so its clock is not trusted far, and its User-Agent
    header describes the visitor. `sent_at` is the client's clock at sending, `batch_context` merges into each event,
    `client_address` is whose request it is, as the collector itself found out.
    """

    site: Site
    received_at: int
    proof: Proof = Proof.ASSERTED
    is_browser: bool = False
    user_agent: str | None = None
    sent_at: int | None = None
    batch_context: dict[str, Any] = {}
    client_address: Address | None = None
