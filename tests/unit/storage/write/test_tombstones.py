"""Tombstones of deleted people: hashes, mute without the key."""

from __future__ import annotations

import pytest

from collector.storage.engine import Store
from collector.storage.write import tombstones

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_only_the_key_finds_a_name_again(store: Store) -> None:
    names = [("user", "ada"), ("email", "ada@x.io"), ("anonymous_id", "ada")]
    with store.write() as connection:
        assert tombstones.find(connection, 1, b"k", names) == {}
        tombstones.put(connection, 1, b"k", names[:2], 5)
        assert tombstones.find(connection, 1, b"k", names) == {("user", "ada"): 5, ("email", "ada@x.io"): 5}
        assert tombstones.find(connection, 1, b"other", names) == {}
        assert tombstones.find(connection, 2, b"k", names) == {}
        tombstones.put(connection, 1, b"k", names[:1], 9)
        assert tombstones.find(connection, 1, b"k", names)[("user", "ada")] == 9


def test_a_hash_never_changes_with_a_release() -> None:
    """Hash written down, or deleted people come back."""
    expected = "6cf26b3e2d35875e82a0dff695dc20e47bbe0c1508c51bc97e0f394badcb6205"
    assert tombstones.value_hash(b"k", 1, "user", "ada") == expected
