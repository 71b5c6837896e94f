"""Site snapshot: found by each of its keys, and no other."""

from __future__ import annotations

import pytest

from collector.storage.engine import Store
from collector.storage.secrets import secret_key
from collector.storage.site_snapshot import SiteSnapshot
from collector.storage.sites import add_site, load_sites

pytestmark = pytest.mark.stores("sqlite", "postgresql")

MASTER = b"m" * 32


def test_site_is_found_by_each_of_its_keys(store: Store) -> None:
    site = add_site(store, MASTER, "Shop", 1, domains=("shop.test",))
    known = SiteSnapshot.of(load_sites(store))
    assert known.by_write_key(site.write_key) == site
    assert known.by_publishable(site.publishable_key) == site
    assert known.by_secret(secret_key(MASTER, site.uuid)) == site
    assert known.by_prefix(site.prefix) == site
    assert known.by_name("Shop") == site
    for find in (known.by_write_key, known.by_publishable, known.by_secret, known.by_prefix):
        for wrong in ("", "nothing", site.secret_hash, "\x00", "\ud800"):
            assert find(wrong) is None
