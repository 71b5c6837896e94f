"""The only wiring: settings in, a running installation and its two ASGI applications out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import structlog
from litestar import Litestar, get
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Redirect

from . import __version__, clock, resources
from .config import Settings
from .domain.budget import Budget
from .domain.ip import parse_networks
from .domain.keys import new_id
from .enrichers.campaign import put_campaign
from .enrichers.user_agent import put_user_agent
from .errors import ConfigError
from .ingest.links import LinkSigner
from .ingest.pipeline import Pipeline
from .ingest.proof import Keyring, Prover
from .ingest.rates import Rates
from .ingest.receive import Receiver
from .ingest.steps import steps_with
from .ports import Clock
from .storage import setup, users
from .storage.operations.housekeeping import Housekeeping
from .storage.secrets import derive, load_or_create, secret_key
from .storage.site_registry import SiteRegistry
from .storage.write.checkpoints import Checkpoints
from .storage.write.journal import JournalSettings, WriterJournal
from .web.api.routes import API_HANDLERS
from .web.console.app import create_console, mounted
from .web.console.shell.settings import ConsoleSettings
from .web.errors import EXCEPTION_HANDLERS
from .web.gate import Gate
from .web.health import HEALTH_HANDLERS, Health, Metrics
from .web.ingest.bento import BENTO_HANDLERS, Bento
from .web.ingest.direct import events_first
from .web.ingest.handoff import Handoffs, handoff_handlers
from .web.ingest.segment import Ingest, ingest_handlers
from .web.openapi import openapi
from .web.script.install import Addresses
from .web.script.serve import SNIPPET_HANDLERS, Snippets

log = structlog.get_logger()
ADMIN = "admin"


class Installation:
    """An opened data directory: store, secret, sites and journal. `start()` it before serving, `stop()` it after."""

    def __init__(self, settings: Settings, on_broken: Callable[[], None] = lambda: None, clock: Clock = clock.now) -> None:
        """Open or create the data directory. Raises ConfigError with what to do when it cannot be used."""
        self.settings = settings
        self.clock = clock
        self.store = setup.open_store(settings.data, settings.database_url)
        self.master = settings.secret.encode() if settings.secret else load_or_create(settings.data)
        new_id.number = setup.take_number(self.store)
        self.first_site = setup.ensure_first_site(self.store, self.master, clock())
        self.first_password = self._ensure_console_user()
        self.unsafe = setup.durability_problems(self.store)
        if self.unsafe and not settings.allow_unsafe_store:
            raise ConfigError(
                f"{'; '.join(self.unsafe)}: an acknowledged event could be lost in a power cut. Mend it, or set "
                "PASSERBY_ALLOW_UNSAFE_STORE=1 to start all the same."
            )
        self.tombstone_key = derive(self.master, "tombstones").encode()
        self.metrics = Metrics()
        self.sites = SiteRegistry(self.store)
        self.journal = WriterJournal(
            self.store,
            clock,
            JournalSettings(queue_events=settings.queue_events, wait_seconds=settings.wait_seconds),
            on_broken,
            self.metrics.committed,
            self.tombstone_key,
        )
        self.rates = Rates(settings.rate_limits, on_refused=self.metrics.refused_for)
        self.gate = Gate(
            Budget(settings.memory_mb * 1024 * 1024),
            settings.body_seconds,
            parse_networks(settings.trusted_proxies),
            settings.wait_seconds,
            self.metrics.refused_for,
        )
        self.housekeeping = Housekeeping(self.store, lambda: self.sites.known.all, clock, self.tombstone_key)
        self.checkpoints = Checkpoints(self.store)
        self.threads = (self.journal.thread, self.housekeeping.thread, self.sites.thread, self.checkpoints.thread)
        self.links = LinkSigner(derive(self.master, "links"))
        self.addresses = Addresses(settings.public_url, settings.listen_url)

    def _ensure_console_user(self) -> str | None:
        """Make the console's first user; return the password, which is shown this once."""
        with self.store.write() as connection:
            if users.has_users(connection):
                return None
            password = secrets.token_urlsafe(12)
            users.set_password(connection, ADMIN, password)
        return password

    def start(self) -> None:
        self.sites.start()
        self.journal.start()
        self.housekeeping.start()
        self.checkpoints.start()

    def stop(self) -> None:
        """Commit what waits, then close the store. Takes as long as the store does."""
        self.journal.stop()
        self.housekeeping.stop()
        self.sites.stop()
        self.checkpoints.stop()
        self.store.close()


