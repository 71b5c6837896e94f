"""Requests that another website makes a signed-in person's browser send: refused on every route that changes anything."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from ...errors import Forbidden
from .session import Cookies, Session

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequest(Forbidden):
    code = "forged_request"
    sentence = "This form did not come from the page that you have open. Go back, reload the page and send it again."


class RefuseForgery:
    """A guard: needs the session's token in the form, and a browser that does not say another site sent it."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if connection.scope.get("method") in SAFE_METHODS or not isinstance(connection, Request):
            return
        if not _same_origin(connection):
            raise ForgedRequest
        session = self._session(connection)
        form = await connection.form()
        token = form.get("token")
        if session is None or not isinstance(token, str):
            raise ForgedRequest
        if not hmac.compare_digest(token.encode(), self._cookies.form_token(session).encode()):
            raise ForgedRequest

    def _session(self, request: Request[Any, Any, Any]) -> Session | None:
        jar = request.cookies
        return self._cookies.read(jar.get(self._cookies.session_name)) or self._cookies.read(
            jar.get(self._cookies.login_name)
        )


def _same_origin(request: Request[Any, Any, Any]) -> bool:
    """Believe Sec-Fetch-Site where the browser sends it, else Origin. Under our `no-referrer` policy a form of our own
    page says `Origin: null`, so that value decides nothing; the token does."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
