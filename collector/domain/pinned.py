"""A pinned build: the script of a site as it was at one moment, served unchanged for ever under an address of its own."""

from __future__ import annotations

import base64
import hashlib

import msgspec


class PinnedBuild(msgspec.Struct, frozen=True):
    """`hash` is in its address; `integrity` is what a page may demand of it (Subresource Integrity)."""

    hash: str
    integrity: str
    created_at: int


def integrity_of(content: bytes) -> str:
    """Return the value of an `integrity` attribute for a script."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def build_of(content: bytes, now: int) -> PinnedBuild:
    """Return what is to be known of a script that is pinned now."""
    return PinnedBuild(hashlib.sha384(content).hexdigest()[:16], integrity_of(content), now)
