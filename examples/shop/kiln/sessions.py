"""Who is logged in: a signed cookie of the app's own host, which says which account and nothing else."""

import secrets
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, TimestampSigner
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import PermissionDeniedException

from .accounts import Accounts, Customer

COOKIE = "kiln_session"
TWO_WEEKS = 14 * 24 * 3600


class Sessions:
    def __init__(self, key_file: Path) -> None:
        self.signer = TimestampSigner(load_key(key_file), salt="kiln-session")

    def start(self, response: Response[Any], user_id: str) -> None:
        # No domain, so only app.shop.localhost gets it. A site on https would add secure=True.
        value = self.signer.sign(user_id).decode()
        response.set_cookie(COOKIE, value, max_age=TWO_WEEKS, httponly=True, samesite="lax")

    def end(self, response: Response[Any]) -> None:
        response.delete_cookie(COOKIE)

    def user_id(self, cookie: str) -> str | None:
        try:
            return self.signer.unsign(cookie, max_age=TWO_WEEKS).decode()
        except BadSignature:
            return None


def customer_of(request: Request[Any, Any, State]) -> Customer | None:
    """The account that is logged in. Hosts without accounts have no `sessions` in their state."""
    sessions: Sessions | None = request.app.state.get("sessions")
    cookie = request.cookies.get(COOKIE)
    if sessions is None or cookie is None:
        return None
    accounts: Accounts = request.app.state.accounts
    user_id = sessions.user_id(cookie)
    return accounts.find(user_id) if user_id else None


def check_origin(request: Request[Any, Any, State]) -> None:
    """Refuse a POST from another site's page. Browsers put Origin on every POST, so none at all is refused too."""
    origin = request.headers.get("origin", "")
    if request.method == "POST" and origin.partition("://")[2] != request.headers.get("host", ""):
        raise PermissionDeniedException


def load_key(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32), encoding="ascii")
    return file.read_text(encoding="ascii")
