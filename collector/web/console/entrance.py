"""The door: sign in, sign out, and the guard that every other page stands behind."""

from __future__ import annotations

import re
import threading
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Body, SkipValidation
from litestar.response import Redirect
from litestar.types import Guard

from ...storage import console_users
from ...storage.console_users import ConsoleUser
from ...storage.engine import Store
from .render import AnyRequest, Templates, html
from .session import Cookies, Session, new_visit
from .settings import ConsoleSettings
from .throttle import Throttle

BUSY_SECONDS = 3
"""How long a sign-in waits for the others before it."""
_FORM = RequestEncodingType.URL_ENCODED
_OWN_PAGE = re.compile(r"/[A-Za-z0-9._~/?&=%:@+-]*\Z")


class NotSignedIn(Exception):
    """Somebody asked for a page without a session; they are shown the door, and brought back afterwards."""


class TooManyTries(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Door:
    """Checks passwords and sessions. One password at a time: each check takes 64 MiB."""

    def __init__(self, store: Store, settings: ConsoleSettings, templates: Templates) -> None:
        self.cookies = Cookies(settings)
        self.templates = templates
        self.throttle = Throttle()
        self._store = store
        self._base = settings.base_path
        self._one_at_a_time = threading.Lock()

    def check(self, name: str, password: str) -> ConsoleUser | None:
        """Return the user if the password is theirs. Raises TooManyTries while the name, or everybody, has to wait."""
        if not self._one_at_a_time.acquire(timeout=BUSY_SECONDS):
            raise TooManyTries(BUSY_SECONDS)
        try:
            return self._check(name, password)
        finally:
            self._one_at_a_time.release()

    def _check(self, name: str, password: str) -> ConsoleUser | None:
        wait = self.throttle.wait(name)
        if wait:
            raise TooManyTries(wait)
        with self._store.read() as connection:
            user = console_users.verify_password(connection, name, password)
        if user is None:
            self.throttle.failed(name)
        else:
            self.throttle.succeeded(name)
        return user

    def signed_in(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Session | None:
        """Return the session that the request's cookie holds, if the user and the password are still the same."""
        session = self.cookies.read(connection.cookies.get(self.cookies.session_name))
        return session if session is not None and self._still_holds(session) else None

    def _still_holds(self, session: Session) -> bool:
        with self._store.read() as connection:
            user = console_users.find_user(connection, session.user)
        return user is not None and user.stamp == session.stamp

    def visit(self, request: AnyRequest) -> Session:
        """The session of nobody that binds the login form; the same for two tabs."""
        return self.cookies.read(request.cookies.get(self.cookies.login_name)) or new_visit()

    def way_back(self, wanted: object) -> str:
        """Return the page to show after signing in: one of our own, whatever the query string says."""
        if not isinstance(wanted, str) or not _OWN_PAGE.match(wanted) or "//" in wanted:
            return self.templates.url("/activity")
        ours = wanted.startswith(self._base + "/") and not wanted.startswith(self._base + "/log")
        return wanted if ours else self.templates.url("/activity")

    def form(self, request: AnyRequest, back: str, problem: str = "", name: str = "", status: int = 200) -> Response[str]:
        visit = self.visit(request)
        values = {
            "token": self.cookies.form_token(visit),
            "back": back,
            "problem": problem,
            "name": name,
            "url": self.templates.url,
            "user": None,
        }
        answer = html(self.templates.render("console/login.html", None, values), status)
        answer.cookies.append(self.cookies.login(visit))
        return answer


def require_session(door: Door) -> Guard:
    """Return a guard that leaves the session as the request's user, or raises NotSignedIn."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        session = door.signed_in(connection)
        if session is None:
            raise NotSignedIn
        connection.scope["user"] = session

    return guard


DoorDependency = NamedDependency[SkipValidation[Door]]


@get("/login", sync_to_thread=True)
def show_login(request: AnyRequest, door: DoorDependency) -> Response[Any]:
    back = door.way_back(request.query_params.get("next"))
    if door.signed_in(request) is not None:
        return Redirect(back, status_code=303)
    return door.form(request, back)


@post("/login", sync_to_thread=True)
def login(request: AnyRequest, door: DoorDependency, data: Annotated[dict[str, Any], Body(media_type=_FORM)]) -> Response[Any]:
    name, password, back = (_text(data.get(key)) for key in ("name", "password", "next"))
    try:
        user = door.check(name, password)
    except TooManyTries as error:
        answer = door.form(request, door.way_back(back), f"Too many tries. Wait {error.seconds} seconds.", name, 429)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if user is None:
        return door.form(request, door.way_back(back), "This name and this password do not belong together.", name, 401)
    signed_in = Redirect(door.way_back(back), status_code=303)
    signed_in.cookies.append(door.cookies.session(user.name, user.stamp))
    signed_in.cookies.append(door.cookies.removed(door.cookies.login_name))
    return signed_in


@post("/logout", sync_to_thread=True)
def logout(request: AnyRequest, door: DoorDependency) -> Response[Any]:
    door.cookies.end(request.user)
    answer = Redirect(door.templates.url("/login"), status_code=303)
    answer.cookies.append(door.cookies.removed(door.cookies.session_name))
    return answer


def _text(value: object) -> str:
    return value[:1000] if isinstance(value, str) else ""


def show_the_door(request: AnyRequest, door: Door) -> Response[Any]:
    """Answer a request without a session: to the login form, and back to the page that was asked for afterwards.

    A link from another website does not bring the Strict cookie along, even if there is a session; and a redirect would
    still count as that website's. So the browser is sent on by a page of our own, which then does bring the cookie.
    """
    asked = door.templates.url(request.scope["path"])
    query = request.scope["query_string"].decode("latin-1")
    there = door.templates.url("/login", next=f"{asked}?{query}" if query else asked)
    if request.headers.get("hx-request") == "true":
        return html("", headers={"HX-Redirect": there})
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return html(door.templates.render("console/onward.html", None, {"there": there}))
    return Redirect(there, status_code=303)
