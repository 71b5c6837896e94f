"""The installation's master secret and the keys that are derived from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from ..errors import ConfigError

FILE_NAME = "secret"
_BYTES = 32


def load_or_create(data_dir: Path) -> bytes:
    """Return the master secret of a data directory, made at the first start.

    Written to a temporary file, flushed, renamed and the directory flushed, so that a power cut during the first start
    leaves either no secret or a whole one.
    """
    path = data_dir / FILE_NAME
    if not path.exists():
        temporary = path.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_hex(_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        _flush_directory(data_dir)
    secret = path.read_bytes().strip()
    if len(secret) < _BYTES:
        raise ConfigError(f"{path} is damaged: restore it from a backup, or remove it to have new keys made.")
    return secret


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def derive(master: bytes, purpose: str) -> str:
    """Return a key for one purpose; the same master and purpose give the same key."""
    digest = hmac.new(master, purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def secret_key(master: bytes, site_uuid: str) -> str:
    """A site's secret key. It is derived, never stored: the database holds only its SHA-256."""
    return "sk_" + derive(master, f"site-secret-key:{site_uuid}")


def key_hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
