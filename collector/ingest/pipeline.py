"""Running a batch through the steps: each event comes out on the good side or on the bad side."""

from __future__ import annotations

import msgspec
import structlog

from ..domain.events import Asserted, Draft, Event, Flag, Proof, Quarantined, Reason, Rejection, finished
from ..domain.limits import MAX_KEPT_BYTES
from .context import RequestContext
from .decoder import Decoder
from .redact import redacted
from .shared_context import Unmergeable
from .steps import STEPS, Step
from .wire import Batch, RawEvent

log = structlog.get_logger()


class Sorted(msgspec.Struct):
    """Events of a request by what became of them; `received` counts all."""

    received: int
    events: list[Event]
    quarantined: list[Quarantined]


_BY_KEY = {proof: Asserted(strength=proof, email_strength=proof, from_server=proof >= Proof.VERIFIED) for proof in Proof}
"""Assertions of an event by the key of its request alone."""


class Pipeline:
    """The list of steps (`steps_with` brings the keys); `enrichers` are plugged in after the built-in ones."""

    def __init__(self, steps: tuple[Step, ...] = STEPS, enrichers: tuple[Step, ...] = ()) -> None:
        self.steps = (*steps, *enrichers)

    def run(self, batch: Batch, decoder: Decoder, request: RequestContext) -> Sorted:
        """Decode and complete every event."""
        outcome = Sorted(len(batch.items), [], [])
        merged, unmergeable = 0, 0
        flags = Flag.NORMALISED if batch.context.is_repaired else 0
        for index, item in enumerate(batch.items):
            merged += len(item) + batch.context.size
            try:
                if batch.context.raw:
                    batch.context.drop_unmergeable(len(item), merged)
                outcome.events.append(self._complete(index, item, decoder, request, flags))
            except Unmergeable as rejection:
                body = item if unmergeable else batch.context.beside(item)
                unmergeable += 1
                outcome.quarantined.append(set_aside(index, rejection.reason, rejection.detail, body))
            except Rejection as rejection:
                outcome.quarantined.append(set_aside(index, rejection.reason, decoder.detail(rejection), item))
            except Exception as error:
                outcome.quarantined.append(set_aside_by_fault(index, error, item))
        if batch.cut_off is not None:
            outcome.received += 1
            detail = "the body ends in the middle of this event"
            outcome.quarantined.append(set_aside(len(batch.items), Reason.TRUNCATED, detail, batch.cut_off))
        return outcome

    def _complete(self, index: int, item: bytes, decoder: Decoder, request: RequestContext, flags: int) -> Event:
        raw, repaired = decoder.event(item)
        return self.complete(index, raw, request, Flag.NORMALISED if repaired else flags, item)

    def complete(self, index: int, raw: RawEvent, request: RequestContext, flags: int = 0, item: bytes = b"") -> Event:
        """Run one decoded event, which came as `item`, through the steps. Raises Rejection when one of them sets it aside."""
        draft = Draft(
            index=index,
            site_id=request.site.site_id,
            type="",
            message_id="",
            time=request.received_at,
            received_at=request.received_at,
            flags=flags,
            asserted=_BY_KEY[request.proof],
        )
        for step in self.steps:
            step(raw, draft, request)
        draft.raw = redacted(item)
        return finished(draft)


def set_aside(index: int, reason: Reason, detail: str, body: bytes, message_id: str | None = None) -> Quarantined:
    """Return the bad side of an event: its bytes as they came, except for the tokens in them."""
    return Quarantined(index, reason, detail[:500], redacted(body)[:MAX_KEPT_BYTES], message_id)


def set_aside_by_fault(index: int, error: Exception, body: bytes) -> Quarantined:
    """A fault of our own in a step or an enricher: it is logged, and costs one event, not its neighbours."""
    log.error("event could not be processed", exc_info=error)
    return set_aside(index, Reason.PROCESSING_ERROR, type(error).__name__, body)
