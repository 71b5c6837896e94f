"""Commit queue: short requests in the order of their coming, long ones in pieces between them.

A request costs what its events cost (domain/cost.py). Each group takes the short requests that find room, and one piece of one
long request. So a long one waits for its turn and nobody waits for the whole of it; sites with long requests take turns.
"""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec

from ...domain.cost import cost
from ...ports import Receipt, Submission

GROUP_COST = 2_000
"""Cost of the short requests of one commit, at most; a larger group would only make its first request wait."""
PIECE_COST = 500
"""Cost of a piece of a long request, at most, unless a single event is dearer: some 40 ms of a commit."""


class Waiting(msgspec.Struct, eq=False):
    """A request that waits. `deadline`, on the monotonic clock, moves with every piece that is committed; `left` is how
    many of its events no commit has counted yet."""

    submission: Submission
    answer: asyncio.Future[Receipt]
    loop: asyncio.AbstractEventLoop
    deadline: float
    left: int = 0
    receipt: Receipt | None = None


class Piece(msgspec.Struct, eq=False):
    """Piece of a request that one commit takes: all of a short one."""

    waiting: Waiting
    submission: Submission
    is_last: bool = True
    is_of_long: bool = False


class Line:
    """The waiting line. Not safe by itself: the journal's lock is held around every call."""

    def __init__(self, group_cost: int = GROUP_COST, piece_cost: int = PIECE_COST) -> None:
        self._group_cost = group_cost
        self._piece_cost = piece_cost
        self._short: deque[tuple[Waiting, int]] = deque()
        self._long: dict[int, deque[_Long]] = {}
        self.events = 0
        """Events that wait, bad ones too."""

    def __bool__(self) -> bool:
        return bool(self._short or self._long)

    def add(self, waiting: Waiting) -> None:
        """Put a request at the end of the line."""
        submission = waiting.submission
        waiting.left = submission.received
        self.events += submission.received
        costs = [cost(event) for event in submission.events]
        if sum(costs) <= self._piece_cost:
            self._short.append((waiting, max(sum(costs), 1)))
        else:
            self._long.setdefault(submission.site.site_id, deque()).append(_Long(waiting, costs))

    def forget(self, waiting: Waiting) -> None:
        """Let go of a request that was answered while it waited: its memory is given to others from then on."""
        site_id = waiting.submission.site.site_id
        for index, (one, _) in enumerate(self._short):  # near the front: all wait equally long
            if one is waiting:
                del self._short[index]
                self.events -= waiting.submission.received
                return
        requests = self._long.get(site_id, deque())
        for index, long in enumerate(requests):
            if long.waiting is waiting:
                del requests[index]
                self.events -= long.uncut
                break
        if not requests:
            self._long.pop(site_id, None)

    def take(self, now: float) -> list[Piece]:
        """Take the next group off the line; whoever has had an answer already is left out."""
        group: list[Piece] = []
        room = self._group_cost
        while self._short and room > 0:
            waiting, price = self._short.popleft()
            self.events -= waiting.submission.received
            if waiting.deadline > now:
                group.append(Piece(waiting, waiting.submission))
                room -= price
        piece = self._piece(now)
        return group if piece is None else [*group, piece]

    def _piece(self, now: float) -> Piece | None:
        """The next piece of the first long request of the site whose turn it is."""
        while self._long:
            site_id = next(iter(self._long))
            requests = self._long.pop(site_id)
            long = requests[0]
            piece = long.cut(self._piece_cost) if long.waiting.deadline > now else None
            self.events -= long.uncut if piece is None else piece.submission.received
            if piece is None or piece.is_last:
                requests.popleft()
            if requests:
                self._long[site_id] = requests  # at the end: another site is next
            if piece is not None:
                return piece
        return None


class _Long:
    """A request that is committed in pieces, in the order of its events."""

    def __init__(self, waiting: Waiting, costs: list[int]) -> None:
        self.waiting = waiting
        self._costs = costs
        self._next = 0

    @property
    def uncut(self) -> int:
        """How many of its events no piece has taken yet: fewer than no commit has counted, while a piece is being committed."""
        return len(self._costs) - self._next if self._next else self.waiting.submission.received

    def cut(self, most: int) -> Piece:
        """Cut the next piece off. What was set aside before goes with the first one."""
        whole, begin = self.waiting.submission, self._next
        end, price = begin + 1, self._costs[begin]
        while end < len(self._costs) and price + self._costs[end] <= most:
            price += self._costs[end]
            end += 1
        self._next = end
        received = end - begin + (0 if begin else whole.received - len(whole.events))
        quarantined = [] if begin else whole.quarantined
        part = msgspec.structs.replace(
            whole, events=whole.events[begin:end], received=received, quarantined=quarantined
        )  # fmt: skip
        return Piece(self.waiting, part, end == len(self._costs), is_of_long=True)
