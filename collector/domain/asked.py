"""Values that servers, the console and the command line ask with, checked: a moment, an anonymous id, a number."""

from __future__ import annotations

from ..errors import BadParameter
from .events import MINUTE
from .identifiers import names_somebody
from .times import parse_time

AHEAD = 5 * MINUTE
"""How far the clock of the site's own server may be ahead."""
MOST_NUMBER = 2**63 - 1
"""The greatest number that the store holds; its digits are MOST_DIGITS."""
MOST_DIGITS = 19


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
    if not names_somebody(anonymous_id):
        raise BadParameter("This is no anonymous id: 1 to 255 characters are needed, and no placeholder.")
    return anonymous_id


def number(text: str) -> int | None:
    """Return the number of a person, a merge or a commit that a path, a form or an option holds; None when it cannot be one.

    The length comes first: Python takes quadratic time for long numbers, and refuses those above 4,300 digits.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        return None
    return int(text) if int(text) <= MOST_NUMBER else None
