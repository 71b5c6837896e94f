"""The console's own files: read once, named by their contents, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(msgspec.Struct, frozen=True):
    name: str
    body: bytes
    media_type: str
    version: str


def load_assets(folder: Path) -> dict[str, Asset]:
    """Return name -> asset for every style, script and image of a folder."""
    return {path.name: _asset(path) for path in sorted(folder.iterdir()) if path.suffix in _TYPES}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(path.name, body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])
