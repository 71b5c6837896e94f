"""`passerby bench identity` runs on the schema of today, and writes no event again; its times are for people to look at."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from collector.cli.main import main
from collector.storage import loop_guard


def test_bench_identity_measures_and_writes_no_event_again(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PASSERBY_DATABASE_URL": None, "COLUMNS": "200"}
    monkeypatch.setattr(loop_guard, "is_strict", False)  # the benchmark has its loop for itself
    done = CliRunner(env=environment).invoke(main, ["bench", "identity", "--events", "20000", "--rounds", "1"])
    assert done.exit_code == 0, done.output
    assert "changed or removed 0 event rows and added 0 beside those sent" in done.output
    parts = ("a claim", "a claim by a typed address", "the join of a lead")
    flat = [re.search(rf"{part} of 2,000 events takes [\d.]+ times as long as of 100;", done.output) for part in parts]
    assert None not in flat
