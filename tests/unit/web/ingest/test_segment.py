"""Ingest endpoints as HTTP: methods, answers, cookies. What they do with events is in test_golden_wire.py."""

from __future__ import annotations

import base64
import json
import re

import pytest

from collector.storage.sites import set_settings
from collector.web.ingest.segment import DECODERS
from tests.support.app import PREFIX, WRITE_KEY, App

VISITOR = "0c8f7a3e-1111-4a4a-8b8b-000000000001"
EVENT = {"type": "track", "event": "e", "anonymousId": VISITOR}


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_methods(app: App, name: str) -> None:
    for path in (f"/v1/{name}", f"/{PREFIX}/v1/{name}"):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            assert app.request(method, path).status in (404, 405)
        assert app.request("OPTIONS", path).status == 204
    assert app.request("OPTIONS", f"/nowhere0/v1/{name}").status == 404


def test_the_answer(app: App) -> None:
    """Answer 200, JSON exactly, duplicates too: several public SDKs test for 200."""
    for expected in (1, 0):
        answer = app.batch({**EVENT, "messageId": "m"})
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert answer.json == {"success": True, "stored": expected, "duplicate": 1 - expected, "quarantined": []}


def test_a_body_in_pieces(app: App) -> None:
    body = json.dumps({"batch": [EVENT, EVENT], "writeKey": WRITE_KEY}).encode()
    pieces = [body[:1], b"", body[1:7], body[7:]]
    answer = app._runner.run(app.requested("POST", "/v1/batch", pieces))
    assert answer.json["stored"] == 2


def _sent(app: App, **headers: str) -> str | None:
    said = {"x-write-key": WRITE_KEY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = app.request("POST", "/v1/track", json.dumps(EVENT).encode(), said)
    assert answer.status == 200
    return answer.headers.get("set-cookie")


def test_cookies(app: App) -> None:
    assert _sent(app) is None, "a program"
    assert VISITOR in (_sent(app, host="www.shop.test", origin="https://www.shop.test") or "")
    assert VISITOR in (_sent(app, host="www.shop.test", sec_fetch_site="same-origin") or "")
    assert _sent(app, host="www.shop.test", origin="https://other.test", sec_fetch_site="cross-site") is None
    assert _sent(app, host="www.shop.test", origin="https://www.shop.test", cookie=f"passerby_id={VISITOR}") is None
    assert VISITOR in (_sent(app, host="www.shop.test", origin="https://www.shop.test", cookie="passerby_id=old") or "")


def test_page_views_renew_the_cookie(app: App) -> None:
    """Page view: one in the batch is enough; other events leave a cookie that is there alone."""
    page = {"host": "www.shop.test", "origin": "https://www.shop.test", "cookie": f"passerby_id={VISITOR}"}
    view = {"type": "page", "anonymousId": VISITOR}
    for events, renewed in (([EVENT, EVENT], False), ([EVENT, view, EVENT], True), ([view], True)):
        answer = app.post("/v1/batch", {"batch": events, "writeKey": WRITE_KEY}, **page)
        assert ("set-cookie" in answer.headers) == renewed


@pytest.mark.parametrize("signal", ["sec_gpc", "dnt"])
def test_a_browser_that_asks_not_to_be_tracked_gets_no_cookie(app: App, signal: str) -> None:
    page = {"host": "www.shop.test", "origin": "https://www.shop.test"}
    assert _sent(app, **page, **{signal: "1"}) is None
    assert VISITOR in (_sent(app, **page, **{signal: "0"}) or "")
    set_settings(app.installation.store, app.site.name, app.clock.now, privacy_signals="ignore")
    app.installation.sites.refresh()
    assert VISITOR in (_sent(app, **page, **{signal: "1"}) or "")


def test_no_cookie_before_consent(app: App) -> None:
    page = {"host": "www.shop.test", "origin": "https://www.shop.test"}
    set_settings(app.installation.store, app.site.name, app.clock.now, consent_required=True)
    app.installation.sites.refresh()
    assert _sent(app, **page) is None
    assert VISITOR in (_sent(app, cookie="passerby_consent=granted", **page) or "")
    assert _sent(app, cookie="passerby_consent=denied", **page) is None


def test_a_known_bot_gets_no_cookie(app: App) -> None:
    """Rule R25: it would come back without it, and be another visitor each time."""
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    page = {"host": "www.shop.test", "origin": "https://www.shop.test"}
    assert VISITOR in (_sent(app, user_agent=browser, **page) or "")
    assert _sent(app, user_agent=bot, **page) is None


def test_a_browser_that_gives_its_id_up_gets_a_fresh_cookie(app: App) -> None:
    """Rule R9: the old id would come back from the collector's cookie when the snippet's own is gone."""
    page = {"host": "www.shop.test", "origin": "https://www.shop.test", "x_write_key": WRITE_KEY}
    identify = {"anonymousId": VISITOR, "userId": "first"}
    first = app.post("/v1/identify", identify, cookie=f"passerby_id={VISITOR}", **page)
    assert "set-cookie" not in first.headers
    second = app.post("/v1/identify", {**identify, "userId": "second"}, cookie=f"passerby_id={VISITOR}", **page)
    assert second.json["rotate"] == [VISITOR]
    fresh = re.match(r"passerby_id=([0-9a-f-]{36}); ", second.headers["set-cookie"])
    assert fresh is not None
    assert fresh[1] != VISITOR
    kept = app.post("/v1/track", {**EVENT, "anonymousId": fresh[1]}, **page).headers["set-cookie"]
    assert second.headers["set-cookie"] == kept, "with the same attributes as any"


def test_one_key_in_three_places(app: App) -> None:
    pair = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
    headers = {"authorization": f"Basic {pair}", "x-write-key": f" {WRITE_KEY} "}
    body = json.dumps({**EVENT, "writeKey": WRITE_KEY}).encode()
    assert app.request("POST", f"/v1/track?writeKey={WRITE_KEY}", body, headers).status == 200
    for odd in ("wk_other", "WK_GOLDEN"):
        answer = app.request("POST", f"/v1/track?writeKey={odd}", body, headers)
        assert (answer.status, answer.json["code"]) == (400, "conflicting_keys")


def test_the_secret_key_proves_who_speaks(app: App) -> None:
    """Secret key of a site's server: its identify is verified, overrides what a browser asserted."""
    app.batch({**EVENT, "messageId": "page"}, {"type": "identify", "anonymousId": VISITOR, "userId": "typed"})
    answer = app.post("/v1/identify", {"anonymousId": VISITOR, "userId": "real"}, authorization=f"Bearer {app.secret_key}")
    assert answer.status == 200
    assert app.event("page")["person"] == "user:real"


def test_public_keys_open_nothing_else(app: App) -> None:
    assert app.post("/v1/track", EVENT, x_write_key="pk_golden").status == 401
    for key in (WRITE_KEY, "pk_golden"):
        answer = app.request("GET", "/api/counts", headers={"authorization": f"Bearer {key}"})
        assert answer.status == 403
