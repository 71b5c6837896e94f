"""Sites in memory: fresh without a restart, kept when the store is away."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from collector.storage import site_registry as module
from collector.storage.engine import Store
from collector.storage.secrets import secret_key
from collector.storage.site_registry import SiteRegistry
from collector.storage.sites import add_site, set_settings

pytestmark = pytest.mark.stores("sqlite", "postgresql")

MASTER = b"m" * 32


def test_a_new_site_is_known_at_the_first_request(store: Store) -> None:
    """Site made by another process: the request waits for one look into the store, not taken on its event loop."""
    registry = SiteRegistry(store)
    site = add_site(store, MASTER, "Shop", 1)
    assert registry.known.by_write_key(site.write_key) is None
    assert asyncio.run(registry.know(site.write_key))
    for key in (site.write_key, site.prefix, site.publishable_key, secret_key(MASTER, site.uuid)):
        assert asyncio.run(registry.know(key))
    assert registry.known.by_write_key(site.write_key) == site


def test_a_key_made_in_this_process_works_at_once(store: Store) -> None:
    """Key asked for in vain just before, too."""
    registry = SiteRegistry(store)
    site = add_site(store, MASTER, "Shop", 1)
    registry._misses[hash(site.write_key)] = None
    assert not asyncio.run(registry.know(site.write_key))
    registry.refresh()
    assert asyncio.run(registry.know(site.write_key))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Store]:
    """Return a list that grows with each look into the store, which has no site from now on."""
    asked: list[Store] = []

    def load(store: Store) -> list[Any]:
        asked.append(store)
        return []

    monkeypatch.setattr(module, "load_sites", load)
    return asked


def test_many_unknown_keys_do_not_ask_the_store_each_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = SiteRegistry(store)
    asked = counted(monkeypatch)

    async def ask() -> None:
        for number in range(1_000):
            assert not await registry.know(f"wk_{number}")
            assert not await registry.know_build(1, f"{number}")

    asyncio.run(ask())
    assert 1 <= len(asked) < 20


def test_unknown_keys_are_remembered_and_not_for_ever_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MISS_SECONDS", 0.0)
    monkeypatch.setattr(module, "MAX_MISSES", 10)
    monkeypatch.setattr(module, "LOOK_SECONDS", 60.0)  # on a busy machine a look takes longer than anybody waits for it
    registry = SiteRegistry(store)
    asked = counted(monkeypatch)

    async def ask() -> None:
        for _ in range(3):
            for number in range(5):
                assert not await registry.know(f"wk_{number}")
        assert len(asked) == 5, "each once"
        for number in range(100):
            await registry.know(f"more_{number}")
        assert len(registry._misses) <= 10

    asyncio.run(ask())


def test_hanging_store_holds_no_request_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hanging refresh: the first who ask are answered after a moment, the others at once, all as before."""
    site = add_site(store, MASTER, "Shop", 1)
    registry = SiteRegistry(store)
    thaw = threading.Event()
    looks: list[None] = []

    def frozen(_: Store) -> Any:
        looks.append(None)
        thaw.wait(30)
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(module, "load_sites", frozen)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)

    async def ask() -> list[bool]:
        first = await asyncio.gather(*(registry.know(f"wk_{number}") for number in range(50)))
        later = [await registry.know(f"later_{number}") for number in range(50)]
        return [*first, *later, await registry.know(site.write_key)]

    try:
        assert asyncio.run(ask()) == [False] * 100 + [True]
        assert len(looks) == 1
        assert not registry._misses, "nobody has looked, so nobody knows"
    finally:
        thaw.set()


def test_the_sites_stay_in_force_while_the_store_is_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    site = add_site(store, MASTER, "Shop", 1)
    registry = SiteRegistry(store)

    def away(_: Store) -> Any:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(module, "load_sites", away)
    assert not asyncio.run(registry.know("unknown"))
    assert registry.known.by_write_key(site.write_key) == site


def test_registry_follows_in_the_background(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFRESH_SECONDS", 0.02)
    site = add_site(store, MASTER, "Shop", 1)
    registry = SiteRegistry(store)
    registry.start()
    set_settings(store, "Shop", 2, lookback_days=7)
    deadline = time.monotonic() + 5
    while (found := registry.known.by_write_key(site.write_key)) is None or found.lookback_days != 7:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    registry.stop()
