"""Handoff endpoint over HTTP: who may ask, what is answered, and that the token is one that the collector follows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.ingest.links import LinkSigner
from collector.storage.secrets import derive
from collector.storage.sites import set_settings
from tests.support.app import MASTER, PREFIX, UUID, WRITE_KEY, Answer, App

VISITOR = "0c8f7a3e-1111-4a4a-8b8b-000000000001"
PATHS = ("/v1/handoff", f"/{PREFIX}/v1/handoff")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Collector whose site hands visitors over."""
    with App(tmp_path / "data", site={"cross_domain": True}) as made:
        yield made


def test_a_site_that_hands_nobody_over(app: App) -> None:
    set_settings(app.installation.store, app.site.name, app.clock.now, cross_domain=False)
    app.installation.sites.refresh()
    answer = ask(app)
    assert (answer.status, "cross-domain" in answer.body.decode()) == (400, True)


def ask(app: App, body: Any = None, path: str = PATHS[0], **headers: str) -> Answer:
    said = {"x_write_key": WRITE_KEY, **headers}
    return app.post(path, {"anonymousId": VISITOR} if body is None else body, **said)


@pytest.mark.parametrize("path", PATHS)
def test_the_answer(app: App, path: str) -> None:
    answer = ask(app, path=path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert {**answer.json, "token": ""} == {"token": "", "parameter": "passerby_handoff", "seconds": 120}
    reader = LinkSigner(derive(MASTER.encode(), "links"))
    read = reader.read_handoff(app.site, answer.json["token"], app.clock())
    assert read is not None
    assert (read.anonymous_id, app.site.uuid) == (VISITOR, UUID)
    assert app.events() == [], "nothing is stored"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"anonymousId": VISITOR, "writeKey": WRITE_KEY}).encode(),
        gzip.compress(json.dumps({"anonymousId": VISITOR, "writeKey": WRITE_KEY}).encode(), mtime=0),
        {"anonymousId": 7, "writeKey": WRITE_KEY, "more": {}},
    ],
)
def test_the_key_in_the_body(app: App, body: Any) -> None:
    answer = app.post("/v1/handoff", body, content_type="text/plain")
    assert answer.status == 200, "as sendBeacon sends it: no header of ours, no preflight"
    assert app.post(f"/v1/handoff?writeKey={WRITE_KEY}", {"anonymousId": VISITOR}).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad_parameter"), ({"anonymousId": None}, "bad_parameter"), ({"anonymousId": ""}, "bad_parameter"),
        ({"anonymousId": "null"}, "bad_parameter"), ({"anonymousId": "x" * 256}, "bad_parameter"),
        ({"anonymousId": {"a": 1}}, "bad_parameter"), ({"anonymousId": "a\x00b"}, "bad_parameter"), ([], "bad_parameter"),
        (b"", "bad_body"), (b"hello", "bad_body"), (b'{"anonymousId":"\xff"}', "bad_body"), (b"[" * 100_000, "bad_parameter"),
        (b"\x1f\x8bx", "bad_gzip"),
    ],
)  # fmt: skip
def test_refused_handoff(app: App, body: Any, code: str) -> None:
    answer = ask(app, body, origin="https://www.shop.test")
    assert (answer.status, answer.json["code"]) == (400, code)
    assert answer.headers["access-control-allow-origin"] == "*", "the page may read why"


def test_keys(app: App) -> None:
    def code(path: str = "/v1/handoff", **headers: str) -> tuple[int, str]:
        answer = app.post(path, {"anonymousId": VISITOR}, **headers)
        return answer.status, answer.json.get("code", "")

    assert code() == (401, "missing_key")
    assert code(x_write_key="wk_9") == (401, "unknown_key")
    assert code(x_write_key="pk_golden") == (401, "unknown_key")
    assert code("/nowhere0/v1/handoff", x_write_key=WRITE_KEY) == (404, "not_found")
    assert code("/v1/handoff?writeKey=wk_9", x_write_key=WRITE_KEY) == (400, "conflicting_keys")
    assert ask(app, b"x" * 600_000).status == 413


def test_own_origins(tmp_path: Any) -> None:
    with App(tmp_path / "data", site={"domains": ("shop.test",), "only_own_origins": True, "cross_domain": True}) as app:
        assert ask(app, origin="https://evil.test").json["code"] == "origin_refused"
        answer = ask(app, path=PATHS[1], origin="https://www.shop.test")
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "https://www.shop.test"
        assert answer.headers["access-control-allow-credentials"] == "true"


def test_preflight(app: App) -> None:
    for path in PATHS:
        answer = app.request("OPTIONS", path, headers={"origin": "https://www.shop.test"})
        assert answer.status == 204
        assert "POST" in answer.headers["access-control-allow-methods"]
    assert app.request("OPTIONS", "/nowhere0/v1/handoff").status == 404
    for method in ("GET", "PUT", "DELETE"):
        assert app.request(method, "/v1/handoff").status == 405
