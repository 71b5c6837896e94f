"""Detach, attach, merge, undo, remove an address: GET shows what would be, POST does it and leads back to the person."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.params import FromQuery

from ....errors import NotFound, PasserbyError
from ....storage import reports
from ....storage.operations.corrections import Outcome
from ....storage.reports.people import names_of
from ....storage.reports.refusals import merge_ends
from ..shell.dependencies import Form, SettingsDependency, StoreDependency, ViewDependency, said
from ..shell.render import View
from ..words.comparison import compare
from .operations import Hand, Operation
from .people import NO_SUCH_PERSON, find, person_number

NO_SUCH_MERGE = "There is no merge with this number."


def hand_of(view: View, store: StoreDependency, settings: SettingsDependency) -> Hand:
    """The hand of the person who is signed in, at this moment."""
    return Hand(store, view.site, f"console:{view.session.user}", settings.clock())


# -- detach --------------------------------------------------------------------------------------------------------


@get("/detach", sync_to_thread=True)
def preview_detach(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency, id: FromQuery[str] = ""
) -> Response[Any]:
    return _preview(view, hand_of(view, store, settings).detach(id), view.visitor_url(id))


@post("/detach", sync_to_thread=True)
def detach(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
    anonymous_id = said(data, "id")
    return _carry_out(view, hand_of(view, store, settings).detach(anonymous_id), view.visitor_url(anonymous_id))


# -- attach --------------------------------------------------------------------------------------------------------


@get("/attach", sync_to_thread=True)
def preview_attach(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency,
    id: FromQuery[str] = "", person: FromQuery[str] = "", q: FromQuery[str] = "",
) -> Response[Any]:  # fmt: skip
    """Without a person, choose one first."""
    back = view.visitor_url(id)
    if not person:
        return _choose(view, store, "/attach", "person", {"id": id}, q, back)
    try:
        return _preview(view, hand_of(view, store, settings).attach(id, _name(view, store, person)), back)
    except NotFound as error:
        return view.refused(error, back)


@post("/attach", sync_to_thread=True)
def attach(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
    anonymous_id = said(data, "id")
    back = view.visitor_url(anonymous_id)
    try:
        person = _name(view, store, said(data, "person"))
    except NotFound as error:
        return view.refused(error, back)
    return _carry_out(view, hand_of(view, store, settings).attach(anonymous_id, person), back, person.person_id)


# -- merge ---------------------------------------------------------------------------------------------------------


@get("/merge", sync_to_thread=True)
def preview_merge(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency,
    source: FromQuery[str] = "", target: FromQuery[str] = "", q: FromQuery[str] = "",
) -> Response[Any]:  # fmt: skip
    """Without a source, choose one first."""
    try:
        into = _name(view, store, target)
        back = view.url(f"/people/{into.person_id}")
        if not source:
            return _choose(view, store, "/merge", "source", {"target": str(into.person_id)}, q, back)
        whom = _name(view, store, source)
    except NotFound as error:
        return view.refused(error, view.url("/people"))
    other_way = view.url("/merge", source=str(into.person_id), target=str(whom.person_id))
    return _preview(view, hand_of(view, store, settings).merge(whom, into), back, other_way)


@post("/merge", sync_to_thread=True)
def merge(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
    try:
        whom, into = (_name(view, store, said(data, key)) for key in ("source", "target"))
    except NotFound as error:
        return view.refused(error, view.url("/people"))
    return _carry_out(view, hand_of(view, store, settings).merge(whom, into), view.url(f"/people/{into.person_id}"))


@get("/unmerge", sync_to_thread=True)
def preview_unmerge(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency, merge: FromQuery[str] = ""
) -> Response[Any]:
    try:
        operation, back = _unmerge(view, store, settings, merge)
    except NotFound as error:
        return view.refused(error, view.url("/people"))
    return _preview(view, operation, back)


@post("/unmerge", sync_to_thread=True)
def unmerge(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
    try:
        operation, back = _unmerge(view, store, settings, said(data, "merge"))
    except NotFound as error:
        return view.refused(error, view.url("/people"))
    return _carry_out(view, operation, back)


def _unmerge(view: View, store: StoreDependency, settings: SettingsDependency, merge: str) -> tuple[Operation, str]:
    merge_id = person_number(merge)
    with store.read() as connection:
        ends = merge_ends(connection, view.site.site_id, [] if merge_id is None else [merge_id])
    if merge_id is None or merge_id not in ends:
        raise NotFound(NO_SUCH_MERGE)
    found = ends[merge_id]
    return hand_of(view, store, settings).unmerge(merge_id, found), view.url(f"/people/{found.target.person_id}")


# -- an address ----------------------------------------------------------------------------------------------------


@get("/remove-email", sync_to_thread=True)
def preview_remove_email(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency,
    person: FromQuery[str] = "", email: FromQuery[str] = "",
) -> Response[Any]:  # fmt: skip
    try:
        whose = _name(view, store, person)
    except NotFound as error:
        return view.refused(error, view.url("/people"))
    return _preview(view, hand_of(view, store, settings).remove_email(whose, email), view.url(f"/people/{whose.person_id}"))


@post("/remove-email", sync_to_thread=True)
def remove_email(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
    try:
        whose = _name(view, store, said(data, "person"))
    except NotFound as error:
        return view.refused(error, view.url("/people"))
    operation = hand_of(view, store, settings).remove_email(whose, said(data, "email"))
    return _carry_out(view, operation, view.url(f"/people/{whose.person_id}"))


# -- what they share -----------------------------------------------------------------------------------------------


def _name(view: View, store: StoreDependency, number: str) -> reports.Name:
    person_id = person_number(number)
    with store.read() as connection:
        names = names_of(connection, view.site.site_id, [person_id])
    if person_id is None or person_id not in names:
        raise NotFound(NO_SUCH_PERSON)
    return names[person_id]


def _preview(view: View, operation: Operation, cancel: str, other_way: str | None = None) -> Response[Any]:
    try:
        outcome = operation.call(True)
    except PasserbyError as error:
        return view.refused(error, cancel)
    compared = [compare(moved) for moved in outcome.people]
    return view.page("preview.html", operation=operation, compared=compared, cancel=cancel, other_way=other_way)


def _carry_out(view: View, operation: Operation, back: str, person_id: int | None = None) -> Response[Any]:
    try:
        outcome = operation.call(False)
    except PasserbyError as error:
        return view.refused(error, back)
    shown = _who_stays(outcome) if person_id is None else person_id
    return view.redirect("/people" if shown is None else f"/people/{shown}", notice=operation.notice)


def _who_stays(outcome: Outcome) -> int | None:
    """Whom the operation was about: somebody who was a person before and is one after."""
    return next((moved.person_id for moved in outcome.people if moved.before and moved.after), None)


class Choice(msgspec.Struct, frozen=True):
    person: reports.PersonRow
    address: str


def _choose(
    view: View, store: StoreDependency, path: str, key: str, rest: dict[str, str], q: str, back: str
) -> Response[Any]:  # fmt: skip
    """Look for a person by name; each one found leads to the preview with that person under `key`."""
    with store.read() as connection:
        found = _found(connection, view.site.site_id, q.strip())
    choices = [Choice(row, view.url(path, **rest, **{key: str(row.person_id)})) for row in found]
    return view.page("choose.html", path=path, rest=rest, q=q.strip(), choices=choices, back=back)


def _found(connection: sa.Connection, site_id: int, wanted: str) -> list[reports.PersonRow]:
    return list(find(connection, site_id, wanted).rows) if wanted else []
