"""Reading a request's bytes with our own limit of size."""

from __future__ import annotations

from litestar.types import Receive

from ...errors import BadBody, TooLarge
from ...ingest.limits import MAX_BODY


async def read_body(receive: Receive) -> bytes:
    """Return the body. Raises TooLarge as soon as it is too large; web/gate.py watches over time and memory."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadBody("The connection was closed before the body was complete.")
        part = message["body"]
        size += len(part)
        if size > MAX_BODY:
            raise TooLarge
        if not parts and not message["more_body"]:
            return part
        parts.append(part)
        more = message["more_body"]
    return b"".join(parts)
