"""Fixtures of the whole suite, and its options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.app import App
from tests.support.quiet import be_quiet

# Examples write to a real database: how long one takes says nothing, and a shared fixture is meant.
settings.register_profile("passerby", deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
settings.load_profile("passerby")
be_quiet()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cycles", type=int, default=8, help="How often tests/live kills the server under load.")


@pytest.fixture
def cycles(request: pytest.FixtureRequest) -> int:
    number: int = request.config.getoption("--cycles")
    return number


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A collector on an empty data directory."""
    with App(tmp_path / "data") as made:
        yield made
