"""Recorded requests and the rows they must leave behind: golden/wire/*.json through the real application.

Each file: `clock` when the first request arrives, `site` settings, `steps` (a request, its `status`, what its `answer`
must hold; `wait` seconds pass before it), then what is in the store: `events` in order of arrival (only the columns that
are named), `people` with their fields, operations in the `log`, `counts`.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from collector.domain.times import parse_time
from tests.support.app import Answer, App

GOLDEN = sorted((Path(__file__).parent / "golden" / "wire").glob("*.json"))


def test_recordings_exist() -> None:
    assert len(GOLDEN) >= 20


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.stores("sqlite", "postgresql")
def test_wire(path: Path, tmp_path: Path, app_url: str | None) -> None:
    golden = json.loads(path.read_text())
    with App(tmp_path / "data", site=_site(golden), database_url=app_url) as app:
        app.clock.now = parse_time(golden["clock"]) or 0
        for number, step in enumerate(golden["steps"]):
            app.clock.wait(step.get("wait", 0))
            _check(f"step {number} {step.get('about', '')}", _send(app, step["request"]), step)
        _check_events(app.events(), golden["events"])
        if "people" in golden:
            assert {name: app.fields(name) for name in app.people()} == golden["people"]
        if "log" in golden:
            assert [entry.op for entry in app.log()] == golden["log"]
        counts = app.assert_conserved()
        assert counts == golden.get("counts", counts)


def _site(golden: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in golden["site"].items()}


def _send(app: App, request: dict[str, Any]) -> Answer:
    if "base64" in request:
        body = base64.b64decode(request["base64"])
    elif "text" in request:
        body = request["text"].encode()
    else:
        body = json.dumps(request["json"]).encode()
    return app.request("POST", request["path"], body, request["headers"])


def _check(where: str, answer: Answer, step: dict[str, Any]) -> None:
    assert answer.status == step["status"], f"{where}: {answer}"
    expected = dict(step["answer"])
    quarantined = expected.pop("quarantined", None)
    if quarantined is not None:
        assert answer.reasons == [tuple(bad) for bad in quarantined], where
    assert {name: answer.json.get(name) for name in expected} == expected, where
    if answer.status >= 400:
        assert len(answer.json["message"]) > 10, f"{where}: an error says what is wrong"


def _check_events(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected), [row["message_id"] for row in found]
    for number, (row, columns) in enumerate(zip(found, expected, strict=True)):
        for name, value in columns.items():
            where = f"event {number} {columns.get('message_id', '')}: {name}"
            if name == "context":  # what the client said, and more
                _check_holds(row[name], value, where)
            else:
                assert row[name] == value, where


def _check_holds(found: Any, expected: Any, where: str) -> None:
    if not isinstance(expected, dict):
        assert found == expected, where
        return
    for key, value in expected.items():
        assert key in found, f"{where}.{key} is missing"
        _check_holds(found[key], value, f"{where}.{key}")
