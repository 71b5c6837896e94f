"""Fixtures of the whole suite, and its options."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from collector.storage import loop_guard
from collector.storage.engine import Store
from collector.storage.setup import open_store
from tests.support import postgres, quiet
from tests.support.app import App, app_database
from tests.unit.storage.world import World

# Examples write to a real database: how long one takes says nothing, and a shared fixture is meant.
settings.register_profile("passerby", deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
settings.load_profile("passerby")
quiet.be_quiet()
loop_guard.is_strict = True


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cycles", type=int, default=8, help="How often tests/live kills the server under load.")
    parser.addoption("--floods", action="store_true", help="tests/live floods the server in full size, and compares times.")
    parser.addoption(
        "--histories", type=int, default=2_400, help="How many histories tests/unit/domain compares with its model."
    )


@pytest.fixture
def cycles(request: pytest.FixtureRequest) -> int:
    number: int = request.config.getoption("--cycles")
    return number


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a test on each of its stores, if it uses one: `[sqlite]`, `[postgresql]`. The closest mark counts."""
    mark = metafunc.definition.get_closest_marker("stores")
    if mark and "store_kind" in metafunc.fixturenames:
        metafunc.parametrize("store_kind", mark.args)


def pytest_collection_finish() -> None:
    """Freeze what is there now, which stays: the garbage collector, busy with every App, leaves it alone."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    postgres.stop()


@pytest.fixture(autouse=True)
def _logs_name_nobody() -> Iterator[None]:
    yield
    lines = [*quiet.seen]
    quiet.seen.clear()
    assert lines == [], "a log line may not hold what a visitor sent"


@pytest.fixture
def store_kind() -> str:
    """sqlite or postgresql; without the mark `stores`, SQLite."""
    return "sqlite"


@pytest.fixture
def bare_url(store_kind: str) -> Iterator[str | None]:
    """The `database_url` of a store in which there is nothing yet. None is SQLite in the data directory, here and below."""
    with _lent(store_kind, postgres.bare_database) as url:
        yield url


@pytest.fixture
def empty_url(store_kind: str) -> Iterator[str | None]:
    """The `database_url` of a store that has all tables and no rows."""
    with _lent(store_kind, postgres.empty_database) as url:
        yield url


@pytest.fixture
def app_url(store_kind: str) -> Iterator[str | None]:
    """The `database_url` for an App."""
    with _lent(store_kind, app_database) as url:
        yield url


def _lent(store_kind: str, database: Callable[[], AbstractContextManager[str]]) -> AbstractContextManager[str | None]:
    return database() if store_kind == "postgresql" else nullcontext()


@pytest.fixture
def app(tmp_path: Path, app_url: str | None) -> Iterator[App]:
    """A collector as its first start leaves it."""
    with App(tmp_path / "data", database_url=app_url) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path, empty_url: str | None) -> Iterator[Store]:
    """A store that has all tables and no rows."""
    made = open_store(tmp_path / "data", empty_url)
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path, empty_url: str | None) -> Iterator[World]:
    made = World(tmp_path, empty_url)
    yield made
    made.store.close()
