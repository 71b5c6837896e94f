"""Graceful stop: SIGTERM under load, twice, SIGINT; nothing acknowledged is lost, exit code 0, within ten seconds (F26)."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.live.test_kill import check
from tests.support.load import Load
from tests.support.server import Collector


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load(tmp_path: Path, number: signal.Signals) -> None:
    collector = Collector(tmp_path / "data").start()
    load = Load(collector.url, collector.site["write_key"], 6).start()
    try:
        time.sleep(1)
        started = time.monotonic()
        collector.signal(number)
        assert collector.wait(10) == 0, collector.log
        took = time.monotonic() - started
        load.stop(give_up=True)
        acknowledged, lost, double = check(load, collector.data_dir)
        print(f"\n{number.name}: {acknowledged} acked, {lost} lost, {double} double, exit after {took:.2f} s")
        assert (lost, double) == (0, 0)
        assert acknowledged > 50
        assert collector.cli("doctor", check=False).returncode == 0
        assert "Traceback" not in collector.log
    finally:
        load.stop(give_up=True)
        collector.kill()


def test_a_second_signal_is_harmless(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "data").start()
    load = Load(collector.url, collector.site["write_key"], 4).start()
    try:
        time.sleep(0.7)
        for _ in range(3):
            if collector.is_running:
                collector.signal(signal.SIGTERM)
            time.sleep(0.01)
        assert collector.wait(10) == 0, collector.log
        load.stop(give_up=True)
        assert check(load, collector.data_dir)[1:] == (0, 0)
        assert "Traceback" not in collector.log
    finally:
        load.stop(give_up=True)
        collector.kill()


def test_idle_connections_do_not_hold_it_up(tmp_path: Path) -> None:
    """Idle connections of browsers are open; the stop does not wait."""
    import socket

    with Collector(tmp_path / "data") as collector:
        idle = [socket.create_connection(("127.0.0.1", collector.port)) for _ in range(20)]
        for one in idle[:10]:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200" in one.recv(2_000)
        assert collector.stop(10) == 0, "within ten seconds, or `stop` fails"
        for one in idle:
            one.close()


def test_restart_finds_everything(tmp_path: Path) -> None:
    with Collector(tmp_path / "data") as collector:
        collector.send(*({"type": "track", "event": "e", "anonymousId": f"a{number}"} for number in range(500)))
    with Collector(tmp_path / "data") as collector:
        assert collector.api("/api/counts")["stored"] == 500
        assert "Sign in as" not in collector.log.split("stopping")[-1], "the password is shown once only"
