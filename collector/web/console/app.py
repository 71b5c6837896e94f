"""The console as an application of its own, so that it can be bound apart from the collector."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Router, asgi
from litestar.di import Provide
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from ...resources import static_dir, templates_dir
from ...storage.engine import Store
from ...storage.sites import SiteRegistry
from . import accounts, activity, answers, corrections, deletion, entrance, export, ingest, install, jobs, people, visitors
from .assets import load_assets
from .dependencies import view_of
from .entrance import Door
from .forgery import refuse_forgery
from .render import Templates
from .settings import ConsoleSettings

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
    corrections.preview_detach,
    corrections.detach,
    corrections.preview_attach,
    corrections.attach,
    corrections.preview_merge,
    corrections.merge,
    corrections.preview_unmerge,
    corrections.unmerge,
    corrections.preview_remove_email,
    corrections.remove_email,
    deletion.preview_delete,
    deletion.delete,
    entrance.logout,
]
"""These and the pages need a session. What is done is done by POST; GET shows what would be."""


def create_console(store: Store, sites: SiteRegistry, settings: ConsoleSettings) -> Litestar:
    """Return the console. Its routes begin at `/`; put it below `settings.base_path` with `mounted`."""
    assets = load_assets(static_dir() / "console")
    templates = Templates(templates_dir(), assets, settings)
    door = Door(store, settings, templates)
    no_forgery = refuse_forgery(door.cookies)
    inside = Router(
        "/",
        route_handlers=[*PAGES, *OPERATIONS],
        guards=[entrance.require_session(door), no_forgery],
        dependencies={"view": Provide(view_of, sync_to_thread=False)},
    )
    outside = Router(
        "/",
        route_handlers=[entrance.show_login, entrance.login, answers.static_file, answers.home],
        guards=[no_forgery],
    )
    return Litestar(
        [inside, outside],
        dependencies={
            name: Provide(_always(value), sync_to_thread=False)
            for name, value in (
                ("store", store), ("sites", sites), ("settings", settings), ("door", door), ("assets", assets),
            )
        },
        exception_handlers=answers.ErrorPages(door).handlers(),
        before_send=[answers.put_headers],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_BODY,
    )  # fmt: skip


def mounted(console: Litestar, base_path: str = "/console") -> ASGIRouteHandler:
    """Return the route handler that puts the console below `base_path` of another application, or of an empty one."""

    @asgi(base_path, is_mount=True, copy_scope=True)
    async def console_below(scope: Scope, receive: Receive, send: Send) -> None:
        await console(scope, receive, send)

    return console_below


def _always(value: Any) -> Any:
    return lambda: value
