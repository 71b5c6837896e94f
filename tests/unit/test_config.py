"""Settings: one frozen value, read from the environment, wrong values named in a sentence."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from collector.config import Settings, known_variables, load_settings, unknown_variables
from collector.errors import ConfigError


def test_settings_default() -> None:
    assert load_settings({}) == Settings()
    assert Settings().listen_url == "http://127.0.0.1:8000"


def test_every_setting_comes_from_its_variable() -> None:
    said = {
        "data": "/srv/p", "database_url": "postgresql://x", "host": "0.0.0.0", "port": "9000", "console_host": "127.0.0.2",
        "console_port": "9001", "public_url": "https://t.example.com", "secret": "s" * 40, "secure_cookies": "true",
        "log_level": "debug", "log_format": "console", "wait_seconds": "2.5", "queue_events": "100", "body_seconds": "3",
        "header_seconds": "1", "allow_unsafe_store": "1", "trusted_proxies": " 127.0.0.1, 10.0.0.0/8,,2001:db8::/32",
        "memory_mb": "128", "connections": "500",
    }  # fmt: skip
    rates = {f"{subject}_{what}" for subject in ("site", "key", "address") for what in ("requests", "events", "visitors")}
    said |= dict.fromkeys(rates, "7.5")
    assert set(said) == set(Settings.__struct_fields__), "a new setting belongs into this test"
    read = load_settings({f"PASSERBY_{name.upper()}": value for name, value in said.items()})
    assert read.data == Path("/srv/p")
    assert (read.port, read.console_port, read.queue_events) == (9000, 9001, 100)
    assert (read.secure_cookies, read.allow_unsafe_store) == (True, True)
    assert read.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")
    assert (read.wait_seconds, read.body_seconds, read.header_seconds) == (2.5, 3.0, 1.0)
    assert (read.memory_mb, read.connections) == (128, 500)
    assert {tuple(msgspec.structs.astuple(limits)) for limits in read.rate_limits.values()} == {(7.5, 7.5, 7.5)}
    converted = {
        *rates,
        "memory_mb",
        "connections",
        "data",
        "port",
        "console_port",
        "queue_events",
        "secure_cookies",
        "allow_unsafe_store",
        "trusted_proxies",
    }
    for name in set(said) - converted:
        if not name.endswith("seconds"):
            assert getattr(read, name) == said[name]


def test_the_command_line_goes_before_the_environment() -> None:
    read = load_settings({"PASSERBY_PORT": "9000", "PASSERBY_HOST": "a"}, port=1234, host=None, data=Path("x"))
    assert (read.port, read.host, read.data) == (1234, "a", Path("x"))


def test_settings_that_are_empty_are_not_set() -> None:
    assert load_settings({"PASSERBY_PORT": "", "PASSERBY_PUBLIC_URL": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("PORT", "http", "port"), ("PORT", "80.5", "port"), ("QUEUE_EVENTS", "many", "queue_events"),
        ("SECURE_COOKIES", "perhaps", "secure_cookies"), ("WAIT_SECONDS", "soon", "wait_seconds"),
        ("LOG_LEVEL", "loud", "PASSERBY_LOG_LEVEL"), ("LOG_FORMAT", "xml", "PASSERBY_LOG_FORMAT"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "PASSERBY_TRUSTED_PROXIES.*10.0.0.0/33"),
        ("TRUSTED_PROXIES", "127.0.0.1 ::1", "PASSERBY_TRUSTED_PROXIES"), ("TRUSTED_PROXIES", "*", "PASSERBY_TRUSTED_PROXIES"),
        ("TRUSTED_PROXIES", "127.0.0.1, localhost", "PASSERBY_TRUSTED_PROXIES.*localhost"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "host bits"), ("TRUSTED_PROXIES", "::/0", "everybody"),
        ("PUBLIC_URL", "stats.example.net", "PASSERBY_PUBLIC_URL is not an address"),
        ("PUBLIC_URL", "https://stats.example.net/?a=1", "PASSERBY_PUBLIC_URL is not an address"),
        ("PUBLIC_URL", "https://ada:secret@stats.example.net", "PASSERBY_PUBLIC_URL has a user name or password"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(variable: str, value: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        load_settings({f"PASSERBY_{variable}": value})
    assert "\n" not in caught.value.message
    assert "secret" not in caught.value.message


def test_misspelt_variables_are_found() -> None:
    environment = {"PASSERBY_PROT": "1", "PASSERBY_PORT": "1", "PATH": "/bin"}
    assert unknown_variables(environment) == ["PASSERBY_PROT"]
    assert set(known_variables().values()) == set(Settings.__struct_fields__)


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "own", "url"),
    [
        (Settings(), False, "http://127.0.0.1:8000/console"),
        (Settings(host="0.0.0.0", port=80), False, "http://127.0.0.1:80/console"),
        (Settings(console_port=9001), True, "http://127.0.0.1:9001/console"),
        (Settings(console_port=8000), False, "http://127.0.0.1:8000/console"),
        (Settings(console_port=8000, console_host="10.0.0.1"), True, "http://10.0.0.1:8000/console"),
    ],
)
def test_console_address(settings: Settings, own: bool, url: str) -> None:
    assert (settings.has_own_console, settings.console_url) == (own, url)


def test_settings_are_a_struct_of_plain_values() -> None:
    assert msgspec.structs.fields(Settings)


@pytest.mark.parametrize(
    ("name", "value"), [("KEY_EVENTS", "-1"), ("MEMORY_MB", "63"), ("MEMORY_MB", "-1"), ("CONNECTIONS", "-5")]
)
def test_a_limit_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"PASSERBY_{name}"):
        load_settings({f"PASSERBY_{name}": value})
