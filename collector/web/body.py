"""Reading a request's bytes with our own limits of size and time."""

from __future__ import annotations

import asyncio

from litestar.types import Receive

from ..errors import BadBody, BodyTimeout, TooLarge
from ..ingest.limits import MAX_BODY


async def read_body(receive: Receive, seconds: float) -> bytes:
    """Return the body. Raises TooLarge as soon as it is too large, BodyTimeout when it does not arrive in time."""
    message = await _next(receive, seconds)
    body: bytes = message[0]
    if not message[1]:
        return _checked(body)
    parts, size = [body], len(body)
    deadline = asyncio.get_running_loop().time() + seconds
    more = True
    while more:
        part, more = await _next(receive, deadline - asyncio.get_running_loop().time())
        parts.append(part)
        size += len(part)
        if size > MAX_BODY:
            raise TooLarge
    return b"".join(parts)


async def _next(receive: Receive, seconds: float) -> tuple[bytes, bool]:
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
    except TimeoutError:
        raise BodyTimeout from None
    if message["type"] != "http.request":
        raise BadBody("The connection was closed before the body was complete.")
    return message["body"], message["more_body"]


def _checked(body: bytes) -> bytes:
    if len(body) > MAX_BODY:
        raise TooLarge
    return body
