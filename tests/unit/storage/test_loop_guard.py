"""Loop guard: a store used on the event loop raises in the tests, and is told of in production."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from collector.storage import loop_guard
from collector.storage.engine import Store

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def used(store: Store, how: str) -> None:
    with getattr(store, how)():
        pass


@pytest.mark.parametrize("how", ["read", "write"])
def test_loop_guard_on_the_loop_and_beside_it(store: Store, how: str) -> None:
    async def on_the_loop() -> None:
        used(store, how)

    async def beside_it() -> None:
        await asyncio.to_thread(used, store, how)

    assert loop_guard.is_strict, "every test is run under this guard"
    used(store, how)
    asyncio.run(beside_it())
    with pytest.raises(loop_guard.StoreOnEventLoop, match="test_loop_guard"):
        asyncio.run(on_the_loop())


def test_loop_guard_logs_once_in_production(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_guard, "is_strict", False)
    monkeypatch.setattr(loop_guard, "_told", set())

    async def twice() -> None:
        for _ in range(2):
            used(store, "read")

    with capture_logs() as told:
        asyncio.run(twice())
    (entry,) = told
    assert entry["log_level"] == "error"
    assert entry["file"].endswith("test_loop_guard.py")
