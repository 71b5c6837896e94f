"""Console on rows of our own, from outside and signed in, and on a real collector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.app import App
from tests.unit.storage.world import World

from .browser import Browser, Desk


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    made = Browser(world)
    with made.client:
        yield made


@pytest.fixture
def inside(browser: Browser) -> Browser:
    assert browser.sign_in().status_code == 303
    return browser


@pytest.fixture
def desk(app: App) -> Iterator[Desk]:
    made = Desk(app)
    with made.client:
        yield made
