"""Parameters of the read API that several answers share."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from ...errors import BadParameter, NotFound

LIMIT = 50
MAX_LIMIT = 500

Limit = Annotated[str | None, QueryParameter(description=f"Rows a page, 1 to {MAX_LIMIT}; {LIMIT} unless told.")]
Cursor = Annotated[str | None, QueryParameter(description="The `next` of the page before this one.")]


def row_limit(limit: str | None) -> int:
    """Return how many rows to give. Raises BadParameter for anything but a whole number from 1 to MAX_LIMIT."""
    if limit is None:
        return LIMIT
    if not (limit.isascii() and limit.isdigit() and len(limit) < 6 and 1 <= int(limit) <= MAX_LIMIT):
        raise BadParameter(f"`limit` must be a whole number from 1 to {MAX_LIMIT}.")
    return int(limit)


def person_number(person_id: str) -> int:
    """Return the number of a person. Raises NotFound for what cannot be one."""
    if not (person_id.isascii() and person_id.isdigit() and len(person_id) < 20 and int(person_id) < 2**63):
        raise NotFound("There is no person with this id.")
    return int(person_id)
