"""Published things of the sites at one moment, beside their settings: live messages and pinned builds of the script."""

from __future__ import annotations

from typing import Any

import msgspec

from .engine import Store
from .message_rows import live_messages
from .pinned import pinned_hashes


class Published(msgspec.Struct, frozen=True):
    """Public forms of the live messages by site, and (site, hash) of the pinned builds."""

    _messages: dict[int, list[dict[str, Any]]]
    _pinned: set[tuple[int, str]]

    def messages(self, site_id: int) -> list[dict[str, Any]]:
        return self._messages.get(site_id, [])

    def is_pinned(self, site_id: int, name: str) -> bool:
        return (site_id, name) in self._pinned


def read_published(store: Store) -> Published:
    """Read what is published now."""
    with store.read() as connection:
        return Published(live_messages(connection), pinned_hashes(connection))
