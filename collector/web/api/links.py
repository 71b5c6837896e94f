"""Links for e-mails, signed for the person to whom they are sent."""

from __future__ import annotations

import msgspec
from litestar import post

from ...errors import BadParameter
from ...schemas.links import LinkAnswer, signed
from .body import decode, takes
from .dependencies import ClockDependency, LinksDependency, Reader, Said


class LinkAsked(msgspec.Struct, forbid_unknown_fields=True):
    """For whom: one of the two. `url` is the address that the token is added to."""

    email: str | None = None
    user_id: str | None = None
    url: str | None = None


@post("/links", status_code=200, operation_class=takes(LinkAsked), summary="Sign a link for an e-mail", sync_to_thread=True)
def make_link(reader: Reader, clock: ClockDependency, links: LinksDependency, said: Said) -> LinkAnswer:
    """Sign a link: who opens it is, until somebody signs in there, taken for the person it was sent to."""
    asked = decode(said, LinkAsked)
    kind, value = _named(asked.email, asked.user_id)
    return signed(links, reader, kind, value, asked.url, clock())


def _named(email: str | None, user_id: str | None) -> tuple[str, str]:
    """Return (kind, value) of the one name that is given. Raises BadParameter for none, and for both."""
    if email is not None and user_id is None:
        return "email", email
    if user_id is not None and email is None:
        return "user", user_id
    raise BadParameter("Name `email` or `user_id`, one of the two.")
