"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


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


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return (value if isinstance(value, bytes) else msgspec.json.encode(value)).decode()


def _loaded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
