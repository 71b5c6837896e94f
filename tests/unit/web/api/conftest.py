"""API of the application on both stores, told with the words of the scenarios."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from collector.storage import tables
from collector.storage.secrets import secret_key
from collector.storage.sites import add_site
from tests.support.app import MASTER, App
from tests.unit.scenarios.story import Story


@pytest.fixture
def story(app: App) -> Story:
    return Story(app)


@pytest.fixture
def other(app: App) -> dict[str, str]:
    """Headers of another site on the same installation."""
    site = add_site(app.installation.store, MASTER.encode(), "other", app.clock())
    app.installation.sites.refresh()
    return {"authorization": f"Bearer {secret_key(MASTER.encode(), site.uuid)}"}


def everything(app: App) -> dict[str, list[str]]:
    """Tables of the store, every row."""
    found: dict[str, list[str]] = {}
    with app.installation.store.read() as connection:
        for table in tables.metadata.sorted_tables:
            found[table.name] = sorted(map(repr, connection.execute(sa.select(table))))
    return found


def moves(answer: Any) -> dict[str, Any]:
    """Person id -> what it gains, from the answer of an operation."""
    return {one["person_id"]: one["moves"] for one in answer["people"]}
