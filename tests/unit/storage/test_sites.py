"""Sites in the store and in memory: found by each of their keys, fresh without a restart, kept when the store is away."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from collector.errors import ConfigError
from collector.storage import sites as module
from collector.storage.engine import Store
from collector.storage.secrets import secret_key
from collector.storage.sites import SiteRegistry, add_site, find_site, set_settings

pytestmark = pytest.mark.stores("sqlite", "postgresql")

MASTER = b"m" * 32


def test_by_each_of_its_keys(store: Store) -> None:
    site = add_site(store, MASTER, "Shop", 1, domains=("shop.test",))
    registry = SiteRegistry(store)
    assert registry.by_write_key(site.write_key) == site
    assert registry.by_publishable(site.publishable_key) == site
    assert registry.by_secret(secret_key(MASTER, site.uuid)) == site
    assert registry.by_prefix(site.prefix) == site
    assert registry.by_uuid(site.uuid) == site
    assert registry.by_name("Shop") == site
    for find in (registry.by_write_key, registry.by_publishable, registry.by_secret, registry.by_prefix, registry.by_uuid):
        for wrong in ("", "nothing", site.secret_hash, "\x00", "\ud800"):
            assert find(wrong) is None


def test_a_new_site_is_known_at_the_first_request(store: Store) -> None:
    """Made by another process; the request waits for one look into the store, which is not taken on its event loop."""
    registry = SiteRegistry(store)
    site = add_site(store, MASTER, "Shop", 1)
    assert registry.by_write_key(site.write_key) is None
    assert asyncio.run(registry.know(site.write_key))
    for key in (site.write_key, site.prefix, site.publishable_key, secret_key(MASTER, site.uuid)):
        assert asyncio.run(registry.know(key))
    assert registry.by_write_key(site.write_key) == site


def test_a_key_made_in_this_process_works_at_once(store: Store) -> None:
    """Also one that was asked for in vain just before."""
    registry = SiteRegistry(store)
    site = add_site(store, MASTER, "Shop", 1)
    registry._misses[hash(site.write_key)] = None
    assert not asyncio.run(registry.know(site.write_key))
    registry.refresh()
    assert asyncio.run(registry.know(site.write_key))


def test_many_unknown_keys_do_not_ask_the_store_each_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = SiteRegistry(store)
    asked: list[Store] = []

    def counted(store: Store) -> list[Any]:
        asked.append(store)
        return []

    monkeypatch.setattr(module, "load_sites", counted)

    async def ask() -> None:
        for number in range(1_000):
            assert not await registry.know(f"wk_{number}")
            assert not await registry.know_build(1, f"{number}")

    asyncio.run(ask())
    assert 1 <= len(asked) < 20


def test_unknown_keys_are_remembered_and_not_for_ever_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MISS_SECONDS", 0.0)
    monkeypatch.setattr(module, "MAX_MISSES", 10)
    registry = SiteRegistry(store)
    asked: list[Store] = []

    def counted(store: Store) -> list[Any]:
        asked.append(store)
        return []

    monkeypatch.setattr(module, "load_sites", counted)

    async def ask() -> None:
        for _ in range(3):
            for number in range(5):
                assert not await registry.know(f"wk_{number}")
        assert len(asked) == 5, "each once"
        for number in range(100):
            await registry.know(f"more_{number}")
        assert len(registry._misses) <= 10

    asyncio.run(ask())


def test_a_store_that_says_nothing_holds_nobody_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that does not come to an end: the first who ask are answered after a moment, the others at once, all as before."""
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
    assert registry.by_write_key(site.write_key) == site


def test_followed_in_the_background(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFRESH_SECONDS", 0.02)
    site = add_site(store, MASTER, "Shop", 1)
    registry = SiteRegistry(store)
    registry.start()
    set_settings(store, "Shop", 2, lookback_days=7)
    deadline = time.monotonic() + 5
    while (found := registry.by_write_key(site.write_key)) is None or found.lookback_days != 7:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    registry.stop()


def test_names(store: Store) -> None:
    with pytest.raises(ConfigError, match="none yet"):
        find_site(store, None)
    one = add_site(store, MASTER, "One", 1)
    assert find_site(store, None) == one
    with pytest.raises(ConfigError, match="already"):
        add_site(store, MASTER, "One", 1)
    add_site(store, MASTER, "Two", 1)
    with pytest.raises(ConfigError, match="One, Two"):
        find_site(store, None)
    with pytest.raises(ConfigError, match="'Three'"):
        find_site(store, "Three")


def test_settings_survive(store: Store) -> None:
    values: dict[str, Any] = {
        "domains": ("a.io", "b.io"), "base_url": "https://a.io", "cookie_name": "c", "cookie_domain": "a.io", "cross_subdomain": False,
        "only_own_origins": True, "privacy_signals": "off", "consent_required": True, "hash_pages": True, "lookback_days": 30,
    }  # fmt: skip
    add_site(store, MASTER, "Shop", 1, **values)
    found = find_site(store, "Shop")
    assert {name: getattr(found, name) for name in values} == values


def test_prefixes_are_words(store: Store) -> None:
    """No list of known trackers can hold them, and none begins with a digit or collides with a path of ours."""
    made = [add_site(store, MASTER, f"Site {number}", 1) for number in range(50)]
    assert len({site.prefix for site in made}) == 50
    for site in made:
        assert site.prefix.isalnum()
        assert site.prefix[0].isalpha()
        assert site.prefix == site.prefix.lower()
