"""Session cookie: signed, bound to the password, over after 12 hours or at sign-out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any, TypeVar

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer
from litestar.datastructures import Cookie

from .settings import ConsoleSettings

Value = TypeVar("Value", bound=msgspec.Struct)

LOGIN_SECONDS = 3600
DEVICE_SECONDS = 180 * 24 * 3600


class Session(msgspec.Struct, frozen=True):
    """`stamp` is that of the user's password when they signed in; `session_id` binds the form tokens."""

    session_id: str
    user: str = ""
    stamp: str = ""


class KnownDevice(msgspec.Struct, frozen=True):
    """A browser in which `user` has signed in before. It opens nothing: the throttle counts its tries by themselves."""

    device_id: str
    user: str


class Cookies:
    """Makes and reads the cookies: the session, the one that only binds the login form before there is one, and the device.

    They are SameSite=Strict and, over HTTPS, carry the `__Host-` prefix, so that a sibling subdomain can set none. Each has
    a salt of its own: none is worth anything in another's place. A browser sends cookies to every port of a host, so the
    long-lived one is named after the installation: another on the same machine would overwrite it.
    """

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._secret = settings.session_secret.encode()
        self._sessions = self._signer("session")
        self._logins = self._signer("login")
        self._devices = self._signer("device")
        self.session_name = settings.cookie_prefix + "passerby_session"
        self.login_name = settings.cookie_prefix + "passerby_login"
        self.device_name = f"{settings.cookie_prefix}passerby_device_{self._mac(b'installation')[:8]}"

    def read(self, value: str | None) -> Session | None:
        """Return the session inside a cookie; None when it is absent, forged or too old. It may have been signed out."""
        return self._read(self._sessions, value, Session, self._settings.session_seconds)

    def read_login(self, value: str | None) -> Session | None:
        return self._read(self._logins, value, Session, LOGIN_SECONDS)

    def read_device(self, value: str | None, user: str) -> KnownDevice | None:
        """Return the known device inside a cookie, if it is one of this user."""
        device = self._read(self._devices, value, KnownDevice, DEVICE_SECONDS)
        return device if device is not None and device.user == user else None

    def session(self, user: str, stamp: str) -> Cookie:
        """Make the cookie for somebody who has just signed in, with a session id that nobody has seen before."""
        session = Session(secrets.token_urlsafe(16), user, stamp)
        return self._cookie(self.session_name, self._sessions, session, self._settings.session_seconds)

    def login(self, session: Session) -> Cookie:
        return self._cookie(self.login_name, self._logins, session, LOGIN_SECONDS)

    def device(self, user: str) -> Cookie:
        """Make the cookie of a browser in which the user has just signed in."""
        return self._cookie(self.device_name, self._devices, KnownDevice(secrets.token_urlsafe(16), user), DEVICE_SECONDS)

    def removed(self, name: str) -> Cookie:
        return self._made(name, "", 0)

    def form_token(self, session: Session) -> str:
        """The token that every form of this session carries."""
        return self._mac(b"form token\x00" + session.session_id.encode())

    def _mac(self, text: bytes) -> str:
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def _signer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._settings.session_secret, salt=f"passerby console {purpose}")

    def _read(self, signer: URLSafeTimedSerializer, value: str | None, kind: type[Value], seconds: int) -> Value | None:
        """A clock that was set back leaves what was signed by it before valid, but for no longer than its time."""
        if not value:
            return None
        try:
            content, signed_at = signer.loads(value, return_timestamp=True)
            found = msgspec.convert(content, kind)
        except (BadData, msgspec.ValidationError):
            return None
        return found if abs(time.time() - signed_at.timestamp()) <= seconds else None

    def _cookie(self, name: str, signer: URLSafeTimedSerializer, value: msgspec.Struct, seconds: int) -> Cookie:
        values: dict[str, Any] = msgspec.to_builtins(value)
        return self._made(name, signer.dumps(values), seconds)

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
