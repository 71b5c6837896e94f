"""The only wiring: settings in, a running installation and its two ASGI applications out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache, partial

import structlog
from litestar import Litestar, get
from litestar.handlers import BaseRouteHandler
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
from .web.console.app import create_console, mounted
from .web.console.shell.settings import ConsoleSettings
from .web.gate import Gate
from .web.health import Health, Metrics
from .web.ingest.bento import Bento
from .web.ingest.direct import events_first
from .web.ingest.handoff import Handoffs
from .web.ingest.segment import Ingest
from .web.routes import Routes
from .web.script.install import Addresses
from .web.script.serve import Snippets

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
    return wire(Routes(*more), installation)


def wire(routes: Routes, installation: Installation) -> Routes:
    """Make routes those of an installation; of another one they are no longer. The gate stands around everything."""
    secret_of = _keyring(installation.master)
    steps = steps_with(Prover(secret_of), installation.links)
    pipeline = Pipeline(steps, (put_campaign, put_user_agent))
    receiver = Receiver(installation.sites, pipeline, installation.journal, installation.clock, installation.rates)
    ingest = Ingest(receiver, installation.sites)
    routes.values |= {
        "bento": Bento(installation.sites, secret_of, receiver),
        "ingest": ingest,
        "handoffs": Handoffs(ingest, installation.links, installation.clock),
        "sites": installation.sites,
        "store": installation.store,
        "snippets": Snippets(resources.static_dir(), installation.addresses),
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
    routes.asgi_handler = installation.gate.around(events_first(ingest, routes.router))
    return routes


def _keyring(master: bytes) -> Keyring:
    """Return what gives a site's secret key, which is derived only once."""
    key_of = lru_cache(maxsize=1_000)(partial(secret_key, master))
    return lambda site: key_of(site.uuid)


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
    application = Litestar(routes, openapi_config=None, logging_config=None)
    application.asgi_handler = installation.gate.around(application.asgi_handler)
    return application


@get("/", include_in_schema=False, sync_to_thread=False)
def to_console() -> Redirect:
    """Redirect whoever opens the printed address in a browser to the console."""
    return Redirect("/console/", status_code=303)
