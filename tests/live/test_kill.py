"""kill -9 under load, again and again: what was acknowledged is there, each event once (F1, R1, R2).

`pytest tests/live/test_kill.py --cycles 1000 -s` for the long run.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.load import Load
from tests.support.server import Collector
from tests.support.sqlite import pysqlite3

CLIENTS = 5


def stored(data_dir: Path) -> Counter[str]:
    """Count of each message id in the store (each client has one device, so once is right)."""
    connection = pysqlite3.connect(f"file:{data_dir / 'passerby.db'}?mode=ro", uri=True)
    try:
        return Counter(row[0] for row in connection.execute("SELECT message_id FROM event"))
    finally:
        connection.close()


def check(load: Load, data_dir: Path) -> tuple[int, int, int]:
    """Compare the clients' histories with the store; return acknowledged, lost, double."""
    found = stored(data_dir)
    lost = load.acknowledged - found.keys()
    double = {message for message, times in found.items() if times > 1}
    assert not found.keys() - load.sent, "phantoms: nobody sent these"
    assert load.wrong == []
    return len(load.acknowledged), len(lost), len(double)


def test_kill_under_load(tmp_path: Path, cycles: int) -> None:
    collector = Collector(tmp_path / "data").start()
    chance = random.Random(4)
    load = Load(collector.url, collector.site["write_key"], CLIENTS).start()
    try:
        for _ in range(cycles):
            time.sleep(chance.uniform(0.15, 0.7))
            collector.kill()
            collector.start()  # alone, without a manual step (G7), or it is given up
        time.sleep(0.3)
        load.stop()
        acknowledged, lost, double = check(load, collector.data_dir)
        print(f"\ncycles {cycles}  acked {acknowledged}  lost {lost}  double {double}  resent in doubt {load.resent}")
        assert (lost, double) == (0, 0)
        assert acknowledged > 20 * cycles, "there was load"
        assert load.sent == load.acknowledged, "in the end every event got through"
        counts = collector.api("/api/counts")
        assert counts["stored"] == len(load.sent)
        assert counts["received"] == counts["stored"] + counts["duplicate"] + counts["quarantined"] + counts["refused"]
        assert collector.stop() == 0
        doctor = collector.cli("doctor", check=False)
        assert doctor.returncode == 0, doctor.stdout
        exported = [json.loads(line)["message_id"] for line in collector.cli("export", "events").stdout.splitlines()]
        assert Counter(exported) == Counter(load.sent)
    finally:
        load.stop(give_up=True)
        collector.kill()


def test_control_check_can_fail(tmp_path: Path) -> None:
    """Control: had the store lost one event or kept one twice, the check above would say so."""
    with Collector(tmp_path / "data") as collector:
        load = Load(collector.url, collector.site["write_key"], 2).start()
        time.sleep(0.5)
        load.stop()
    assert check(load, collector.data_dir)[1:] == (0, 0)
    connection = sqlite3.connect(tmp_path / "data" / "passerby.db")
    with connection:
        connection.execute("DELETE FROM event WHERE rowid IN (SELECT rowid FROM event LIMIT 1)")
        connection.execute(
            "INSERT INTO event SELECT site_id, device_id + 1, message_id, stream_id, ts, received_at, original_ts, type, name, url, "
            "anonymous_id, user_id, properties, context, flags, fingerprint, sender, seq FROM event LIMIT 1"
        )
    connection.close()
    assert check(load, collector.data_dir)[1:] == (1, 1)
    assert Collector(tmp_path / "data").cli("doctor", check=False).returncode == 1, "and so does the doctor"


@pytest.mark.parametrize("again", [False, True])
def test_killed_before_the_answer(tmp_path: Path, again: bool) -> None:
    """Idempotency: the client never heard, sends the same id again; the event counts once (F2, F3)."""
    with Collector(tmp_path / "data") as collector:
        event = {"type": "track", "event": "e", "messageId": "doubt", "anonymousId": "a"}
        first = collector.send(event)
        assert first["stored"] == 1
        collector.kill()
        collector.start()
        if again:
            assert collector.send(event) == {"success": True, "stored": 0, "duplicate": 1, "quarantined": []}
        assert stored(collector.data_dir) == {"doubt": 1}
