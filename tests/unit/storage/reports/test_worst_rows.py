"""Rows of any kind can be shown: those that no version of today writes, on every page and in every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
import sqlalchemy as sa

from collector.schemas.people import event_answer, person_answer
from collector.storage import tables
from collector.storage.reports.export import export_events, export_people
from tests.support.app import App
from tests.unit.scenarios.story import Story
from tests.unit.web.console.browser import Desk

DEEP = '{"a":' * 972 + "1" + "}" * 972
CONTENTS = {
    "972 levels": DEEP,
    "972 levels in the page": '{"page":' + DEEP + ',"campaign":' + DEEP + "}",
    "a text": '"x"',
    "a list": "[1]",
    "null": "null",
    "a page that is a number": '{"page":7,"campaign":[],"userAgent":{},"groupId":[],"library":1}',
    "300 KB": json.dumps({"x": "x" * 300_000}),
}
ONLY_SQLITE = {
    "NaN": '{"x":NaN}',
    "not JSON": "{",
    "a lone surrogate": '{"x":"\\ud800"}',
    "a NUL": '{"x":"\\u0000"}',
    "1e999": '{"x":1e999}',
}
"""Values JSONB refuses."""


pytestmark = pytest.mark.stores("sqlite", "postgresql")


@pytest.fixture
def story(app: App) -> Story:
    return Story(app)


@pytest.fixture
def desk(app: App) -> Iterator[Desk]:
    made = Desk(app)
    with made.client:
        yield made


@pytest.mark.parametrize("name", [*CONTENTS, *ONLY_SQLITE])
def test_every_page_and_answer(story: Story, desk: Desk, store_kind: str, name: str) -> None:
    content = {**CONTENTS, **ONLY_SQLITE}[name]
    if name in ONLY_SQLITE and store_kind == "postgresql":
        return  # JSONB refuses to hold it: there is no such row
    story.identify("x", "A", email="a@x.io", account="acme")
    story.page("y")
    spoil(story.app, content)
    person = story.id_of("A")
    paths = [
        "/people", f"/people/{person}", f"/people/{person}/events", f"/people/{person}/export", "/visitors/x", "/visitors/y",
        "/activity", "/activity?tab=anonymous", "/counts", "/quarantine", "/accounts", "/accounts/acme", "/jobs",
    ]  # fmt: skip
    failed = {path: answer.status for path in paths if (answer := story.api("GET", f"/api{path}")).status != 200}
    pages = [
        "/people", f"/people/{person}", "/visitors/x", "/visitors/y", "/activity", "/activity?tab=anonymous", "/activity?tab=log",
        "/accounts", "/accounts?id=acme", "/ingest", "/jobs", "/install", f"/delete?person={person}", "/detach?id=x",
    ]  # fmt: skip
    failed |= {f"console {page}": answer.status_code for page in pages if (answer := desk.get(page)).status_code != 200}
    assert failed == {}
    with story.app.installation.store.read() as connection:
        site_id = story.app.site.site_id
        events = [msgspec.json.encode(event_answer(row)) for row in export_events(connection, site_id)]
        people = [msgspec.json.encode(person_answer(row)) for row in export_people(connection, site_id)]
    assert events and people


def spoil(app: App, content: str) -> None:
    """Put this where events keep strangers' text, and where the log and the quarantine do."""
    cast = "CAST(:content AS JSONB)" if app.installation.store.is_sqlite is False else ":content"
    with app.installation.store.write() as connection:
        for table, column in (("event", "context"), ("event", "properties")):
            connection.execute(sa.text(f"UPDATE {table} SET {column} = {cast}"), {"content": content})
        connection.execute(
            tables.quarantine.insert().values(
                site_id=app.site.site_id, quarantine_id=1, received_at=1, reason="x" * 1_000, detail="\u202e<script>", source="?",
                message_id=None, body=bytes(range(256)) * 250,
            )
        )  # fmt: skip
