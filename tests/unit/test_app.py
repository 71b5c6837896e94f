"""Wiring: an installation opens what is there, refuses what is unsafe, and keeps the two applications apart."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collector.app import Installation, create_app, create_collector, create_console_alone
from collector.config import Settings
from collector.errors import ConfigError
from tests.support.app import App


def paths(application: Any) -> set[str]:
    return {route.path for route in application.routes}


def test_the_first_start_and_the_second(tmp_path: Path) -> None:
    first = Installation(Settings(data=tmp_path / "data"))
    first.stop()
    second = Installation(Settings(data=tmp_path / "data"))
    second.stop()
    assert (first.first_site is None, second.first_site is None) == (False, True)
    assert (first.first_password is None, second.first_password is None) == (False, True)
    assert first.master == second.master


def test_an_unsafe_store_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.app.setup.durability_problems", lambda _: ["it does not flush"])
    with pytest.raises(ConfigError, match=r"it does not flush.*PASSERBY_ALLOW_UNSAFE_STORE"):
        Installation(Settings(data=tmp_path / "data"))
    allowed = Installation(Settings(data=tmp_path / "data", allow_unsafe_store=True))
    assert allowed.unsafe == ["it does not flush"]
    allowed.stop()


def test_two_applications(app: App) -> None:
    """Applications: the collector has no console, the console takes no events; both are one."""
    collector, alone, both = (make(app.installation) for make in (create_collector, create_console_alone, create_app))
    assert "/v1/batch" in paths(collector)
    assert not [path for path in paths(collector) if path.startswith("/console")]
    assert not [path for path in paths(alone) if path.startswith(("/v1", "/api", "/{prefix"))]
    assert paths(both) >= paths(collector) | paths(alone)


def test_stop_waits_for_requests_under_way(tmp_path: Path) -> None:
    made = App(tmp_path / "data").__enter__()
    body = b'{"type":"track","event":"e","anonymousId":"a","writeKey":"wk_golden"}'

    async def send_and_stop() -> list[int]:
        sending = [asyncio.ensure_future(made.requested("POST", "/v1/track", [body])) for _ in range(50)]
        await asyncio.sleep(0.01)
        await asyncio.get_running_loop().run_in_executor(None, made.installation.journal.stop)
        return [answer.status for answer in await asyncio.gather(*sending)]

    statuses = asyncio.run(send_and_stop())
    assert set(statuses) <= {200, 503}
    assert len(made.events()) == statuses.count(200)
    made.close()
