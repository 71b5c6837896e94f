"""JSON Schema (draft 2020-12) of a message, for editors: derived from the types that validate, not written a second time."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from .messages import Message

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def message_schema() -> dict[str, Any]:
    """Return the schema. What no type can say (problems_of in messages.py) is only known to the collector."""
    return {"$schema": DIALECT, "title": "Passerby message", **msgspec.json.schema(Message)}
