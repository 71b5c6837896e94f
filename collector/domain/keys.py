"""Numbers that name rows: the shard key of a device and the time-ordered ids of streams and people."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import uuid
from collections.abc import Callable

NewId = Callable[[], int]


def device_key(site_id: int, owner: str, attempt: int = 0) -> int:
    """Return the 63-bit shard key of a device: the same for ever, computed without asking the database.

    `owner` is the anonymous id, or `user_owner(...)` for the virtual device of an event that carries none. Two owners
    with the same key are told apart by storage, which compares the owner and asks again with the next `attempt`.
    """
    text = f"{site_id}\x00{owner}" if attempt == 0 else f"{site_id}\x00{attempt}\x00{owner}"
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def keyed_hash(key: bytes, text: str | bytes, size: int = 16) -> bytes:
    """Return a hash of a text that nobody can try texts out on without the key; `size` in bytes."""
    encoded = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(encoded, key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=size).digest()


def user_owner(kind: str, value: str) -> str:
    """Name the virtual device of a user's server-side events; control characters are illegal in an anonymous id."""
    return f"\x1f{kind}:{value}"


def excluded_key(site_id: int, user_id: str) -> int:
    """Return what stands for a user in the key of an excluded stream: no person, because none is made for it."""
    return -device_key(site_id, user_owner("user", user_id))


ID_BITS = 21
NUMBERS = 512
_COUNTED = 4_096
_RUN = 60_000
"""Milliseconds by which the ids may run ahead of the clock before a clock that was put back is believed."""


def first_id_of(moment: int) -> int:
    """Return the least id that new_id can give at a moment, in microseconds: what is below it was made before."""
    return moment // 1_000 << ID_BITS


class _Ids:
    """Positive 63-bit ids that grow with time: 42 bits of milliseconds, 9 of the process's number, 12 that count.

    The number keeps several collectors on one database apart (storage gives each its own); a process without one draws
    it. Counting within a millisecond begins at random, so that a clock that was put back does not draw the same again.
    """

    def __init__(self) -> None:
        self.number = secrets.randbelow(NUMBERS)
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self, now: int | None = None) -> int:
        """Return the next id of a moment, in microseconds; without one, of the process's clock."""
        milliseconds = (time.time_ns() if now is None else now * 1_000) // 1_000_000
        with self._lock:
            last = self._last >> ID_BITS
            if milliseconds <= last <= milliseconds + _RUN:
                following = self._last + 1
                is_full = following % _COUNTED == 0
                self._last = self._at(last + 1, 0) if is_full else following
            else:
                self._last = self._at(milliseconds, secrets.randbelow(_COUNTED // 2))
            return self._last

    def _at(self, milliseconds: int, count: int) -> int:
        return (milliseconds << ID_BITS | self.number * _COUNTED | count) & 0x7FFF_FFFF_FFFF_FFFF


new_id = _Ids()


def new_uuid7() -> str:
    """Return a UUIDv7 (RFC 9562, 5.7), time-ordered so that index pages fill in order."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62)))
