"""Answers that are not pages of the console: the files, errors, and the headers that every answer carries."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Response, get
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect
from litestar.types import Message, Scope

from ....errors import NotFound, PasserbyError
from ...errors import known_error
from .assets import Asset
from .login import Authentication, AuthenticationDependency, NotSignedIn, redirect_to_login
from .render import AnyRequest, html

_log = structlog.get_logger()

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

AssetsDependency = NamedDependency[SkipValidation[dict[str, Asset]]]


async def put_headers(message: Message, _: Scope) -> None:
    """Every answer of the console, errors too, is shown under this policy and kept by nobody."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")


@get("/static/{name:str}", sync_to_thread=False)
def static_file(request: AnyRequest, name: FromPath[str], assets: AssetsDependency) -> Response[bytes]:
    """A file under its version may be kept for a year, any other address of it not at all."""
    asset = assets.get(name)
    if asset is None:
        raise NotFound
    current = request.query_params.get("v") == asset.version
    keep = "public, max-age=31536000, immutable" if current else "no-cache"
    return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": keep})


@get("/", sync_to_thread=False)
def home(authentication: AuthenticationDependency) -> Redirect:
    return Redirect(authentication.templates.url("/activity"), status_code=303)


class ErrorPages:
    """Exception handlers: a page with a sentence, never a traceback."""

    def __init__(self, authentication: Authentication) -> None:
        self._authentication = authentication

    def handlers(self) -> dict[Any, Any]:
        return {
            NotSignedIn: lambda request, _: redirect_to_login(request, self._authentication),
            PasserbyError: lambda _, error: self._page(error.status, error.message),
            HTTPException: lambda _, error: self._page(error.status_code, error.detail),
            Exception: self._unexpected,
        }

    def _unexpected(self, request: AnyRequest, error: Exception) -> Response[str]:
        known = known_error(error)
        if known is not None:
            return self._page(known.status, known.message)
        _log.error("console page failed", route=request.scope.get("path_template"), exc_info=error)
        return self._page(500, PasserbyError.sentence)

    def _page(self, status: int, sentence: str) -> Response[str]:
        values = {"status": status, "sentence": sentence, "url": self._authentication.templates.url, "user": None}
        return html(self._authentication.templates.render("console/error.html", None, values), status)
