"""Fast path of events past the router: answers are those the router would give."""

from __future__ import annotations

import json

import pytest

from collector.web.ingest.segment import Ingest
from tests.support.app import PREFIX, WRITE_KEY, App

EVENT = json.dumps({"type": "track", "event": "e", "anonymousId": "x", "messageId": "m", "writeKey": WRITE_KEY}).encode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/track", 200), ("POST", f"/{PREFIX}/v1/t", 200), ("POST", "/v1/nothing", 404), ("POST", "/nobody/v1/track", 404),
        ("POST", f"/{PREFIX}/more/v1/track", 404), ("POST", "//v1/track", 200), ("POST", "/v2/track", 404), ("POST", "/v1/", 404),
        ("GET", "/v1/track", 405), ("PUT", "/v1/track", 405), ("OPTIONS", "/v1/track", 204), ("POST", "/v1/m", 200),
    ],
)  # fmt: skip
def test_every_path(app: App, method: str, path: str, status: int) -> None:
    answer = app.request(
        method, path, EVENT.replace(WRITE_KEY.encode(), app.site.write_key.encode()), {"origin": "https://shop.test"}
    )
    assert answer.status == (404 if PREFIX in path and app.site.prefix != PREFIX else status), answer


def test_a_fault_of_ours_is_a_500_that_says_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("ours")

    monkeypatch.setattr(Ingest, "answer", broken)
    answer = app.request("POST", "/v1/track", EVENT)
    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert b"ours" not in answer.body
    assert answer.headers["content-length"] == str(len(answer.body))
