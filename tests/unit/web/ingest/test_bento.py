"""Bento events API: `{"results", "failed"}`, one bad event alone, people by their address."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from collector.domain.times import iso
from tests.support.app import NOW, UUID, App

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def person(app: App, address: str = "a@x.io") -> Any:
    return app.people()[f"email:{address}"]


@pytest.mark.parametrize("path", ["/v1/batch/events", "/api/v1/batch/events"])
def test_events_of_people(app: App, path: str) -> None:
    body = {
        "site_uuid": UUID,
        "events": [
            {"type": "$completed_onboarding", "email": "A@x.io", "fields": {"first": "Ada"}, "details": {"steps": {"n": 3}},
             "date": "2026-11-01T10:00:00Z"},
            {"type": "login", "email": "b@x.io"},
        ],
    }  # fmt: skip
    answer = app.bento(body, path)
    assert (answer.status, answer.json) == (200, {"results": 2, "failed": 0, "errors": []})
    first, second = app.events()
    assert (first["name"], first["type"], first["properties"]) == ("$completed_onboarding", "track", {"steps": {"n": 3}})
    assert (first["time"], second["time"]) == ("2026-11-01T10:00:00.000Z", iso(NOW))
    assert (first["person"], second["person"]) == ("email:a@x.io", "email:b@x.io")
    assert app.fields("email:a@x.io") == {"first": "Ada"}
    app.assert_conserved()


BAD: dict[str, tuple[Any, str, str]] = {
    "no type": ({"email": "a@x.io"}, "type", "missing_name"),
    "no email": ({"type": "t"}, "email", "missing_id"),
    "no address": ({"type": "t", "email": "nobody"}, "email", "illegal_id"),
    "nested fields": ({"type": "t", "email": "a@x.io", "fields": {"a": {"b": 1}}}, "fields", "invalid_field"),
    "fields of the wrong type": ({"type": "t", "email": "a@x.io", "fields": []}, "fields", "invalid_field"),
    "a bad date": ({"type": "t", "email": "a@x.io", "date": "soon"}, "date", "bad_timestamp"),
    "a future date": ({"type": "t", "email": "a@x.io", "date": "2030-01-01"}, "date", "future_date"),
    "an illegal anonymous id": ({"type": "t", "anonymous_id": "null"}, "anonymous_id", "illegal_id"),
    "a text": ("t", "event", "not_an_object"),
    "too large": ({"type": "t", "email": "a@x.io", "details": {"x": "y" * 33_000}}, "event", "event_too_large"),
    "too deep": ({"type": "t", "email": "a@x.io", "details": json.loads('{"a":' * 40 + "1" + "}" * 40)}, "event", "too_deep"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_bad_event_fails_alone(app: App, name: str) -> None:
    bad, field, reason = BAD[name]
    good = {"type": "t", "email": "good@x.io"}
    answer = app.bento({"events": [good, bad, good]})
    assert answer.status == 200
    assert (answer.json["results"], answer.json["failed"]) == (2, 1)
    (error,) = answer.json["errors"]
    assert (error["index"], error["field"], error["reason"]) == (1, field, reason), error
    assert error["message"]
    (kept,) = app.quarantine()
    assert (kept.reason, kept.source) == (reason, "bento")
    app.assert_conserved()


@pytest.mark.parametrize("poison", [b'{"type":"t\xff","email":"a@x.io"}', b'{"type":"t","email":NaN}', b"{'type':1}"])
def test_bytes_that_are_no_json_fail_alone(app: App, poison: bytes) -> None:
    good = b'{"type":"t","email":"good@x.io"}'
    for position in range(3):
        items = [good, good]
        items.insert(position, poison)
        answer = app.bento(b'{"events":[' + b",".join(items) + b"]}")
        assert (answer.status, answer.json["results"], answer.json["failed"]) == (200, 2, 1), answer
        assert answer.json["errors"][0]["index"] == position
    app.assert_conserved()


def test_event_types_with_a_meaning(app: App) -> None:
    def send(kind: str, **details: Any) -> None:
        app.clock.wait(1)
        assert app.bento({"events": [{"type": kind, "email": "a@x.io", "details": details}]}).json["failed"] == 0

    send("$unsubscribe")
    assert person(app).unsubscribed_at == app.clock.now
    send("$subscribe")
    assert person(app).unsubscribed_at is None
    send("$tag", tag="vip, early")
    send("$remove_tag", tag="early")
    assert {tag: state["on"] for tag, state in person(app).tags.items()} == {"vip": True, "early": False}


def test_a_purchase_is_counted_once_by_its_key(app: App) -> None:
    def buy(key: Any, amount: int) -> Any:
        details = {"unique": {"key": key}, "value": {"amount": amount, "currency": "EUR"}}
        return app.bento({"events": [{"type": "$purchase", "email": "a@x.io", "details": details}]}).json

    assert [buy("order-1", 100)["results"], buy("order-1", 100)["results"], buy("order-2", 100)["results"]] == [1, 1, 1]
    assert app.assert_conserved() == {"received": 3, "stored": 2, "duplicate": 1, "quarantined": 0, "refused": 0}


def test_anonymous_id_instead_of_an_address(app: App) -> None:
    assert app.bento({"events": [{"type": "t", "anonymous_id": "x"}]}).json["results"] == 1
    app.batch({"type": "identify", "anonymousId": "x", "userId": "A"})
    assert app.events()[0]["person"] == "user:A"


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_keys(app: App) -> None:
    body = {"events": [{"type": "t", "email": "a@x.io"}]}
    for header in ("", "Basic", "Basic !", f"Bearer {app.secret_key}", _basic("pk_golden", "sk_wrong"), _basic("pk_other", app.secret_key),
                   _basic("wk_golden", app.secret_key), _basic("", ""), "Basic \xff"):  # fmt: skip
        answer = app.request("POST", "/v1/batch/events", json.dumps(body).encode(), {"authorization": header})
        assert answer.status == 401, header
        assert answer.json["error"]
    assert app.assert_conserved()["received"] == 0


def test_site_uuid(app: App) -> None:
    body = {"events": [{"type": "t", "email": "a@x.io"}]}
    assert app.bento(body, f"/v1/batch/events?site_uuid={UUID}").status == 200
    assert app.bento({**body, "site_uuid": "other"}).status == 403
    assert app.bento({**body, "site_uuid": UUID}, "/v1/batch/events?site_uuid=other").status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"hello", 400), ({}, 422), ({"events": []}, 422), ({"events": {}}, 422), ([], 422), ({"events": [{"type": "t"}] * 1_001}, 422),
     (b'{"x":"' + b"y" * 600_000 + b'"}', 413)],
)  # fmt: skip
def test_bodies_that_are_refused(app: App, body: Any, status: int) -> None:
    answer = app.bento(body)
    assert answer.status == status, answer
    assert answer.json.get("error") or answer.json["errors"][0]["message"]


def test_a_thousand_events(app: App) -> None:
    assert (
        app.bento({"events": [{"type": "t", "email": f"p{number % 10}@x.io"} for number in range(1_000)]}).json["results"]
        == 1_000
    )
    assert len(app.people()) == 10


def test_an_address_proven_by_the_server_is_not_taken_by_a_form(app: App) -> None:
    app.bento({"events": [{"type": "t", "email": "a@x.io", "fields": {"plan": "pro"}}]})
    app.batch({"type": "identify", "anonymousId": "x", "traits": {"email": "A@x.io", "plan": "free"}})
    assert app.fields("email:a@x.io") == {"plan": "pro"}


def test_unreadable_body_is_kept_and_refused_one_counted(app: App) -> None:
    app.bento(b"{bad")
    app.bento({"events": [{"type": "t"}] * 1_001})
    app.bento(b'{"x":"' + b"y" * 600_000 + b'"}')
    app.bento({"site_uuid": "other", "events": [{"type": "t", "email": "a@x.io"}]})
    app.bento({"events": [{"type": "t", "email": "a@x.io"}]})  # refusals are written with the next commit
    counts = app.assert_conserved()
    assert (counts["received"], counts["stored"], counts["quarantined"], counts["refused"]) == (5, 1, 1, 3)
    (kept,) = app.quarantine()
    assert (kept.reason, kept.source, kept.detail, kept.body) == ("unreadable_body", "bento", "The body is not JSON.", b"{bad")
