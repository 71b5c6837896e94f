"""Decoding one event of any protocol, with the same guards: size, depth, UTF-8, what no database can hold."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ..domain.events import Reason, Rejection
from ..domain.json_text import is_too_deep, repair_numbers, repair_text
from ..domain.limits import MAX_DEPTH
from .limits import MAX_EVENT

T = TypeVar("T")


def decode_guarded(item: bytes, decoder: msgspec.json.Decoder[T]) -> tuple[T, bool]:
    """Decode one event; the flag says that it had to be repaired. Raises Rejection with the reason it is set aside."""
    if len(item) > MAX_EVENT:
        raise Rejection(Reason.EVENT_TOO_LARGE, f"{len(item)} bytes; the limit is {MAX_EVENT}")
    if is_too_deep(item):
        raise Rejection(Reason.TOO_DEEP, f"objects and arrays nest deeper than {MAX_DEPTH} levels")
    try:
        return _decode(item, decoder)
    except msgspec.ValidationError as error:
        reason = Reason.INVALID_FIELD if item.lstrip().startswith(b"{") else Reason.NOT_AN_OBJECT
        raise Rejection(reason, str(error), _field(error)) from error
    except UnicodeDecodeError as error:
        raise Rejection(Reason.INVALID_UTF8, f"not UTF-8: {error.reason}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Rejection(Reason.MALFORMED_JSON, str(error)) from error


def _decode(item: bytes, decoder: msgspec.json.Decoder[T]) -> tuple[T, bool]:
    text, changed = repair_text(item)
    try:
        return decoder.decode(text), changed
    except msgspec.ValidationError as error:
        if "out of range" not in str(error):
            raise
        return decoder.decode(repair_numbers(text)), True


def _field(error: msgspec.ValidationError) -> str | None:
    """The first name in the path that msgspec puts at the end of its sentence, like `$.fields[...]`."""
    path = str(error).partition("`$.")[2].partition("`")[0]
    return path.partition("[")[0].partition(".")[0] or None
