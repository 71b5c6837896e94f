"""Logs: one line an entry, whatever is in it; nothing that a visitor sent; and a logger neither waits nor fails."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import psycopg
import pytest
import sqlalchemy as sa
import structlog

from collector.errors import ConfigError
from collector.logs import MOST_LINES, Lines, configure_logs, described
from tests.support import quiet
from tests.support.quiet import be_quiet
from tests.support.sqlite import pysqlite3


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    be_quiet()


def test_log_entry_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = configure_logs("info", "json")
    log = structlog.get_logger()
    log.debug("not this")
    log.info("a\nb", text='line one\nline two\r{"forged":1}\u2028')
    try:
        raise ValueError("bad\nnews")
    except ValueError:
        log.exception("failed")
    lines.flush()
    out = capsys.readouterr()
    assert out.out == "", "standard output belongs to the commands"
    entries = [json.loads(line) for line in out.err.splitlines() if line]
    assert [entry["level"] for entry in entries] == ["info", "error"]
    assert "ValueError" in entries[1]["exception"]
    assert all("timestamp" in entry for entry in entries)


def test_log_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    lines = configure_logs("warning", "console")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    lines.flush()
    said = capsys.readouterr().err
    assert "loud" in said
    assert "quiet" not in said


# -- a stream that takes nothing -----------------------------------------------------------------------------------------


def nobody_reads(_: Path) -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


def closed(folder: Path) -> TextIO:
    stream = (folder / "closed").open("w")
    stream.close()
    return stream


def full_disk(_: Path) -> TextIO:
    return Path("/dev/full").open("w")


def text_only(folder: Path) -> TextIO:
    stream = (folder / "ascii").open("w", encoding="ascii", errors="strict")
    stream.fileno = _no_number  # type: ignore[method-assign]
    return stream


def _no_number() -> int:
    raise OSError("no file")


BROKEN: dict[str, Callable[[Path], TextIO]] = {
    "its reader has gone": nobody_reads,
    "it is closed": closed,
    "its disk is full": full_disk,
    "it has no number": text_only,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_line_that_cannot_be_written_is_counted(tmp_path: Path, name: str) -> None:
    stream = BROKEN[name](tmp_path)
    lines = Lines(stream)
    for text in ("one \u2603", "two \ud800"):
        lines.put(text)
    lines.flush(10)
    assert lines.lost == 2
    if not stream.closed:
        stream.close()


def test_log_does_not_wait_for_a_reader(tmp_path: Path) -> None:
    """Pipe that nobody empties takes 64 KiB; the rest waits, up to a number of lines, and then is counted."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        lines = Lines(stream)
        for number in range(MOST_LINES + 1_000):
            lines.put(f"{number} " + "x" * 100)
        lost = lines.lost
        assert lost > 0
        emptied = threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(reader, 1 << 16), b"")])
        emptied.start()
        lines.flush(30)
        assert lines.lost == lost, "what waited is written as soon as somebody reads"
    emptied.join()
    os.close(reader)


# -- visitors' data: none ------------------------------------------------------------------------------------------------

SECRET = "grace@hopper.example"


class Away(psycopg.OperationalError):
    sqlstate = "08006"


def wrapped(original: Exception) -> sa.exc.DBAPIError:
    return sa.exc.DBAPIError(f"INSERT INTO t VALUES ('{SECRET}')", {"value": SECRET}, original)


def unique() -> Exception:
    found = psycopg.errors.UniqueViolation(f"duplicate key\nDETAIL: Key (value)=({SECRET}) already exists.")
    return wrapped(found)


DESCRIBED: dict[str, tuple[Exception, str]] = {
    "a key of a dictionary": (KeyError(SECRET), "KeyError"),
    "a value": (ValueError(f"invalid literal for int(): '{SECRET}'"), "ValueError"),
    "bytes": (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "bad"), "UnicodeDecodeError"),
    "our own": (ConfigError("The port is taken."), "ConfigError: The port is taken."),
    "the system": (FileNotFoundError(2, "No such file"), "FileNotFoundError: [Errno 2] No such file"),
    "PostgreSQL refuses": (unique(), "UniqueViolation 23505"),
    "PostgreSQL is away": (wrapped(Away("server closed")), "Away 08006"),
    "SQLite": (wrapped(pysqlite3.OperationalError("database is locked")), "OperationalError: database is locked"),
    "a driver": (wrapped(TypeError(f"cannot adapt '{SECRET}'")), "TypeError"),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_an_error_is_described_without_its_values(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    error, wanted = DESCRIBED[name]
    assert described(error) == wanted
    lines = configure_logs("info", "json")
    try:
        try:
            raise KeyError(SECRET)
        except KeyError:
            raise error  # noqa: B904 - with its context, as most are raised
    except Exception:
        structlog.get_logger().exception("failed")
    lines.flush()
    said = capsys.readouterr().err
    assert SECRET not in said
    assert wanted.partition(":")[0] in json.loads(said)["exception"]
    assert "test_logs.py" in json.loads(said)["exception"], "where it was raised"


def test_the_suite_looks_at_its_own_logs() -> None:
    """Control: the check that every other test goes through can fail."""
    be_quiet()
    log = structlog.get_logger()
    for text in (SECRET, "wk_Zm9vYmFyYmF6", "eyJhbGciOiJIUzI1NiJ9.e30.x"):
        log.error("failed", said=f"it was {text}")
        assert quiet.seen.pop()
    log.error("failed", route="/v1/batch", at="2026-11-22T04:00:00Z", site_id=3)
    assert quiet.seen == []
