"""Deleting a person: what goes, and the form that does it. It cannot be taken back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from ....errors import PasserbyError, Unavailable
from ....storage.operations.deletion import Deletion, delete_person
from ..shell.dependencies import Form, SettingsDependency, StoreDependency, ViewDependency, said
from ..shell.render import View
from .corrections import by_of
from .people import person_number


@get("/delete", sync_to_thread=True)
def preview_delete(
    view: ViewDependency, store: StoreDependency, settings: SettingsDependency, person: FromQuery[str] = ""
) -> Response[Any]:
    try:
        deletion = _delete(view, store, settings, person, preview=True)
    except PasserbyError as error:
        return view.refused(error, view.url("/people"))
    return view.page("delete.html", deletion=deletion, cancel=view.url(f"/people/{deletion.person_id}"))


@post("/delete", sync_to_thread=True)
def delete(view: ViewDependency, store: StoreDependency, settings: SettingsDependency, data: Form) -> Response[Any]:
    try:
        _delete(view, store, settings, said(data, "person"), preview=False)
    except PasserbyError as error:
        return view.refused(error, view.url("/people"))
    return view.redirect("/people", notice="deleted")


def _delete(view: View, store: StoreDependency, settings: SettingsDependency, person: str, *, preview: bool) -> Deletion:
    person_id = person_number(person)
    if settings.tombstone_key is None:
        raise Unavailable("Nobody can be deleted from here: this console has no key for the hashes that have to stay.")
    return delete_person(store, view.site, person_id, settings.tombstone_key, by_of(view), settings.clock(), preview=preview)
