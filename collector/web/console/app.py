"""The console as an application of its own, so that it can be bound apart from the collector."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Router, asgi
from litestar.di import Provide
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from ...resources import static_dir, templates_dir
from ...storage.engine import Store
from ...storage.site_registry import SiteRegistry
from .pages import accounts, activity, corrections, deletion, export, ingest, install, jobs, people, visitors
from .shell import errors, login
from .shell.assets import load_assets
from .shell.csrf import refuse_forgery
from .shell.dependencies import view_of
from .shell.login import Authentication
from .shell.render import Templates
from .shell.settings import ConsoleSettings

MAX_BODY = 64 * 1024

PAGES = [
    activity.activity,
    people.people,
    people.person,
    export.export,
    visitors.visitor,
    visitors.visitor_by_query,
    accounts.accounts,
    ingest.ingest,
    jobs.jobs,
    install.install,
]
OPERATIONS = [
    *corrections.CORRECTIONS,
    deletion.preview_delete,
    deletion.delete,
    login.logout,
]
"""These and the pages need a session. What is done is done by POST; GET shows what would be."""


def create_console(store: Store, sites: SiteRegistry, settings: ConsoleSettings) -> Litestar:
    """Return the console. Its routes begin at `/`; put it below `settings.base_path` with `mounted`."""
    assets = load_assets(static_dir() / "console")
    templates = Templates(templates_dir(), assets, settings)
    authentication = Authentication(store, settings, templates)
    no_forgery = refuse_forgery(authentication.cookies)
    inside = Router(
        "/",
        route_handlers=[*PAGES, *OPERATIONS],
        guards=[login.require_session(authentication), no_forgery],
        dependencies={"view": Provide(view_of, sync_to_thread=False)},
    )
    outside = Router(
        "/",
        route_handlers=[login.show_login, login.login, errors.static_file, errors.home],
        guards=[no_forgery],
    )
    return Litestar(
        [inside, outside],
        dependencies={
            name: Provide(_always(value), sync_to_thread=False)
            for name, value in (
                ("store", store),
                ("sites", sites),
                ("settings", settings),
                ("assets", assets),
                ("authentication", authentication),
            )
        },
        exception_handlers=errors.ErrorPages(authentication).handlers(),
        before_send=[errors.put_headers],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_BODY,
    )


def mounted(console: Litestar, base_path: str = "/console") -> ASGIRouteHandler:
    """Return the route handler that puts the console below `base_path` of another application, or of an empty one."""

    @asgi(base_path, is_mount=True, copy_scope=True)
    async def console_below(scope: Scope, receive: Receive, send: Send) -> None:
        await console(scope, receive, send)

    return console_below


def _always(value: Any) -> Any:
    return lambda: value
