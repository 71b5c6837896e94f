"""Change feed over HTTP and on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collector.domain.events import SECOND
from collector.storage.operations import trimming
from tests.support.app import Answer
from tests.unit.scenarios.course import DAY
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.body.splitlines()]


def feed(story: Story, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    return lines(story.api("GET", f"/api/changes?after={after}" + (f"&limit={limit}" if limit else "")))


def happen(story: Story) -> None:
    story.page("x")
    story.identify("x", "A", email="a@x.io")
    story.identify("y", "B")
    story.merge("B", into="A")
    story.track(None, "C")
    story.delete("C")


def test_events_and_identity_in_the_order_of_commits(story: Story) -> None:
    happen(story)
    *rows, end = feed(story)
    kinds = [row["kind"] for row in rows]
    assert kinds == ["event", "event", "anonymous_merge", "event", "anonymous_merge", "people_merged", "person_deleted"]
    assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
    assert rows[1]["seq"] == rows[2]["seq"], "an event, and what it brought about"
    assert end == {"kind": "end", "after": rows[-1]["seq"], "lines": 7, "more": False}
    assert (rows[0]["anonymous_id"], rows[0]["was_anonymous"], rows[0]["person"]["label"]) == ("x", True, "a@x.io")
    assert feed(story, end["after"]) == [{"kind": "end", "after": end["after"], "lines": 0, "more": False}]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_change_feed_in_pieces_misses_and_repeats_nothing(story: Story, limit: int) -> None:
    happen(story)
    *whole, _ = feed(story)
    found: list[dict[str, Any]] = []
    after, more = 0, True
    while more:
        *rows, end = feed(story, after, limit)
        assert end["lines"] == len(rows)
        found += rows
        after, more = end["after"], end["more"]
    assert found == whole


def test_one_transaction_is_one_commit(story: Story) -> None:
    """Trim: several people go in one commit."""
    for user in "ABC":
        story.identify(user.lower(), user)
    story.wait(200 * DAY)
    store, site = story.app.installation.store, story.app.site
    trimming.start(
        store, site, trimming.trim_of(site, story.app.clock() - int(DAY) * SECOND, unsubscribed=False), story.app.clock()
    )
    story.settle()
    deleted = [row["seq"] for row in feed(story) if row["kind"] == "person_deleted"]
    assert len(deleted) == 3
    assert len(set(deleted)) == 1


def test_change_feed_goes_on_where_it_ended(story: Story) -> None:
    story.page("x")
    end = feed(story)[-1]
    said = story.page("x")
    (row, last) = feed(story, end["after"])
    assert row["message_id"] == said
    assert last["after"] == row["seq"]


@pytest.mark.parametrize(
    "wrong", ["after=-1", "after=x", "after=", f"after={2**63}", "after=" + "9" * 5000, "limit=0", "limit=x", "limit=10001"]
)
def test_wrong_parameters(story: Story, wrong: str) -> None:
    assert story.api("GET", f"/api/changes?{wrong}").status == 400


def test_change_feed_needs_the_secret_key(story: Story) -> None:
    assert story.app.request("GET", "/api/changes").status == 401
    assert story.app.request("GET", "/api/changes", b"", {"authorization": "Bearer wk_golden"}).status == 403
