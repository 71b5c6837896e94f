"""Jobs and the retention over HTTP."""

from __future__ import annotations

import pytest

from tests.support.app import App
from tests.unit.scenarios.course import DAY
from tests.unit.scenarios.story import Story

from .conftest import everything

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_the_retention_is_a_job(story: Story) -> None:
    story.page("x")
    story.wait_for(100 * DAY)
    answer = story.api("POST", "/api/retention")
    assert answer.status == 202
    (job,) = story.get("/api/jobs")["jobs"]
    assert (job["job_id"], job["kind"], job["error"]) == (answer.json["job_id"], "retention", None)
    assert job["state"] in ("waiting", "running", "done")
    assert set(job) == {"job_id", "kind", "state", "done", "total", "error", "created_at", "updated_at"}


def test_a_site_that_keeps_everything_has_no_job(story: Story) -> None:
    story.site(retention_days=0)
    before = everything(story.app)
    assert story.api("POST", "/api/retention", {}).json == {"job_id": None}
    assert everything(story.app) == before


def test_the_newest_jobs_come_first(story: Story) -> None:
    for user in "ABC":
        story.identify(user.lower(), user)
        story.delete(user)
    jobs = story.get("/api/jobs")["jobs"]
    assert [job["kind"] for job in jobs] == ["deletion"] * 3
    assert [job["job_id"] for job in jobs] == sorted((job["job_id"] for job in jobs), reverse=True)
    assert story.get("/api/jobs", limit=1)["jobs"] == jobs[:1]


def test_jobs_are_of_one_site(story: Story, app: App, other: dict[str, str]) -> None:
    story.identify("x", "A")
    story.delete("A")
    assert app.request("GET", "/api/jobs", headers=other).json == {"jobs": []}
