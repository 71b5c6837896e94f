"""Deletion plan, what a job still has to find and remove: streams, devices and people by number, names by value.

A plan that grows with the person would be written anew with every piece; these rows are written once, and the statements of the
job refer to them, so that none of them has as many parameters as the person has streams.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ...domain.mentions import Names
from .. import tables
from ..write.upsert import insert_new

STREAM, DEVICE, PERSON, EXCLUDED = "stream", "device", "person", "excluded"
NAMED_STREAM = "named_stream"
"""A stream of nobody's on which somebody was named."""
NAMED = ("user", "email", "anonymous_id")

_doomed = tables.doomed.c


def add_numbers(connection: sa.Connection, job_id: int, kind: str, numbers: Iterable[int]) -> None:
    _add(connection, [{"job_id": job_id, "kind": kind, "number": number, "value": ""} for number in sorted(set(numbers))])


def add_names(connection: sa.Connection, job_id: int, names: Iterable[tuple[str, str]]) -> None:
    """`names` are kinds of NAMED, and values."""
    _add(connection, [{"job_id": job_id, "kind": kind, "number": 0, "value": value} for kind, value in sorted(set(names))])


def _add(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    insert_new(connection, tables.doomed, rows)


def numbers(job_id: int, kind: str) -> sa.Select[tuple[int]]:
    """Return the numbers of one kind, to be asked for in a statement."""
    return sa.select(_doomed.number).where(_doomed.job_id == job_id, _doomed.kind == kind)


def names(connection: sa.Connection, job_id: int) -> Names:
    """Return every name that the job looks for."""
    here = (_doomed.job_id == job_id, _doomed.kind.in_(NAMED))
    number = connection.execute(sa.select(sa.func.count()).select_from(tables.doomed).where(*here)).scalar_one()
    if _last.key != (job_id, number):
        rows = connection.execute(sa.select(_doomed.kind, _doomed.value).where(*here)).all()
        emails = [value for kind, value in rows if kind == "email"]
        _last.names = Names([value for kind, value in rows if kind != "email"], emails)
        _last.key = (job_id, number)
    return _last.names


class _Last:
    """The names that were looked for last, as many looks follow each other: names are only ever added to a job."""

    key: tuple[int, int] = (0, 0)
    names = Names()


_last = _Last()


def forget(connection: sa.Connection, job_id: int, kinds: Iterable[str], at_most: int) -> bool:
    """Remove some rows of these kinds; say whether they were the last."""
    first = sa.select(_doomed.kind, _doomed.number, _doomed.value)
    rows = connection.execute(first.where(_doomed.job_id == job_id, _doomed.kind.in_(sorted(kinds))).limit(at_most)).all()
    here = {"kind": _doomed.kind, "number": _doomed.number, "value": _doomed.value}
    same = sa.and_(*(column == sa.bindparam(f"b_{name}") for name, column in here.items()))
    if rows:
        gone = [{f"b_{name}": value for name, value in row._mapping.items()} for row in rows]
        connection.execute(sa.delete(tables.doomed).where(_doomed.job_id == job_id, same), gone)
    return len(rows) < at_most


def is_doomed(stream_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Say of a stream whether it is gone, while its events are still being removed."""
    return sa.exists().where(_doomed.kind.in_((STREAM, NAMED_STREAM)), _doomed.number == stream_id)
