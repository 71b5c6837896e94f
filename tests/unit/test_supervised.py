"""Threads never end in silence: what one raises is counted, it begins again; a health check knows of one that ended."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from collector.errors import Unavailable
from collector.ports import Receipt
from collector.supervised import Supervised
from tests.support.app import App
from tests.unit.storage.write.test_journal import Bench

FAULTS = [ValueError("a"), SystemExit(3), KeyboardInterrupt(), MemoryError(), OSError("no log"), RuntimeError("b")]


def test_supervised_thread_begins_again_until_its_work_returns() -> None:
    faults = iter(FAULTS)
    done = threading.Event()

    def work() -> None:
        for fault in faults:
            raise fault
        done.set()

    thread = Supervised("work", work, pause_seconds=0)
    assert not thread.has_ended, "not begun"
    thread.start()
    assert done.wait(10)
    ended(thread)
    assert (thread.failures, thread.has_ended) == (len(FAULTS), True)
    thread.join()
    assert not thread.has_ended, "somebody waited for it"


def ended(thread: Supervised) -> None:
    deadline = time.monotonic() + 10
    while thread.is_alive:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_writer_outlives_any_fault(app: App, monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    """Group answered 503, a long request of it too: none of its later pieces makes it look whole."""
    bench = Bench(app, wait_seconds=0.5, piece_cost=2)
    monkeypatch.setattr(bench.journal.thread, "_pause", 0)
    faults = [fault]

    def failing(*_: Any) -> None:
        if faults:
            raise faults.pop()

    monkeypatch.setattr(bench.journal, "_settle", _first(failing, bench.journal._settle))
    bench.journal.start()
    assert isinstance(asyncio.run(bench.submit("m1", "m2", "m3", "m4", "m5")), Unavailable)
    again = asyncio.run(bench.submit("m1", "m2", "m3", "m4", "m5"))
    assert isinstance(again, Receipt)
    assert again.stored + again.duplicate == 5
    assert bench.journal.thread.failures == 1
    bench.journal.stop()
    app.assert_conserved()


def _first(before: Any, then: Any) -> Any:
    def both(*args: Any) -> Any:
        before(*args)
        return then(*args)

    return both


def test_a_site_that_cannot_be_read_does_not_end_the_directory(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = app.installation.sites
    seen = threading.Event()

    def refuse() -> None:
        seen.set()
        raise ValueError("a row that no version of ours wrote")

    monkeypatch.setattr("collector.storage.site_registry.REFRESH_SECONDS", 0.01)
    monkeypatch.setattr(sites.thread, "_pause", 0)
    monkeypatch.setattr(sites, "refresh", refuse)
    assert seen.wait(10)
    seen.clear()
    assert seen.wait(10), "and again"
    assert sites.thread.is_alive


def test_a_health_check_knows(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.request("GET", "/healthz").json["thread_failures"] == {}
    app.installation.housekeeping.thread.failures = 2
    answer = app.request("GET", "/healthz")
    assert (answer.status, answer.json["status"], answer.json["thread_failures"]) == (200, "ok", {"housekeeping": 2})
    monkeypatch.setattr(app.installation.housekeeping.thread, "_work", lambda: None)
    app.installation.housekeeping.start()
    ended(app.installation.housekeeping.thread)
    answer = app.request("GET", "/healthz")
    assert (answer.status, answer.json["status"], answer.json["ended"]) == (503, "failing", ["housekeeping"])
