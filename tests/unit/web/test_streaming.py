"""Streaming answers, made while sent: whole, cut when making them fails, given up when nobody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from collector.web.streaming import Streamed


def chunks(number: int, made: list[int], error: Exception | None = None) -> Iterator[bytes]:
    for one in range(number):
        made.append(one)
        yield b"x"
    if error is not None:
        raise error


async def sent(answer: Streamed, leaves_after: int | None = None) -> list[Any]:
    """Messages that a server would send to a client who leaves after so many."""
    messages: list[Any] = []
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)
        if leaves_after is not None and len(messages) > leaves_after:
            gone.set()
            await asyncio.sleep(0.01)

    await answer({"type": "http"}, receive, send)  # type: ignore[arg-type]
    return messages


def test_stream_is_sent_whole() -> None:
    """Stream that ends: a client who stays is not waited for."""
    start, *body = asyncio.run(sent(Streamed(chunks(3, []), "text/plain", {"x-more": "yes"})))
    headers = dict(start["headers"])
    assert (start["status"], headers[b"x-more"], headers[b"content-type"]) == (200, b"yes", b"text/plain; charset=utf-8")
    assert b"content-length" not in headers
    assert [(message["body"], message["more_body"]) for message in body] == [(b"x", True)] * 3 + [(b"", False)]


@pytest.mark.parametrize("error", [ValueError("x"), OSError("x"), RuntimeError("x")])
def test_failed_stream_does_not_look_whole(error: Exception) -> None:
    """The server cuts the connection when the application raises; a ValueError too is no end."""
    with pytest.raises(type(error)):
        asyncio.run(sent(Streamed(chunks(2, [], error), "text/plain", {})))


def test_stream_stops_when_the_client_leaves() -> None:
    made: list[int] = []
    asyncio.run(sent(Streamed(chunks(1_000, made), "text/plain", {}), leaves_after=3))
    assert len(made) < 10
