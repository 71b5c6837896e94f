"""Sign-in, sign-out, and the guard that every other page stands behind."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Body, SkipValidation
from litestar.response import Redirect
from litestar.types import Guard

from ....domain.ip import Address
from ....storage import users
from ....storage.engine import Store
from ....storage.users import ConsoleUser
from ...ingest.client_address import client_address
from .passwords import RETRY_SECONDS, Busy, PasswordChecks
from .render import AnyRequest, Templates, html
from .session import Cookies, KnownDevice, Session, new_visit
from .settings import ConsoleSettings
from .throttle import Throttle

_FORM = RequestEncodingType.URL_ENCODED
_OWN_PAGE = re.compile(r"/[A-Za-z0-9._~/?&=%:@+-]*\Z")


class NotSignedIn(Exception):
    """No session: redirect to the login, and back to the page afterwards."""


class TooManyTries(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Attempt(msgspec.Struct, frozen=True):
    """A name and a password, and where they come from: the address, and the browser if it is a known one of that name."""

    name: str
    password: str
    address: Address | None = None
    device: KnownDevice | None = None


class Authentication:
    """Checks passwords and sessions."""

    def __init__(self, store: Store, settings: ConsoleSettings, templates: Templates) -> None:
        self.cookies = Cookies(settings)
        self.templates = templates
        self.throttle = Throttle()
        self.checks = PasswordChecks()
        self._store = store
        self.base = settings.base_path
        self._trusted_proxies = settings.trusted_proxies

    def attempt(self, request: AnyRequest, name: str, password: str) -> Attempt:
        peer, cookies = request.scope["client"], request.cookies
        forwarded = request.headers.getall("x-forwarded-for", [])
        address = client_address(peer[0] if peer else None, forwarded, self._trusted_proxies)
        return Attempt(name, password, address, self.cookies.read_device(cookies.get(self.cookies.device_name), name))

    async def check(self, attempt: Attempt) -> ConsoleUser | None:
        """Return the user if the password is theirs. Raises TooManyTries while this has to wait, and Busy."""
        counts = self.throttle.counts(attempt.name, attempt.address, attempt.device.device_id if attempt.device else None)
        wait = self.throttle.begin(counts)
        if wait:
            raise TooManyTries(wait)
        try:
            user = await self.checks.run(lambda: self._check(attempt), is_known=len(counts) == 1)
        except Busy:
            self.throttle.take_back(counts)
            raise
        if user is not None:
            self.throttle.take_back(counts, forget=True)
        return user

    def _check(self, attempt: Attempt) -> ConsoleUser | None:
        with self._store.read() as connection:
            return users.verify_password(connection, attempt.name, attempt.password)

    def signed_in(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Session | None:
        """Return the session that the request's cookie holds, if it is not over. Asks the store."""
        session = self.presented(connection)
        return session if session is not None and self._still_holds(session) else None

    def presented(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Session | None:
        """Return the session that the request's cookie holds, by its signature alone."""
        return self.cookies.read(connection.cookies.get(self.cookies.session_name))

    def _still_holds(self, session: Session) -> bool:
        """The user is there, the password the same, and nobody has signed out."""
        with self._store.read() as connection:
            user = users.find_user(connection, session.user)
            if user is None or user.stamp != session.stamp:
                return False
            return not users.is_signed_out(connection, session.user, session.session_id)

    def end(self, session: Session) -> None:
        """Sign out: a copy of the cookie is worth nothing from now on."""
        with self._store.write() as connection:
            users.sign_out(connection, session.user, session.session_id)

    def sign_in(self, request: AnyRequest, user: ConsoleUser, back: str) -> Response[Any]:
        """Answer with a new session, and end the one that this browser had."""
        before = self.signed_in(request)
        if before is not None:
            self.end(before)
        answer = Redirect(way_back(self, back), status_code=303)
        cookies = self.cookies
        answer.cookies += [
            cookies.session(user.name, user.stamp),
            cookies.device(user.name),
            cookies.removed(cookies.login_name),
        ]
        return answer

    def visit(self, request: AnyRequest) -> Session:
        """The session of nobody that binds the login form; the same for two tabs."""
        return self.cookies.read_login(request.cookies.get(self.cookies.login_name)) or new_visit()


def way_back(authentication: Authentication, wanted: object) -> str:
    """Return the page to show after signing in: one of our own, whatever the query string says."""
    if not isinstance(wanted, str) or not _OWN_PAGE.match(wanted) or "//" in wanted:
        return authentication.templates.url("/activity")
    ours = wanted.startswith(authentication.base + "/") and not wanted.startswith(authentication.base + "/log")
    return wanted if ours else authentication.templates.url("/activity")


def _form(
    authentication: Authentication, request: AnyRequest, back: str, problem: str = "", name: str = "", status: int = 200
) -> Response[str]:
    """Answer with the login form, bound to a session of nobody."""
    visit = authentication.visit(request)
    values = {
        "token": authentication.cookies.form_token(visit),
        "back": back,
        "problem": problem,
        "name": name,
        "url": authentication.templates.url,
        "user": None,
    }
    answer = html(authentication.templates.render("console/login.html", None, values), status)
    answer.cookies.append(authentication.cookies.login(visit))
    return answer


def require_session(authentication: Authentication) -> Guard:
    """Return a guard that leaves the session as the request's user, or raises NotSignedIn."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        session = (
            await sync_to_thread(authentication.signed_in, connection)
            if authentication.presented(connection) is not None
            else None
        )
        if session is None:
            raise NotSignedIn
        connection.scope["user"] = session

    return guard


AuthenticationDependency = NamedDependency[SkipValidation[Authentication]]


@get("/login", sync_to_thread=True)
def show_login(request: AnyRequest, authentication: AuthenticationDependency) -> Response[Any]:
    back = way_back(authentication, request.query_params.get("next"))
    if authentication.signed_in(request) is not None:
        return Redirect(back, status_code=303)
    return _form(authentication, request, back)


@post("/login")
async def login(
    request: AnyRequest, authentication: AuthenticationDependency, data: Annotated[dict[str, Any], Body(media_type=_FORM)]
) -> Response[Any]:
    name, password, back = (_text(data.get(key)) for key in ("name", "password", "next"))
    seconds = 0
    try:
        user = await authentication.check(authentication.attempt(request, name, password))
    except TooManyTries as error:
        seconds, status, problem = error.seconds, 429, f"Too many tries. Wait {error.seconds} seconds."
    except Busy:
        seconds, status, problem = RETRY_SECONDS, 503, "Too many others are signing in. Try again in a moment."
    else:
        if user is not None:
            return await sync_to_thread(authentication.sign_in, request, user, back)
        status, problem = 401, "Wrong name or password."
    answer = await sync_to_thread(_form, authentication, request, way_back(authentication, back), problem, name, status)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


@post("/logout", sync_to_thread=True)
def logout(request: AnyRequest, authentication: AuthenticationDependency) -> Response[Any]:
    authentication.end(request.user)
    answer = Redirect(authentication.templates.url("/login"), status_code=303)
    answer.cookies.append(authentication.cookies.removed(authentication.cookies.session_name))
    return answer


def _text(value: object) -> str:
    return value[:1000] if isinstance(value, str) else ""


def redirect_to_login(request: AnyRequest, authentication: Authentication) -> Response[Any]:
    """Answer a request without a session: to the login form, and back to the page that was asked for afterwards.

    A link from another website does not bring the Strict cookie along, even if there is a session; and a redirect would
    still count as that website's. So the browser is sent on by a page of our own, which then does bring the cookie.
    """
    asked = authentication.templates.url(request.scope["path"])
    query = request.scope["query_string"].decode("latin-1")
    there = authentication.templates.url("/login", next=f"{asked}?{query}" if query else asked)
    if request.headers.get("hx-request") == "true":
        return html("", headers={"HX-Redirect": there})
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return html(authentication.templates.render("console/onward.html", None, {"there": there}))
    return Redirect(there, status_code=303)
