"""Log that cannot be written: a full disk, or nobody reads. The collector goes on, also past what it has to complain of."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.support.server import Collector
from tests.support.sqlite import pysqlite3

PATIENCE = 30.0


class Mute(Collector):
    """Standard output and standard error go where nothing can be written."""

    def start_into(self, stream: int) -> None:
        arguments = ["serve", "--data", str(self.data_dir), "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*self._command, *arguments], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=self._env(),
        )  # fmt: skip
        self.wait_until_ready()


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def unread() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("stream", [full, unread], ids=lambda stream: stream.__name__)
def test_writer_goes_on_when_the_log_cannot_be_written(tmp_path: Path, stream: object) -> None:
    collector = Mute(tmp_path / "data")
    number = stream()  # type: ignore[operator]
    try:
        collector.start_into(number)
        event = {"type": "track", "event": "e", "anonymousId": "a", "messageId": "m1"}
        body = {"batch": [event], "writeKey": collector.site["write_key"]}
        blocker = pysqlite3.connect(str(collector.data_dir / "passerby.db"), isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        assert httpx.post(f"{collector.url}/v1/batch", json=body, timeout=20).status_code == 503
        time.sleep(6)  # past SQLite's own patience: the writer has had its error, and said so, or tried to
        blocker.execute("COMMIT")
        blocker.close()
        deadline = time.monotonic() + PATIENCE
        while httpx.post(f"{collector.url}/v1/batch", json=body, timeout=20).status_code != 200:
            assert time.monotonic() < deadline, "every request is 503"
            time.sleep(0.2)
        health = httpx.get(f"{collector.url}/healthz", timeout=20)
        assert (health.status_code, health.json()["thread_failures"]) == (200, {})
        assert collector.stop() == 0
    finally:
        collector.kill()
        os.close(number)
