"""Events on the shortest way: their POSTs are answered before Litestar's router, whose work is a fifth of what an event costs.

Everything else on these paths, and their description, is the router's (segment.py).
"""

from __future__ import annotations

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from ..errors import fault_answer
from .segment import DECODERS, Ingest

_VERSION = "v1"


def events_first(ingest: Ingest, router: ASGIApp) -> ASGIApp:
    """Return an application that answers `POST [/{prefix}]/v1/{kind}` itself, and leaves the rest to the router."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" and not scope.get("root_path"):
            before, _, kind = scope["path"].rpartition("/")
            prefix, _, version = before.rpartition("/")
            if version == _VERSION and kind in DECODERS and (not prefix or _is_one_part(prefix)):
                scope["path_params"] = {"prefix": prefix[1:]} if prefix else {}
                try:
                    answer = await ingest.answer(Request(scope, receive, send), DECODERS[kind])
                except Exception as error:
                    answer = fault_answer("/v1/" + kind, error)
                await answer(scope, receive, send)
                return
        await router(scope, receive, send)

    return application


def _is_one_part(path: str) -> bool:
    return len(path) > 1 and path.rfind("/") == 0
