"""Values that a site's server and command line ask with, checked: a moment, an anonymous id."""

from __future__ import annotations

from ..errors import BadParameter
from .events import MINUTE
from .identifiers import is_illegal, is_too_long
from .times import parse_time

AHEAD = 5 * MINUTE
"""How far the clock of the site's own server may be ahead."""


def moment(at: str | None, now: int) -> int:
    """Return a time in microseconds, `now` when none is given. Raises BadParameter for no time, or one in the future."""
    if at is None:
        return now
    time = parse_time(at)
    if time is None:
        raise BadParameter("`at` must be a time like 2026-11-22T04:15:00.377Z.")
    if time > now + AHEAD:
        raise BadParameter("`at` lies in the future; look at the clock of the machine that sent it.")
    return time


def legal(anonymous_id: str) -> str:
    """Return an anonymous id that a browser can have. Raises BadParameter for any other."""
    if is_illegal(anonymous_id) or is_too_long(anonymous_id):
        raise BadParameter("This is no anonymous id: 1 to 255 characters are needed, and no placeholder.")
    return anonymous_id
