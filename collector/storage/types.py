"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..domain.json_text import is_too_deep, repair_text

SHOWN = 200
"""Bytes shown of JSON that cannot be read."""


class RawJSON(TypeDecorator[Any]):
    """JSON: text on SQLite, JSONB on PostgreSQL. Encoded once, by msgspec; bytes pass through as already encoded."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSONB(none_as_null=True) if dialect.name == "postgresql" else sa.Text())

    def bind_processor(self, dialect: Dialect) -> Any:
        return _text

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return _loaded


class ObjectJSON(RawJSON):
    """JSON that strangers said: an object whenever it is read, whatever a row holds."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return _object


def _object(value: Any) -> dict[str, Any]:
    found = _loaded(value)
    if isinstance(found, dict):
        return found
    return {"unreadable": msgspec.json.encode(found)[:SHOWN].decode("utf-8", "replace")}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return (value if isinstance(value, bytes) else msgspec.json.encode(value)).decode()


def _loaded(value: Any) -> Any:
    return readable(value) if isinstance(value, str | bytes) else value


def readable(stored: str | bytes) -> Any:
    """Decode JSON that was stored, into what every answer and page can show.

    A version that knew fewer limits, or somebody with a database shell, may have written what no decoder or encoder takes:
    it is shown as `{"unreadable": "its beginning"}`, so that one row does not cost the page that it is on.
    """
    text = stored.encode("utf-8", "replace") if isinstance(stored, str) else bytes(stored)
    if not is_too_deep(text):
        try:
            return msgspec.json.decode(repair_text(text)[0])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
    return {"unreadable": text[:SHOWN].decode("utf-8", "replace")}
