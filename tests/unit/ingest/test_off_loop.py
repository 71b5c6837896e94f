"""Threads beside the event loop for what is large or costly, and only with a key that is known."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from collector.ingest import receive, salvage, wire
from collector.ingest.limits import MAX_BODY
from collector.ingest.off_loop import SMALL, OffLoop
from tests.support.app import WRITE_KEY, App
from tests.unit.test_hostile_input import event


def test_off_loop_returns_and_raises_as_the_function() -> None:
    off_loop = OffLoop()

    async def ask() -> tuple[Any, ...]:
        small = await off_loop.call_for(SMALL, threading.current_thread)
        large = await off_loop.call_for(SMALL + 1, threading.current_thread)
        with pytest.raises(ZeroDivisionError):
            await off_loop.call(lambda: 1 // 0)
        return small is threading.current_thread(), large.name.startswith("ingest")

    assert asyncio.run(ask()) == (True, True)


def never_closed(rest: bytes) -> bytes:
    """Body of 0.5 MB that does not decode, and is costly to cut."""
    return (b"[" + rest * MAX_BODY)[: MAX_BODY - 200]


COSTLY = {
    "an array of objects that are never closed": never_closed(b'{"a":[0,'),
    "the same without commas": never_closed(b'{"a":[0'),
    "in a batch": b'{"batch":' + never_closed(b'{"type":"t","messageId":['),
    "brackets": never_closed(b"["),
    "texts": never_closed(b'"x",'),
    "events, each with a bracket too many": never_closed(b'{"type":"track","event":"e","anonymousId":"a"}},'),
    "numbers": b'{"batch":[{"a":' + b"9" * 400_000 + b"}",
    "one text": b'{"batch":[{"a":"' + b"x" * 400_000,
}


@pytest.fixture
def salvaged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Threads in which bodies are cut."""
    threads: list[str] = []
    cut: Callable[..., Any] = salvage.cut_events

    def watched(*arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return cut(*arguments)

    monkeypatch.setattr(salvage, "cut_events", watched)
    return threads


@pytest.mark.parametrize("name", COSTLY)
def test_salvage_needs_a_known_key(app: App, salvaged: list[str], name: str) -> None:
    assert app.post("/v1/batch", COSTLY[name]).status == 400
    assert app.post("/v1/batch", COSTLY[name], x_write_key="wk_nobody").status == 401
    assert salvaged == []
    assert app.quarantine() == []


@pytest.mark.parametrize("name", COSTLY)
def test_salvage_runs_beside_the_loop(app: App, salvaged: list[str], name: str) -> None:
    answer = app.post("/v1/batch", COSTLY[name], x_write_key=WRITE_KEY)
    assert answer.status in (200, 400, 413)
    assert [thread.startswith("ingest") for thread in salvaged] == [True]
    app.assert_conserved()
    assert app.batch(event()).json["stored"] == 1


def test_either_key_in_the_body_has_its_events_salvaged(app: App) -> None:
    """Salvage with a server's secret key there, as with a write key: one bad event costs neither the others."""
    for number, key in enumerate((WRITE_KEY, app.secret_key)):
        good = json.dumps(event(messageId=f"m{number}")).encode()
        body = b'{"writeKey":' + json.dumps(key).encode() + b',"batch":[{"a":01},' + good + b"]}"
        assert app.post("/v1/batch", body).json["stored"] == 1


@pytest.mark.parametrize("key", ["wk_nobody", "sk_nobody", ""])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
def test_an_unknown_key_is_refused_before_the_body_is_looked_at(
    app: App, monkeypatch: pytest.MonkeyPatch, key: str, path: str
) -> None:
    for owner, name in ((receive, "unpack"), (wire, "decode_batch"), (wire, "decode_single")):
        monkeypatch.setattr(owner, name, lambda *_: pytest.fail("the body was worked on"))
    answer = app.post(path, json.dumps({"batch": [event()]}).encode(), authorization=f"Bearer {key or 'x'}")
    assert (answer.status, answer.json["code"]) == (401, "unknown_key")


def test_a_large_batch_is_worked_on_beside_the_loop(app: App) -> None:
    """Large batch, like a small one: all stored, in order."""
    events = [event(messageId=f"m{number:04}", properties={"x": "y" * 100}) for number in range(1_000)]
    assert app.batch(*events).json["stored"] == 1_000
    assert [row["message_id"] for row in app.events()][:3] == ["m0000", "m0001", "m0002"]
