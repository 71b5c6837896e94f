"""Stories are told on both stores; whatever happens in one leaves a consistent store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.app import App

from .consistency import check_consistency
from .crowd import Crowd
from .story import Story


@pytest.fixture(params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def story(app: App) -> Iterator[Story]:
    """Story at a site handing visitors over to its other domains; the rest is as it begins."""
    told = Story(app)
    told.site(cross_domain=True)
    yield told
    check_consistency(app.installation.store)


@pytest.fixture
def crowd(story: Story, store_kind: str, tmp_path: Path) -> Iterator[Crowd]:
    """Collector on SQLite, two on PostgreSQL."""
    if store_kind == "sqlite":
        yield Crowd(story, [story.app])
    else:
        with App(tmp_path / "second", database_url=story.app.installation.settings.database_url) as second:
            yield Crowd(story, [story.app, second])
