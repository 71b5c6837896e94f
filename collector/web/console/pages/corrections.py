"""Corrections in the console: GET shows what would be, POST does it and leads back to the person.

Each has a function of asked.py that decodes it, texts in operations.py, and two routes that are the same for all.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation

from ....domain.corrections import MergePeople
from ....errors import NotFound, PasserbyError
from ....storage import reports
from ....storage.operations.corrections import Outcome, carry_out
from ..shell.dependencies import Form, SettingsDependency, StoreDependency, ViewDependency
from ..shell.render import View
from ..words.comparison import compare
from .asked import Asked, Fields, Read, Unchosen, attach, detach, form_fields, merge, query_fields, remove_email, unmerge
from .operations import Operation
from .people import NO_SUCH_PERSON, find


def by_of(view: View) -> str:
    """Return who did it, as the activity log names it."""
    return f"console:{view.session.user}"


def _routes(path: str, read: Read, *, is_of_visitor: bool = False) -> list[HTTPRouteHandler]:
    """Return the preview of a correction and the route that does it. What cannot be read leads back to the visitor, or to the
    list of people."""

    def away(view: View, fields: Fields) -> str:
        return view.visitor_url(fields["id"]) if is_of_visitor else view.url("/people")

    @get(path, sync_to_thread=True, dependencies={"fields": Provide(query_fields, sync_to_thread=False)})
    def preview(
        view: ViewDependency,
        store: StoreDependency,
        settings: SettingsDependency,
        fields: NamedDependency[SkipValidation[Fields]],
    ) -> Response[Any]:
        try:
            with store.read() as connection:
                asked = read(view, connection, fields)
        except NotFound as error:
            return view.refused(error, away(view, fields))
        if isinstance(asked, Unchosen):
            return _choose(view, store, asked, fields["q"])
        return _preview(view, store, settings, asked)

    @post(path, sync_to_thread=True)
    def do(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
        fields = form_fields(data)
        try:
            with store.read() as connection:
                asked = read(view, connection, fields)
            if isinstance(asked, Unchosen):
                raise NotFound(NO_SUCH_PERSON)
        except NotFound as error:
            return view.refused(error, away(view, fields))
        return _carry_out(view, store, settings, asked)

    return [preview, do]


CORRECTIONS = [
    *_routes("/detach", detach, is_of_visitor=True),
    *_routes("/attach", attach, is_of_visitor=True),
    *_routes("/merge", merge),
    *_routes("/unmerge", unmerge),
    *_routes("/remove-email", remove_email),
]


def _preview(view: View, store: StoreDependency, settings: SettingsDependency, asked: Asked) -> Response[Any]:
    operation = asked.operation
    try:
        outcome = _outcome(view, store, settings, operation, is_preview=True)
    except PasserbyError as error:
        return view.refused(error, asked.back)
    return view.page(
        "preview.html",
        operation=operation,
        compared=[compare(moved) for moved in outcome.people],
        cancel=asked.back,
        other_way=_other_way(view, operation),
    )


def _other_way(view: View, operation: Operation) -> str | None:
    """Return the address of the same merge with the two people exchanged."""
    correction = operation.correction
    if not isinstance(correction, MergePeople):
        return None
    return view.url(operation.path, source=str(correction.target), target=str(correction.source))


def _carry_out(view: View, store: StoreDependency, settings: SettingsDependency, asked: Asked) -> Response[Any]:
    try:
        outcome = _outcome(view, store, settings, asked.operation, is_preview=False)
    except PasserbyError as error:
        return view.refused(error, asked.back)
    shown = _who_stays(outcome) if asked.person_id is None else asked.person_id
    return view.redirect("/people" if shown is None else f"/people/{shown}", notice=asked.operation.notice)


def _outcome(
    view: View, store: StoreDependency, settings: SettingsDependency, operation: Operation, *, is_preview: bool
) -> Outcome:
    return carry_out(store, view.site, operation.correction, by_of(view), settings.clock(), preview=is_preview)


def _who_stays(outcome: Outcome) -> int | None:
    """Return whom the operation was about: somebody who was a person before and is one after."""
    return next((moved.person_id for moved in outcome.people if moved.before and moved.after), None)


class Choice(msgspec.Struct, frozen=True):
    person: reports.PersonRow
    address: str


def _choose(view: View, store: StoreDependency, asked: Unchosen, q: str) -> Response[Any]:
    """Look for a person by name; each one found leads to the preview with that person under `key`."""
    with store.read() as connection:
        rows = find(connection, view.site.site_id, q).rows if q else []
    path, rest = asked.path, asked.rest
    choices = [Choice(row, view.url(path, **rest, **{asked.key: str(row.person_id)})) for row in rows]
    return view.page("choose.html", path=path, rest=rest, q=q, choices=choices, back=asked.back)
