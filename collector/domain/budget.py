"""One budget in bytes for what has been received and is not yet answered: in total, and for each sender."""

from __future__ import annotations

from collections.abc import Hashable

from ..errors import SenderOverBudget, Unavailable


class Budget:
    """Memory budget: what is held now. A sender may hold half of it, so that there is room for the others. 0 bytes: no limit.

    Only senders that hold something are remembered.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.most_of_sender = most // 2
        self.held = 0
        self._senders: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._senders)

    def held_by(self, sender: Hashable) -> int:
        return self._senders.get(sender, 0)

    def check(self, sender: Hashable, size: int) -> None:
        """Raise SenderOverBudget, or Unavailable, where `take` would."""
        if not self.most:
            return
        if self._senders.get(sender, 0) + size > self.most_of_sender:
            raise SenderOverBudget
        if self.held + size > self.most:
            raise Unavailable("Too much is being worked on; nothing was kept, send it again later.")

    def has_room(self, sender: Hashable, size: int) -> bool:
        """Say whether `take` would succeed."""
        is_within = self._senders.get(sender, 0) + size <= self.most_of_sender and self.held + size <= self.most
        return is_within or not self.most

    def take(self, sender: Hashable, size: int) -> None:
        """Count bytes that are about to be held. Raises SenderOverBudget or Unavailable, and then counts none."""
        self.check(sender, size)
        self.held += size
        self._senders[sender] = self._senders.get(sender, 0) + size

    def give(self, sender: Hashable, size: int) -> None:
        """Take bytes off again that are held no more."""
        self.held -= size
        left = self._senders.get(sender, 0) - size
        if left > 0:
            self._senders[sender] = left
        else:
            self._senders.pop(sender, None)
