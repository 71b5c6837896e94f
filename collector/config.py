"""One frozen, typed Settings, and the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from .domain.base_url import base_url_fault
from .domain.ip import parse_networks
from .errors import ConfigError
from .ingest.rates import SUBJECTS, RateLimits

PREFIX = "PASSERBY_"
LEAST_MEMORY_MB = 64
"""So that one address, which may hold half, can send the largest batch (ingest/weight.py)."""
_NOT_BELOW_0 = ("_requests", "_events", "_visitors", "_mb", "connections")


class Settings(msgspec.Struct, frozen=True):
    """Every setting of an installation. Each is read from PASSERBY_<NAME>; command-line options go before it."""

    data: Path = Path("data")
    """The data directory: database, secret. PASSERBY_DATA."""
    database_url: str | None = None
    """A SQLAlchemy address; empty is SQLite in the data directory. PASSERBY_DATABASE_URL."""
    host: str = "127.0.0.1"
    """The address to listen on. PASSERBY_HOST."""
    port: int = 8000
    """The collector's port, and the console's unless it has its own. PASSERBY_PORT."""
    console_host: str | None = None
    """Binds the console apart from the collector; empty is the collector's address. PASSERBY_CONSOLE_HOST."""
    console_port: int | None = None
    """Binds the console apart from the collector, on this port. PASSERBY_CONSOLE_PORT."""
    public_url: str | None = None
    """Where browsers reach the collector, for sites that do not say it themselves. PASSERBY_PUBLIC_URL."""
    secret: str | None = None
    """The master secret, when several collectors share one database; else a file in the data directory. PASSERBY_SECRET."""
    secure_cookies: bool = False
    """The console is reached by https only: its session cookie is Secure. PASSERBY_SECURE_COOKIES."""
    log_level: str = "info"
    """debug, info, warning or error. PASSERBY_LOG_LEVEL."""
    log_format: str = "json"
    """json or console. PASSERBY_LOG_FORMAT."""
    wait_seconds: float = 2.0
    """How long a request waits for its commit before it is answered 503. PASSERBY_WAIT_SECONDS."""
    queue_events: int = 20_000
    """Events that may wait for their commit before requests are answered 503. PASSERBY_QUEUE_EVENTS."""
    body_seconds: float = 10.0
    """How long the body of a request may take to arrive. PASSERBY_BODY_SECONDS."""
    header_seconds: float = 5.0
    """How long the headers of a request may take to arrive. PASSERBY_HEADER_SECONDS."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies whose X-Forwarded-For is believed; with commas. PASSERBY_TRUSTED_PROXIES."""
    memory_mb: int = 64
    """Megabytes of all that has been received and is not yet answered; an address may hold half. PASSERBY_MEMORY_MB."""
    connections: int = 4_096
    """Connections at once; beyond it the ones idle the longest are closed. PASSERBY_CONNECTIONS."""
    site_requests: float = 2_000
    """Requests a second for one site; 0 is no limit, here and below. PASSERBY_SITE_REQUESTS."""
    site_events: float = 20_000
    """Events a second for one site. PASSERBY_SITE_EVENTS."""
    site_visitors: float = 2_000
    """Anonymous ids a second that are new, for one site. PASSERBY_SITE_VISITORS."""
    key_requests: float = 1_000
    """Requests a second with one key. PASSERBY_KEY_REQUESTS."""
    key_events: float = 10_000
    """Events a second with one key. PASSERBY_KEY_EVENTS."""
    key_visitors: float = 1_000
    """Anonymous ids a second that are new, with one key. PASSERBY_KEY_VISITORS."""
    address_requests: float = 300
    """Requests a second from one client address to one site. PASSERBY_ADDRESS_REQUESTS."""
    address_events: float = 5_000
    """Events a second from one client address to one site. PASSERBY_ADDRESS_EVENTS."""
    address_visitors: float = 500
    """Anonymous ids a second that are new, from one client address to one site. PASSERBY_ADDRESS_VISITORS."""
    allow_unsafe_store: bool = False
    """Start although PostgreSQL does not flush its commits; /healthz then says so. PASSERBY_ALLOW_UNSAFE_STORE."""

    @property
    def rate_limits(self) -> dict[str, RateLimits]:
        return {
            subject: RateLimits(*(getattr(self, f"{subject}_{what}") for what in RateLimits.__struct_fields__))
            for subject in SUBJECTS
        }

    @property
    def listen_url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - only compared
        return f"http://{host}:{self.port}"

    @property
    def console_url(self) -> str:
        if not self.has_own_console:
            return f"{self.listen_url}/console"
        return f"http://{self.console_host or self.host}:{self.console_port or self.port}/console"

    @property
    def has_own_console(self) -> bool:
        """Whether the console listens apart from the collector."""
        return self.console_port is not None and (self.console_host, self.console_port) != (None, self.port)


def load_settings(environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Read the settings from PASSERBY_* variables; overrides that are not None go first.

    Raises ConfigError, naming the setting, for a value that does not fit.
    """
    known = known_variables()
    values: dict[str, Any] = {known[name]: environment[name] for name in known if environment.get(name)}
    values.update({name: value for name, value in overrides.items() if value is not None})
    return _convert(values)


def known_variables() -> dict[str, str]:
    """Return the environment variables that are read, and the setting that each is."""
    return {PREFIX + name.upper(): name for name in Settings.__struct_fields__}


def is_set(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether the environment gives this setting."""
    return bool(environment.get(PREFIX + name.upper()))


def unknown_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the PASSERBY_* variables that mean nothing: misspelt settings, most likely."""
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known_variables())


def _convert(values: dict[str, Any]) -> Settings:
    values = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    if "trusted_proxies" in values:
        values["trusted_proxies"] = [text for part in values["trusted_proxies"].split(",") if (text := part.strip())]
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"A setting does not fit: {error}.") from error
    negative = [name for name in settings.__struct_fields__ if name.endswith(_NOT_BELOW_0) and getattr(settings, name) < 0]
    if negative:
        raise ConfigError(f"{PREFIX}{negative[0].upper()} is below 0; 0 is no limit.")
    if 0 < settings.memory_mb < LEAST_MEMORY_MB:
        raise ConfigError(f"PASSERBY_MEMORY_MB is below {LEAST_MEMORY_MB}: one batch may take 24; 0 is no limit.")
    if settings.public_url and (fault := base_url_fault(settings.public_url)):
        raise ConfigError(f"PASSERBY_PUBLIC_URL {fault}")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise ConfigError(f"PASSERBY_LOG_LEVEL is {settings.log_level!r}; debug, info, warning or error is needed.")
    if settings.log_format not in ("json", "console"):
        raise ConfigError(f"PASSERBY_LOG_FORMAT is {settings.log_format!r}; json or console is needed.")
    try:
        parse_networks(settings.trusted_proxies)
    except ValueError as error:
        raise ConfigError(f"PASSERBY_TRUSTED_PROXIES needs addresses or networks, with commas: {error}.") from error
    return settings


def _path(kind: type, value: Any) -> Any:
    return Path(value) if issubclass(kind, Path) else value
