"""Parameters that several requests share, and what is refused of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from litestar.params import QueryParameter

from ...domain.asked import number
from ...errors import BadParameter, NotFound
from .access import AnyRequest

LIMIT = 50
MAX_LIMIT = 500
MAX_DAYS = 36_500
_NO, _YES = frozenset({"false", "0"}), frozenset({"true", "1"})

Limit = Annotated[str | None, QueryParameter(description=f"Rows a page, 1 to {MAX_LIMIT}; {LIMIT} unless told.")]
Cursor = Annotated[str | None, QueryParameter(description="The `next` of the page before this one.")]
Preview = Annotated[str | None, QueryParameter(description="`true` says what would happen, and changes nothing.")]


def row_limit(limit: str | None) -> int:
    """Return how many rows to give. Raises BadParameter for anything but a whole number from 1 to MAX_LIMIT."""
    if limit is None:
        return LIMIT
    return whole("limit", limit, MAX_LIMIT)


def days(inactive_days: str) -> int:
    """Return a number of days. Raises BadParameter for anything but a whole number from 1 to MAX_DAYS."""
    return whole("inactive_days", inactive_days, MAX_DAYS)


def whole(name: str, text: str, most: int) -> int:
    """Return a whole number from 1 to `most`. Raises BadParameter."""
    found = number(text)
    if found is None or not 1 <= found <= most:
        raise BadParameter(f"`{name}` must be a whole number from 1 to {most}.")
    return found


def is_preview(preview: str | None) -> bool:
    """Return what `preview` asks for. Raises BadParameter for what is neither yes nor no: it may be a wish not to do it."""
    if preview is None or preview in _NO:
        return False
    if preview not in _YES:
        raise BadParameter("`preview` must be true or false.")
    return True


def only(request: AnyRequest, known: Iterable[str]) -> None:
    """Refuse parameters that mean nothing here: a misspelt `preview` must not delete. Raises BadParameter."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise BadParameter(f"There is no parameter {unknown[0][:50]!r} here; known: {', '.join(known)}.")


def person_number(person_id: str) -> int:
    """Return the number of a person. Raises NotFound for what cannot be one."""
    return _known(number(person_id), "There is no person with this id.")


def merge_number(merge_id: str) -> int:
    """Return the number of a merge. Raises NotFound for what cannot be one."""
    return _known(number(merge_id), "There is no merge with this id.")


def _known(found: int | None, sentence: str) -> int:
    if found is None:
        raise NotFound(sentence)
    return found
