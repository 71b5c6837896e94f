"""Sites in the store: their names, settings and prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from collector.errors import ConfigError
from collector.storage.engine import Store
from collector.storage.sites import add_site, find_site

pytestmark = pytest.mark.stores("sqlite", "postgresql")

MASTER = b"m" * 32


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
    """Prefixes can be on no list of known trackers; none begins with a digit or collides with our paths."""
    made = [add_site(store, MASTER, f"Site {number}", 1) for number in range(50)]
    assert len({site.prefix for site in made}) == 50
    for site in made:
        assert site.prefix.isalnum()
        assert site.prefix[0].isalpha()
        assert site.prefix == site.prefix.lower()
