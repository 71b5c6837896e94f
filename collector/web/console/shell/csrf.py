"""Requests that another website makes a signed-in person's browser send: refused on every route that changes anything."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from ....errors import Forbidden
from .session import Cookies, Session

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequest(Forbidden):
    code = "forged_request"
    sentence = "This form did not come from the page that you have open. Go back, reload the page and send it again."


def refuse_forgery(cookies: Cookies) -> Guard:
    """Return a guard: the form must carry the session's token, and no browser may say that another site sent it.

    Where a session is needed, the guard that asks for it comes first: the token of one that is over opens nothing.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if connection.scope.get("method") in SAFE_METHODS or not isinstance(connection, Request):
            return
        session = _session(connection, cookies)
        if session is None or not _same_origin(connection):
            raise ForgedRequest
        token = (await connection.form()).get("token")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), cookies.form_token(session).encode()):
            raise ForgedRequest

    return guard


def _session(request: Request[Any, Any, Any], cookies: Cookies) -> Session | None:
    """The session that was found to hold; only where none is needed, the visit that the login form is bound to."""
    session = request.scope.get("user")
    return session if isinstance(session, Session) else cookies.read_login(request.cookies.get(cookies.login_name))


def _same_origin(request: Request[Any, Any, Any]) -> bool:
    """Believe Sec-Fetch-Site where the browser sends it, else Origin. Under our `no-referrer` policy a form of our own
    page says `Origin: null`, so that value decides nothing; the token does."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
