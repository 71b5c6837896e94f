"""Jobs: what is being removed, in every state."""

from __future__ import annotations

from typing import Any

from collector.storage import tables
from tests.unit.storage.world import day

from ..browser import Browser, plain


def job(browser: Browser, state: str, **more: Any) -> None:
    number = next(browser.world.numbers)
    row = {
        "site_id": browser.world.site_id, "job_id": number, "kind": "retention", "state": state, "plan": {}, "done": 0,
        "total": None, "removed": 0, "error": None, "created_at": day(0), "updated_at": day(1), **more,
    }  # fmt: skip
    browser.world.insert(tables.job, **row)


def test_jobs_none_yet(inside: Browser) -> None:
    page = inside.get("/jobs").text
    assert "no anonymous history is older than the 90 days" in plain(page) and "hx-trigger" not in page


def test_jobs_in_every_state(inside: Browser) -> None:
    job(inside, "running", done=200, total=1_000)
    job(inside, "running", kind="<b>new</b>")
    job(inside, "failed", error="disk <full>")
    job(inside, "done", kind="deletion", done=1_234, total=1_234)
    page = inside.get("/jobs").text
    text = plain(page)
    assert "Removing old anonymous history running 200 of 1,000 streams looked at" in text
    assert '<progress max="1000" value="200">' in page and "<progress></progress>" in page
    assert "failed disk <full>" in text and "&lt;b&gt;new" in page
    assert "Removing a deleted person's events done 1,234 of 1,234 events" in text
    assert 'hx-trigger="every 2s"' in page


def test_more_done_than_was_counted(inside: Browser) -> None:
    job(inside, "running", done=12, total=10)
    assert '<progress max="10" value="10">' in inside.get("/jobs").text


def test_jobs_link_from_ingest(inside: Browser) -> None:
    assert 'href="/console/jobs"' in inside.get("/ingest").text
