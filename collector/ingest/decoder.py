"""Protocol: how a body becomes events, and nothing else. The receiver and the pipeline are the same for all of them."""

from __future__ import annotations

from typing import ClassVar, Protocol

from ..domain.events import Rejection
from ..errors import PasserbyError
from .wire import Batch, RawEvent


class Unacceptable(PasserbyError):
    """A body that decodes, and whose `field` is not what its protocol takes: counted as refused, and not kept."""

    code = "bad_request"
    status = 422

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


class Decoder(Protocol):
    """Decoder of an endpoint's bodies: Segment's in wire.py, Bento's in bento.py. `source` names it in the quarantine."""

    source: ClassVar[str]

    def batch(self, body: bytes) -> Batch | None:
        """Cut an unpacked body into its events, quickly; None when it does not decode, and has to be salvaged.

        Raises BadRequest for a body of no event, which is kept; ConflictingKeys, Forbidden, TooLarge or Unacceptable for one
        that is counted only.
        """
        ...

    def salvage(self, body: bytes) -> Batch:
        """The same for a body that does not decode as a whole: slow, so only for a key that is known, beside the event loop."""
        ...

    def event(self, item: bytes) -> tuple[RawEvent, bool]:
        """Decode one event; the flag says that it had to be repaired. Raises Rejection with the reason it is set aside."""
        ...

    def detail(self, rejection: Rejection) -> str:
        """Return what the quarantine and the answer say of an event that was set aside."""
        ...
