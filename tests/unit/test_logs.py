"""Logs: one line an entry, whatever is in it; only from the chosen level on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from collector.logs import configure_logs
from tests.support.quiet import be_quiet


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    be_quiet()


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
