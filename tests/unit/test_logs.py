"""Logs: one line an entry, whatever is in it; only from the chosen level on."""

from __future__ import annotations

import json

import pytest
import structlog

from collector.logs import configure_logs


@pytest.fixture(autouse=True)
def _reset() -> object:
    yield
    structlog.reset_defaults()


def test_one_line_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    log = structlog.get_logger()
    log.debug("not this")
    log.info("a\nb", text='line one\nline two\r{"forged":1}\u2028')
    try:
        raise ValueError("bad\nnews")
    except ValueError:
        log.exception("failed")
    out = capsys.readouterr()
    assert out.out == "", "standard output belongs to the commands"
    entries = [json.loads(line) for line in out.err.splitlines() if line]
    assert [entry["level"] for entry in entries] == ["info", "error"]
    assert "ValueError" in entries[1]["exception"]
    assert all("timestamp" in entry for entry in entries)


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning", "console")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    said = capsys.readouterr().err
    assert "loud" in said
    assert "quiet" not in said
