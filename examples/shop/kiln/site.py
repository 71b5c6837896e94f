"""The wiring: which host name shows what, and what their templates share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, get
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, ControllerRouterHandler
from markupsafe import Markup

from . import account_pages, magazine, marketing
from .accounts import Accounts
from .errors import show_error
from .hosts import ByHost, Hosts
from .sessions import Sessions, check_origin


@dataclass(frozen=True)
class Settings:
    folder: Path  # of the templates and static files
    data: Path
    port: int
    snippet: str


def create_site(settings: Settings) -> ASGIApp:
    settings.data.mkdir(parents=True, exist_ok=True)
    hosts = Hosts(settings.port)
    environment = create_environment(settings.folder, settings.snippet, hosts)
    static = settings.folder / "static"

    def plain(name: str, pages: Sequence[ControllerRouterHandler]) -> Litestar:
        return create_app(environment, static, pages, state=State({"name": name}))

    shop_app = create_app(
        environment,
        static,
        account_pages.PAGES,
        state=State(
            {
                "name": "app",
                "accounts": Accounts(settings.data / "accounts.sqlite3"),
                "sessions": Sessions(settings.data / "session.key"),
            }
        ),
        dependencies=account_pages.DEPENDENCIES,
        before_request=check_origin,
    )
    return ByHost(
        {
            hosts.www_name: plain("www", marketing.PAGES),
            hosts.app_name: shop_app,
            hosts.magazine_name: plain("magazine", magazine.PAGES),
        },
        otherwise=plain("index", [index]),
    )


def create_app(environment: Environment, static: Path, pages: Sequence[ControllerRouterHandler], **more: Any) -> Litestar:
    return Litestar(
        route_handlers=[*pages, create_static_files_router(path="/static", directories=[static])],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
        exception_handlers={
            HTTPException: show_error,
            account_pages.LogInFirst: account_pages.to_login,
            account_pages.AlreadyIn: account_pages.to_account,
        },
        openapi_config=None,
        logging_config=None,
        **more,
    )


def create_environment(folder: Path, snippet: str, hosts: Hosts) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    # The snippet is pasted, not rendered: whatever stands in the file stands in the page.
    environment.globals |= {"snippet": Markup(snippet), "hosts": hosts, "customer": None}
    return environment


@get("/", sync_to_thread=False)
def index() -> Template:
    return Template("index.html")
