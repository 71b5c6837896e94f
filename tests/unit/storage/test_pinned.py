"""Pinned builds: kept as they were, each once, until they are taken back."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest

from collector.errors import NotFound
from collector.storage.engine import Store
from collector.storage.pinned import list_pinned, pin, pinned_content, unpin
from collector.storage.site_registry import SiteRegistry

pytestmark = pytest.mark.stores("sqlite", "postgresql")

SCRIPT = "(()=>{'\u00fc\u2028'})()\n".encode() + bytes(range(256))


def test_pinned_and_taken_back(store: Store) -> None:
    build = pin(store, 1, SCRIPT, 7)
    digest = hashlib.sha384(SCRIPT).digest()
    assert build.integrity == "sha384-" + base64.b64encode(digest).decode()
    assert (build.hash, build.created_at) == (digest.hex()[:16], 7)
    assert pinned_content(store, 1, build.hash) == SCRIPT
    later = pin(store, 1, SCRIPT + b"\n", 9)
    with store.read() as connection:
        assert list_pinned(connection, 1) == [later, build]
    unpin(store, 1, build.hash)
    with store.read() as connection:
        assert list_pinned(connection, 1) == [later]
    with pytest.raises(NotFound):
        pinned_content(store, 1, build.hash)


def test_pinning_again_changes_nothing(store: Store) -> None:
    assert pin(store, 1, SCRIPT, 7) == pin(store, 1, SCRIPT, 9)


def test_pinned_builds_are_of_one_site(store: Store) -> None:
    mine, theirs = pin(store, 1, SCRIPT, 7), pin(store, 2, SCRIPT, 8)
    assert mine.hash == theirs.hash
    for site_id, name in ((1, "0" * 16), (3, mine.hash), (1, "")):
        with pytest.raises(NotFound, match="no pinned build"):
            unpin(store, site_id, name)
    unpin(store, 1, mine.hash)
    assert pinned_content(store, 2, theirs.hash) == SCRIPT


def test_a_running_collector_follows(store: Store) -> None:
    registry = SiteRegistry(store)
    build = pin(store, 1, SCRIPT, 7)
    assert asyncio.run(registry.know_build(1, build.hash)), "at the first request"
    assert not registry.published.is_pinned(2, build.hash)
    unpin(store, 1, build.hash)
    registry.refresh()
    assert not registry.published.is_pinned(1, build.hash)
