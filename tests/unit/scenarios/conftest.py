"""Every story is told on both stores; whatever happens in one leaves a consistent store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.app import App

from .consistency import check_consistency
from .story import Story


@pytest.fixture(params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def story(app: App) -> Iterator[Story]:
    told = Story(app)
    yield told
    check_consistency(app.installation.store)
