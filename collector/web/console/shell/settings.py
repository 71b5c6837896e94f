"""Settings of the console."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from ....domain.ip import Network
from ...script.install import Addresses


def _now() -> int:
    return time.time_ns() // 1_000


class ConsoleSettings(msgspec.Struct, frozen=True):
    """`session_secret` signs the cookies. `base_path` is where the browser sees the console, without a final slash.

    `secure_cookie` is for HTTPS (a `__Host-` cookie); False only for http on one's own machine. `addresses` says where
    browsers reach the collector, and what a customer pastes. `tombstone_key` is the key of the hashes that deleted people
    leave behind; without it nobody can be deleted here. `trusted_proxies` may say whose address a login comes from. `clock`
    gives microseconds since 1970.
    """

    session_secret: str
    addresses: Addresses
    base_path: str = "/console"
    secure_cookie: bool = True
    session_seconds: int = 12 * 3600
    tombstone_key: bytes | None = None
    trusted_proxies: Sequence[Network] = ()
    clock: Callable[[], int] = _now

    @property
    def cookie_prefix(self) -> str:
        return "__Host-" if self.secure_cookie else ""
