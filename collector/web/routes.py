"""Routes of the collector: ingest, snippet, server APIs, health. They are no installation's until they are given its values."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from .. import __version__
from .api.routes import API_HANDLERS
from .errors import EXCEPTION_HANDLERS
from .health import HEALTH_HANDLERS
from .ingest.bento import BENTO_HANDLERS
from .ingest.handoff import HANDOFF_HANDLERS
from .ingest.segment import INGEST_HANDLERS
from .openapi import openapi
from .script.serve import SNIPPET_HANDLERS

VALUES = (
    "bento", "budget", "clock", "handoffs", "health", "ingest", "journal", "links", "metrics", "sites", "snippets", "store",
    "tombstone_key",
)  # fmt: skip
"""Dependencies of the handlers, by name."""


class Routes(Litestar):
    """The application of these routes, and `more`. `values` are the dependencies, all of VALUES, put there by who wires it;
    `router` is the ASGI application that it is before anything is put around it."""

    def __init__(self, *more: BaseRouteHandler) -> None:
        self.values: dict[str, Any] = {}
        super().__init__(
            route_handlers=[
                *INGEST_HANDLERS,
                *HANDOFF_HANDLERS,
                *BENTO_HANDLERS,
                *API_HANDLERS,
                *HEALTH_HANDLERS,
                openapi,
                *SNIPPET_HANDLERS,
                *more,
            ],
            dependencies={name: self._provide(name) for name in VALUES},
            exception_handlers=EXCEPTION_HANDLERS,
            openapi_config=OpenAPIConfig(
                title="Passerby",
                version=__version__,
                path="/openapi",
                use_handler_docstrings=True,
                render_plugins=[JsonRenderPlugin(path="/openapi.json")],
                components=Components(security_schemes={"secretKey": SecurityScheme(type="http", scheme="bearer")}),
            ),
            logging_config=None,  # Litestar's own would repeat, with addresses, what web/errors.py logs
            request_max_body_size=None,
        )
        self.router = self.asgi_handler

    def _provide(self, name: str) -> Provide:
        values = self.values
        return Provide(lambda: values[name], sync_to_thread=False)
