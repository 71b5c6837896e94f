"""The description of every endpoint that a program calls, as the application itself knows it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get


@get("/api/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Beside the read API, rather than on Litestar's own page, whose other paths answer in HTML."""
    return Response(request.app.openapi_schema.to_schema())
