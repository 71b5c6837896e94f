"""Power cuts under load, again and again: what was acknowledged is there, each event once (F4, R1, R2).

And a control that must lose: the same collector with SQLite's `synchronous=NORMAL`, which acknowledges what is not on the disk yet.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.load import Load
from tests.support.power import Volume, why_not
from tests.support.server import Collector
from tests.support.sqlite import pysqlite3

CLIENTS = 4
CONTROL_CUTS = 2
CARELESS = (
    "from collector.storage import engine; connect = engine._on_connect; "
    "engine._on_connect = lambda c, r: (connect(c, r), c.execute('PRAGMA synchronous=NORMAL')); "
    "from collector.__main__ import main; main()"
)


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    (tmp_path / "probe").mkdir()
    reason = why_not(tmp_path / "probe")
    if reason is not None:
        pytest.skip(reason)
    found = Volume(tmp_path)
    try:
        yield found
    finally:
        found.switch_off()


def on(volume: Volume, **more: Any) -> Collector:
    """Collector whose data are on the volume, and whose log is not."""
    collector = Collector(volume.mount / "data", **more)
    collector.log_path = volume.mount.parent / "log"
    return collector


def cuts(volume: Volume, collector: Collector, count: int) -> tuple[int, int, int]:
    """Cut the power so often, each time under load; return acknowledged, lost and double over all of them."""
    volume.switch_on()
    collector.start()
    collector.stop()  # the site is made, and on the disk
    volume.switch_off()
    chance = random.Random(7)
    totals = [0, 0, 0]
    for cut in range(count):
        volume.switch_on()
        collector.start()
        load = Load(collector.url, collector.site["write_key"], CLIENTS, seed=cut).start()
        try:
            time.sleep(chance.uniform(0.4, 1.2))
            collector.signal(signal.SIGSTOP)  # everything stops at once: nobody hears of a flush that the cut overtakes
            volume.cut()
        finally:
            collector.kill()
            load.stop(give_up=True)
            volume.switch_off()
        volume.switch_on()
        found = compared(load, collector.data_dir)
        totals = [total + one for total, one in zip(totals, found, strict=True)]
        volume.switch_off()
    return totals[0], totals[1], totals[2]


def compared(load: Load, data_dir: Path) -> tuple[int, int, int]:
    """Count what the last load's clients were told, and what is stored: acknowledged, lost, double."""
    connection = pysqlite3.connect(str(data_dir / "passerby.db"))  # writable: it replays the log that the cut left
    try:
        found = Counter(row[0] for row in connection.execute("SELECT message_id FROM event"))
    finally:
        connection.close()
    lost = load.acknowledged - found.keys()
    double = {message for message in load.sent if found[message] > 1}
    assert load.wrong == []
    return len(load.acknowledged), len(lost), len(double)


def test_the_power_is_cut_under_load(volume: Volume, cycles: int) -> None:
    collector = on(volume)
    count = max(3, cycles // 4)
    acknowledged, lost, double = cuts(volume, collector, count)
    print(f"\ncuts {count}  acked {acknowledged}  lost {lost}  double {double}")
    assert (lost, double) == (0, 0)
    assert acknowledged > 5 * count, "there was load"
    volume.switch_on()
    doctor = collector.cli("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout


def test_control_store_without_fsync_loses(volume: Volume) -> None:
    """Control: were acknowledged events not on the disk, the test above would find them missing."""
    acknowledged, lost, _ = cuts(
        volume,
        on(volume, command=(sys.executable, "-c", CARELESS), environment={"PASSERBY_ALLOW_UNSAFE_STORE": "1"}),
        CONTROL_CUTS,
    )
    print(f"\ncuts {CONTROL_CUTS}  acked {acknowledged}  lost {lost}")
    assert lost > 0
