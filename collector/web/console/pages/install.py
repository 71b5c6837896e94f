"""Install page: what to paste where, and whether anything has arrived."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from ....storage import reports
from ....storage.pinned import list_pinned
from ...script.install import FORMS
from ..shell.dependencies import SettingsDependency, StoreDependency, ViewDependency


@get("/install", sync_to_thread=True)
def install(view: ViewDependency, store: StoreDependency, settings: SettingsDependency) -> Response[Any]:
    with store.read() as connection:
        span = reports.received_span(connection, view.site.site_id)
        builds = list_pinned(connection, view.site.site_id)
    return view.page(
        "install.html",
        "arrived",
        span=span,
        forms={form: settings.addresses.snippet_html(view.site, form) for form in FORMS},
        script_url=settings.addresses.script_url(view.site),
        pinned=[(build, settings.addresses.snippet_html(view.site, "script", build)) for build in builds],
    )
