"""Who is signed in: one signed cookie, bound to the password, over after 12 hours or at logout."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from typing import Any

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer
from litestar.datastructures import Cookie

from .settings import ConsoleSettings


class Session(msgspec.Struct, frozen=True):
    """`stamp` is that of the user's password when they signed in; `session_id` binds the form tokens."""

    session_id: str
    user: str = ""
    stamp: str = ""


class Cookies:
    """Makes and reads the two cookies: the session, and the one that only binds the login form before there is one.

    Both are SameSite=Strict and, over HTTPS, carry the `__Host-` prefix, so that a sibling subdomain can set neither.
    """

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._secret = settings.session_secret.encode()
        self._signer = URLSafeTimedSerializer(settings.session_secret, salt="passerby console session")
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()
        self.session_name = settings.cookie_prefix + "passerby_session"
        self.login_name = settings.cookie_prefix + "passerby_login"

    def read(self, value: str | None) -> Session | None:
        """Return the session inside a cookie; None when it is absent, forged, too old, or was signed out."""
        if not value:
            return None
        try:
            session = msgspec.convert(self._signer.loads(value, max_age=self._settings.session_seconds), Session)
        except (BadData, msgspec.ValidationError):
            return None
        return None if session.session_id in self._ended else session

    def session(self, user: str, stamp: str) -> Cookie:
        """Make the cookie for somebody who has just signed in, with a session id that nobody has seen before."""
        session = Session(secrets.token_urlsafe(16), user, stamp)
        return self._cookie(self.session_name, session, self._settings.session_seconds)

    def login(self, session: Session) -> Cookie:
        return self._cookie(self.login_name, session, 3600)

    def removed(self, name: str) -> Cookie:
        return self._made(name, "", 0)

    def end(self, session: Session) -> None:
        """Sign out: a copy of the cookie is worth nothing from now on, until this process restarts."""
        now = time.monotonic()
        with self._lock:
            self._ended = {key: until for key, until in self._ended.items() if until > now}
            self._ended[session.session_id] = now + self._settings.session_seconds

    def form_token(self, session: Session) -> str:
        """The token that every form of this session carries."""
        return hmac.new(self._secret, b"form token\x00" + session.session_id.encode(), hashlib.sha256).hexdigest()

    def _cookie(self, name: str, session: Session, seconds: int) -> Cookie:
        values: dict[str, Any] = msgspec.to_builtins(session)
        return self._made(name, self._signer.dumps(values), seconds)

    def _made(self, name: str, value: str, seconds: int) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            samesite="strict",
            secure=self._settings.secure_cookie,
        )


def new_visit() -> Session:
    """A session of nobody, for the login form."""
    return Session(secrets.token_urlsafe(16))
