"""An answer that is made while it is sent.

Not Litestar's own `Stream`: that takes a ValueError of the iterator for its end, so that a history cut short would look
whole, and waits for the client to hang up after everything was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send


class Streamed(ASGIResponse):
    """Sends chunks as the client takes them; each is made in a thread. When making one fails, the connection is cut."""

    _should_set_content_length = False

    def __init__(self, chunks: Iterator[bytes], media_type: str, headers: dict[str, str]) -> None:
        super().__init__(media_type=media_type, headers=headers)
        self.chunks = chunks

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send everything, or stop when the client is gone."""
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            while (chunk := await asyncio.to_thread(next, self.chunks, None)) is not None and not gone.done():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()


async def _until_gone(receive: Receive) -> None:
    message: Any = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
