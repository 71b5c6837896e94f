"""Opaque cursors: the sort key of the last row of a page, so that paging neither skips nor repeats a row."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from ...errors import BadParameter
from .shapes import Page

Row = TypeVar("Row")

_MAX_INTEGER = 2**63 - 1


def encode(key: Any) -> str:
    """Return a sort key as a string for the query string."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(cursor: str | None, shape: Any) -> Any:
    """Return the sort key inside `cursor`, of the type `shape`, or None for the first page.

    Raises BadParameter when the cursor was not made by `encode`, or for another list.
    """
    if not cursor:
        return None
    try:
        key = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise BadParameter("`cursor` is not one that this list gave out.") from error
    _check(key)
    return key


def _check(key: Any) -> None:
    for part in key if isinstance(key, tuple) else ():
        _check(part)
        if (isinstance(part, int) and abs(part) > _MAX_INTEGER) or (isinstance(part, str) and "\x00" in part):
            raise BadParameter("`cursor` is not one that this list gave out.")


def cut(rows: Sequence[Row], limit: int, key: Callable[[Row], Any]) -> Page[Row]:
    """Make a page of `limit` rows out of a query that asked for one row more."""
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode(key(rows[limit - 1])))
