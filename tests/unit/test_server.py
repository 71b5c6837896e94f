"""Server that ends by itself: a failure, whether it raises, returns, or never opens its port."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collector import server
from collector.app import Installation
from collector.config import Settings
from tests.support.server import free_port


class Failing:
    """Server that cannot go on; Granian's own faults cannot be ordered."""

    def __init__(self, error: BaseException | None, seconds: float) -> None:
        self._error = error
        self._seconds = seconds

    async def serve(self) -> None:
        await asyncio.sleep(self._seconds)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        pass


@pytest.mark.parametrize("opens", [True, False], ids=["after it opened", "before it opened"])
@pytest.mark.parametrize("error", [OSError("address in use"), RuntimeError("no"), None], ids=str)
def test_a_server_that_ends_by_itself_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException | None, opens: bool
) -> None:
    settings = Settings(data=tmp_path / "data", port=free_port())
    greeted: list[Installation] = []

    def servers(*_: Any) -> list[Any]:
        failing = Failing(error, 0.5 if opens else 0.0)
        return [server.make_server(_nothing, settings.host, settings.port, settings), failing] if opens else [failing]

    monkeypatch.setattr(server, "_servers", servers)
    assert server.serve(settings, greeted.append) == 1
    assert len(greeted) == opens


async def _nothing(*_: Any) -> None:
    pass
