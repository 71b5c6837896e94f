"""Queries and forms that ask for a correction, decoded; and, where one lacks a person, what is to be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar.params import FromQuery

from ....domain.asked import number
from ....errors import NotFound
from ....storage import reports
from ....storage.reports.people import names_of
from ....storage.reports.refusals import merge_ends
from ..shell.dependencies import said
from ..shell.render import View
from . import operations
from .operations import Operation
from .people import NO_SUCH_PERSON, person_number

NO_SUCH_MERGE = "There is no merge with this number."

Fields = Mapping[str, str]
"""Fields sent in a query or a form, every field of every correction; empty where it is missing."""


class Asked(msgspec.Struct, frozen=True):
    """An operation, where to go `back` to without it, and whose page follows it (None: whoever is left of it)."""

    operation: Operation
    back: str
    person_id: int | None = None


class Unchosen(msgspec.Struct, frozen=True):
    """An operation that lacks a person, whose number is to be the field `key` beside `rest`."""

    path: str
    key: str
    rest: dict[str, str]
    back: str


Read = Callable[[View, sa.Connection, Fields], Asked | Unchosen]


def detach(view: View, _: sa.Connection, fields: Fields) -> Asked:
    return Asked(operations.detach(fields["id"], view.site.lookback_days), view.visitor_url(fields["id"]))


def attach(view: View, connection: sa.Connection, fields: Fields) -> Asked | Unchosen:
    """Without a person, choose one first."""
    anonymous_id, back = fields["id"], view.visitor_url(fields["id"])
    if not fields["person"]:
        return Unchosen("/attach", "person", {"id": anonymous_id}, back)
    person = _name(view, connection, fields["person"])
    return Asked(operations.attach(anonymous_id, person, view.site.lookback_days), back, person.person_id)


def merge(view: View, connection: sa.Connection, fields: Fields) -> Asked | Unchosen:
    """Without a source, choose one first."""
    into = _name(view, connection, fields["target"])
    back = view.url(f"/people/{into.person_id}")
    if not fields["source"]:
        return Unchosen("/merge", "source", {"target": str(into.person_id)}, back)
    return Asked(operations.merge(_name(view, connection, fields["source"]), into), back)


def unmerge(view: View, connection: sa.Connection, fields: Fields) -> Asked:
    merge_id = number(fields["merge"])
    ends = merge_ends(connection, view.site.site_id, [] if merge_id is None else [merge_id])
    if merge_id is None or merge_id not in ends:
        raise NotFound(NO_SUCH_MERGE)
    target = ends[merge_id].target.person_id
    return Asked(operations.unmerge(merge_id, ends[merge_id]), view.url(f"/people/{target}"))


def remove_email(view: View, connection: sa.Connection, fields: Fields) -> Asked:
    person = _name(view, connection, fields["person"])
    return Asked(operations.remove_email(person, fields["email"]), view.url(f"/people/{person.person_id}"))


def _name(view: View, connection: sa.Connection, text: str) -> reports.Name:
    person_id = person_number(text)
    names = names_of(connection, view.site.site_id, [person_id])
    if person_id not in names:
        raise NotFound(NO_SUCH_PERSON)
    return names[person_id]


# -- where the fields come from ------------------------------------------------------------------------------------


def query_fields(
    id: FromQuery[str] = "",
    person: FromQuery[str] = "",
    source: FromQuery[str] = "",
    target: FromQuery[str] = "",
    merge: FromQuery[str] = "",
    email: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Fields:
    """Return the fields of a query; `q` is what a person is looked for by."""
    named = {"id": id, "person": person, "source": source, "target": target, "merge": merge, "email": email}
    return {**named, "q": q.strip()}


def form_fields(data: dict[str, Any]) -> Fields:
    """Return the fields of a form."""
    return {key: said(data, key) for key in ("id", "person", "source", "target", "merge", "email")}