def create_collector(installation: Installation, *more: BaseRouteHandler) -> Litestar:
    """The application that the world talks to: ingest, snippet, server APIs, health. No sessions, no templates."""
    secret_of = _keyring(installation.master)
    steps = steps_with(Prover(secret_of), installation.links)
    pipeline = Pipeline(steps, (put_campaign, put_user_agent))
    receiver = Receiver(installation.sites, pipeline, installation.journal, installation.clock, installation.rates)
    ingest = Ingest(receiver, installation.sites)
    snippets = Snippets(resources.static_dir(), installation.addresses)
    values: dict[str, Any] = {
        "bento": Bento(installation.sites, secret_of, receiver),
        "sites": installation.sites,
        "store": installation.store,
        "snippets": snippets,
        "journal": installation.journal,
        "links": installation.links,
        "clock": installation.clock,
        "tombstone_key": installation.tombstone_key,
        "metrics": installation.metrics,
        "budget": installation.gate.budget,
        "health": Health(
            __version__, "sqlite" if installation.store.is_sqlite else "postgresql", installation.unsafe, installation.threads
        ),
    }
    collector = Litestar(
        route_handlers=[
            *ingest_handlers(ingest),
            *handoff_handlers(Handoffs(ingest, installation.links, installation.clock)),
            *BENTO_HANDLERS,
            *API_HANDLERS,
            *HEALTH_HANDLERS,
            openapi,
            *SNIPPET_HANDLERS,
            *more,
        ],
        dependencies={name: _provide(value) for name, value in values.items()},
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
    collector.asgi_handler = events_first(ingest, collector.asgi_handler)
    return _behind(installation.gate, collector)


def _behind(gate: Gate, application: Litestar) -> Litestar:
    """Put the gate around all that the application does, its routing too: whatever is asked for comes through it."""
    application.asgi_handler = gate.around(application.asgi_handler)
    return application


def _keyring(master: bytes) -> Keyring:
    """Return what gives a site's secret key, which is derived only once."""
    key_of = lru_cache(maxsize=1_000)(partial(secret_key, master))
    return lambda site: key_of(site.uuid)


def _provide(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False, use_cache=True)


def create_console_app(installation: Installation) -> Litestar:
    """The application for people who sign in. No CORS, its own sessions."""
    settings = ConsoleSettings(
        session_secret=derive(installation.master, "console-session"),
        tombstone_key=installation.tombstone_key,
        secure_cookie=installation.settings.secure_cookies,
        trusted_proxies=parse_networks(installation.settings.trusted_proxies),
        addresses=installation.addresses,
    )
    return create_console(installation.store, installation.sites, settings)


def create_app(installation: Installation) -> Litestar:
    """Both applications on one port: the console below `/console`, the collector for the rest."""
    return create_collector(installation, to_console, mounted(create_console_app(installation)))


def create_console_alone(installation: Installation) -> Litestar:
    """The console on a port of its own, below the same path."""
    routes = [to_console, mounted(create_console_app(installation))]
    return _behind(installation.gate, Litestar(routes, openapi_config=None, logging_config=None))


@get("/", include_in_schema=False, sync_to_thread=False)
def to_console() -> Redirect:
    """Redirect whoever opens the printed address in a browser to the console."""
    return Redirect("/console/", status_code=303)
