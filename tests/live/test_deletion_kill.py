"""kill -9 in the middle of a deletion: nothing of the person shows in between, and the next start finishes it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from collector.storage.engine import DATABASE
from tests.support.server import Collector

EVENTS = 30_000
BATCH = 1_000


def secret(collector: Collector) -> dict[str, str]:
    return {"authorization": f"Bearer {collector.site['secret_key']}"}


def send(collector: Collector) -> None:
    ada: dict[str, Any] = {"anonymousId": "adas-phone", "userId": "ada"}
    for start in range(0, EVENTS, BATCH):
        batch = [{"type": "track", "event": "e", "messageId": f"m{start + n}", **ada} for n in range(BATCH)]
        said = httpx.post(
            f"{collector.url}/v1/batch", json={"writeKey": collector.site["write_key"], "batch": batch}, timeout=30
        )
        assert said.json()["stored"] == BATCH


def job(collector: Collector) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{collector.url}/api/jobs", headers=secret(collector)).json()["jobs"][0]
    return found


def rows_of_ada(collector: Collector) -> int:
    with sqlite3.connect(collector.data_dir / DATABASE) as connection:
        count: int = connection.execute("SELECT count(*) FROM event WHERE anonymous_id = 'adas-phone'").fetchone()[0]
    return count


def wait_until(collector: Collector, reached: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached(job(collector)):
        assert time.monotonic() < deadline, job(collector)
        time.sleep(0.005)


def test_a_deletion_survives_kill(tmp_path: Path) -> None:
    with Collector(tmp_path / "data") as collector:
        send(collector)
        person = httpx.get(f"{collector.url}/api/people?user_id=ada", headers=secret(collector)).json()["people"][0]
        said = httpx.delete(f"{collector.url}/api/people/{person['person_id']}", headers=secret(collector), timeout=30)
        assert said.status_code in (200, 202), said.text
        wait_until(collector, lambda job: job["done"] >= 2_000)
        collector.kill()
        left = rows_of_ada(collector)
        assert 0 < left < EVENTS, "killed in the middle"

        collector.start()
        assert httpx.get(f"{collector.url}/api/people?user_id=ada", headers=secret(collector)).json()["people"] == []
        wait_until(collector, lambda job: job["state"] == "done")
        assert job(collector)["done"] == EVENTS
        assert rows_of_ada(collector) == 0
        late = {"type": "track", "event": "late", "anonymousId": "adas-phone", "writeKey": collector.site["write_key"]}
        answer = httpx.post(f"{collector.url}/v1/track", json=late).json()
        assert (answer["stored"], answer["rotate"]) == (1, ["adas-phone"])
        assert collector.cli("doctor", check=False).returncode == 0
