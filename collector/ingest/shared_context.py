"""The context of a batch: decoded once, by the guards of an event, and counted against each event that it is merged into.

So an event is, after merging, what an event may be: as large, as deep, and of text that every store can hold.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.events import Reason, Rejection
from .decode import decode_guarded
from .limits import MAX_EVENT, MAX_MERGED

_HEAD, _TAIL = b'{"context":', b"}"


class _Holder(msgspec.Struct):
    """As in an event, one level down."""

    context: Any = None


_holder = msgspec.json.Decoder(_Holder)


class Unmergeable(Rejection):
    """The batch's context is what sets an event aside."""


class SharedContext(msgspec.Struct, frozen=True):
    """`value` is merged into each event; `size` are its bytes as sent. `fault` says why nothing can be merged into any.

    `is_repaired`: something in it was replaced, or it was no object and counts as empty (PHP sends an empty one as `[]`).
    """

    value: dict[str, Any] = {}
    size: int = 0
    is_repaired: bool = False
    fault: tuple[Reason, str] | None = None
    raw: bytes = b""

    def drop_unmergeable(self, size: int, merged: int) -> None:
        """Raise Unmergeable for an event of `size` bytes that this cannot be merged into; `merged` are the bytes of all events
        of the request so far, each with its copy."""
        if self.fault is not None:
            raise Unmergeable(self.fault[0], f"the batch's context: {self.fault[1]}", "context")
        if self.size and size + self.size > MAX_EVENT:
            detail = f"{size + self.size} bytes with the batch's context; the limit is {MAX_EVENT}"
            raise Unmergeable(Reason.EVENT_TOO_LARGE, detail)
        if self.size and merged > MAX_MERGED:
            detail = f"with the batch's context, which counts for each event, the request is past {MAX_MERGED} bytes here"
            raise Unmergeable(Reason.EVENT_TOO_LARGE, detail)

    def beside(self, item: bytes) -> bytes:
        """Return an event as the quarantine keeps it together with this, once for a request."""
        return b'{"batch":[' + item + b'],"context":' + self.raw + b"}" if self.raw else item


def decode_context(raw: bytes) -> SharedContext:
    """Decode a batch's context from its bytes, empty for none."""
    if not raw or raw == b"null":
        return SharedContext()
    try:
        holder, repaired = decode_guarded(_HEAD + raw + _TAIL, _holder)
    except Rejection as rejection:
        return SharedContext(size=len(raw), fault=(rejection.reason, rejection.detail), raw=raw)
    if not isinstance(holder.context, dict):
        return SharedContext(is_repaired=True)
    return SharedContext(holder.context, len(raw), repaired, raw=raw)
