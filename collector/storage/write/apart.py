"""A request in which something cannot be stored: its events are committed apart, until what is at fault stands alone."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from ...domain.events import Event, Quarantined, Reason
from ...domain.limits import MAX_KEPT_BYTES
from ...ports import Receipt, Submission
from ..faults import is_of_the_store

log = structlog.get_logger()

MOST_TRIES = 64
"""Commits of one request that may fail before the rest of it is set aside as a whole: everybody else waits meanwhile."""

Commit = Callable[[Submission], Receipt]


def commit_apart(submission: Submission, commit: Commit) -> Receipt:
    """Store what can be stored of a request that could not be committed, and set the rest aside, as bytes.

    Raises what `commit` raises when that is the store's fault: parts that are stored by then are duplicates when the request
    comes again.
    """
    return _Apart(commit).of(submission)


class _Apart:
    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._failed = 0

    def of(self, submission: Submission) -> Receipt:
        """Commit in halves what has just failed as a whole."""
        self._failed += 1
        if len(submission.events) <= 1 or self._failed >= MOST_TRIES:
            return self._commit(_set_aside(submission))
        middle = len(submission.events) // 2
        first, second = _half(submission, submission.events[:middle], []), submission.events[middle:]
        one = self._try(first)
        return joined(one, self._try(_half(submission, second, submission.quarantined)))

    def _try(self, submission: Submission) -> Receipt:
        try:
            return self._commit(submission)
        except Exception as error:
            if is_of_the_store(error):
                raise
            log.warning("events could not be stored together", events=len(submission.events), error=type(error).__name__)
        return self.of(submission)


def _half(whole: Submission, events: list[Event], quarantined: list[Quarantined]) -> Submission:
    return msgspec.structs.replace(
        whole, received=len(events) + len(quarantined), events=list(events), quarantined=list(quarantined)
    )


def joined(one: Receipt, other: Receipt) -> Receipt:
    """Return what became of two parts of a request."""
    return Receipt(
        one.stored + other.stored, one.duplicate + other.duplicate,
        [*one.quarantined, *other.quarantined], (*one.rotate, *other.rotate), one.echoed + other.echoed,
    )  # fmt: skip


def _set_aside(submission: Submission) -> Submission:
    """The same request with its events on the bad side, as they came."""
    bad = [
        Quarantined(event.index, Reason.PROCESSING_ERROR, "", event.raw[:MAX_KEPT_BYTES], event.message_id)
        for event in submission.events
    ]
    return msgspec.structs.replace(submission, events=[], quarantined=[*submission.quarantined, *bad])
