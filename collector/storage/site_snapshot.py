"""All sites at one moment, found by each of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from ..domain.sites import Site
from .secrets import key_hash


class SiteSnapshot(msgspec.Struct, frozen=True):
    """All sites, oldest first, and indexes of them; `of` makes one."""

    all: tuple[Site, ...]
    _by_write_key: dict[str, Site]
    _by_publishable: dict[str, Site]
    _by_secret: dict[str, Site]
    _by_prefix: dict[str, Site]
    _by_name: dict[str, Site]

    @classmethod
    def of(cls, sites: Sequence[Site]) -> Self:
        names = ("write_key", "publishable_key", "secret_hash", "prefix", "name")
        return cls(tuple(sites), *({getattr(site, name): site for site in sites} for name in names))

    def by_write_key(self, key: str) -> Site | None:
        return self._by_write_key.get(key)

    def by_publishable(self, key: str) -> Site | None:
        return self._by_publishable.get(key)

    def by_secret(self, key: str) -> Site | None:
        """Look a secret key up by its SHA-256, so that how long it takes says nothing about the key."""
        return self._by_secret.get(key_hash(key))

    def by_prefix(self, prefix: str) -> Site | None:
        return self._by_prefix.get(prefix)

    def by_name(self, name: str) -> Site | None:
        return self._by_name.get(name)

    def knows(self, key: str) -> bool:
        """Say whether the key, or prefix, is one of a site's."""
        return (
            key in self._by_write_key
            or key in self._by_prefix
            or key in self._by_publishable
            or self.by_secret(key) is not None
        )
