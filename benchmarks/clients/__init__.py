"""The clients by their names on the command line."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import Collector

from .client import Client
from .floor import Blank, OneLine
from .openpanel import OpenPanel
from .passerby import Passerby, PasserbyLoader, PasserbyTag, PasserbyWithMessages
from .plausible import Plausible
from .posthog import PostHog
from .segment import Segment
from .umami import Umami

OURS: dict[str, type[Passerby]] = {one.name: one for one in (Passerby, PasserbyTag, PasserbyLoader, PasserbyWithMessages)}
PEERS: dict[str, type[Client]] = {one.name: one for one in (OpenPanel, Umami, Plausible, Segment, PostHog)}
FLOOR: dict[str, type[Client]] = {one.name: one for one in (Blank, OneLine)}


@contextmanager
def made(name: str, umami: Path | None = None) -> Iterator[Client]:
    """The client of this name, with a collector of its own if it is ours. `umami`: the script of another Umami."""
    if name not in OURS:
        yield Umami(umami) if name == Umami.name and umami else {**PEERS, **FLOOR}[name]()
        return
    with tempfile.TemporaryDirectory(prefix="passerby-benchmark-") as folder, Collector(Path(folder) / "data") as collector:
        yield OURS[name](collector)
