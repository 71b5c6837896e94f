"""Read API over HTTP, with the application's own dependencies and a real store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.testing import TestClient

from collector.domain.events import Flag
from collector.errors import PasserbyError
from collector.ingest.links import LinkSigner
from collector.storage.secrets import secret_key
from collector.storage.site_registry import SiteRegistry
from collector.storage.sites import add_site
from collector.web.api.routes import API_HANDLERS
from tests.unit.storage.world import World, day

pytestmark = pytest.mark.stores("sqlite", "postgresql")

MASTER = b"m" * 32


def _answer(_: Request[Any, Any, Any], error: PasserbyError) -> Response[Any]:
    return Response({"code": error.code, "message": error.message}, status_code=error.status)


class Api:
    def __init__(self, world: World) -> None:
        self.world = world
        self.site = add_site(world.store, MASTER, "shop", day(0))
        world.site_id = self.site.site_id
        self.sites = SiteRegistry(world.store)
        self.secret = secret_key(MASTER, self.site.uuid)
        self.app = Litestar(
            API_HANDLERS,
            dependencies={
                "sites": Provide(lambda: self.sites, sync_to_thread=False),
                "store": Provide(lambda: world.store, sync_to_thread=False),
                "clock": Provide(lambda: lambda: day(10), sync_to_thread=False),
                "links": Provide(lambda: LinkSigner("secret"), sync_to_thread=False),
                "tombstone_key": Provide(lambda: b"key", sync_to_thread=False),
            },
            exception_handlers={PasserbyError: _answer},
            openapi_config=OpenAPIConfig("t", "1", use_handler_docstrings=True),
        )
        self.client = TestClient(self.app)

    def get(self, path: str, key: str | None = None, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {key or self.secret}"}
        return self.client.get(path, params=params, headers=headers)


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    made = Api(world)
    with made.client:
        yield made


PATHS = ["/api/people", "/api/people/1/events", "/api/visitors/x", "/api/activity", "/api/counts", "/api/quarantine"]


@pytest.mark.parametrize("path", PATHS)
def test_only_the_secret_key_reads(api: Api, path: str) -> None:
    answers = [
        api.client.get(path),
        api.client.get(path, headers={"Authorization": f"Basic {api.secret}"}),
        api.get(path, key="sk_wrong"),
        api.get(path, key=api.site.write_key),
        api.get(path, key=api.site.publishable_key),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 403, 403]
    assert [answer.json()["code"] for answer in answers] == [
        "missing_key", "missing_key", "unknown_key", "forbidden", "forbidden",
    ]  # fmt: skip
    assert all(answer.json()["message"] for answer in answers)


def test_people_and_their_events(api: Api) -> None:
    world = api.world
    ada = world.person("ada@example.com", "u-1", {"plan": {"v": "pro", "at": 1, "by": "api", "event": "m"}})
    phone = world.device("x")
    before = world.event(phone.anonymous(ada, claimed_at=day(2)), at=day(1) + 1_234, url="https://example.com/")
    after = world.event(phone.asserted(ada), "track", "Paid", at=day(3), user_id="u-1", properties={"price": 3})
    (person,) = api.get("/api/people", email="ADA@example.com").json()["people"]
    assert person == {
        "person_id": str(ada), "label": "ada@example.com", "user_ids": ["u-1"], "emails": ["ada@example.com"],
        "anonymous_ids": ["x"], "accounts": [], "fields": {"plan": "pro"}, "tags": [], "unsubscribed_at": None,
        "first_seen": "2026-09-21T14:13:20.000Z", "first_identified": "2026-09-21T14:13:20.000Z",
        "last_seen": "2026-09-21T14:13:20.000Z",
        "first_touch": {
            "timestamp": "2026-09-22T14:13:20.001Z", "url": "https://example.com/", "referrer": None, "campaign": None,
        },
        "last_touch": None,
    }  # fmt: skip
    answer = api.get(f"/api/people/{ada}/events").json()
    assert [event["message_id"] for event in answer["events"]] == [after, before]
    assert answer["next"] is None
    paid, page = answer["events"]
    assert (paid["type"], paid["name"], paid["properties"], paid["user_id"]) == ("track", "Paid", {"price": 3}, "u-1")
    assert (paid["was_anonymous"], page["was_anonymous"], page["person_id"]) == (False, True, str(ada))
    assert (page["timestamp"], page["anonymous_id"]) == ("2026-09-22T14:13:20.001Z", "x")


def test_a_visitor_says_whom_it_became(api: Api) -> None:
    world = api.world
    ada = world.person("ada@example.com")
    world.event(world.device("x").anonymous(ada, claimed_at=day(2)), at=day(1))
    campaign = {"campaign": {"gclid": "x1"}, "page": {"referrer": "https://search.test/"}}
    world.event(world.device("a/b").anonymous(), at=day(1), url="https://shop.test/", context=campaign, flags=Flag.CAMPAIGN)
    merged = api.get("/api/visitors/x").json()
    assert (merged["mapped_to"], merged["merged_at"]) == (str(ada), "2026-09-23T14:13:20.000Z")
    assert len(merged["events"]) == 1
    other = api.get("/api/visitors", anonymous_id="a/b").json()
    assert (other["anonymous_id"], other["mapped_to"], other["merged_at"]) == ("a/b", None, None)
    touch = {"timestamp": "2026-09-22T14:13:20.000Z", "url": "https://shop.test/", "referrer": "https://search.test/",
             "campaign": {"gclid": "x1"}}  # fmt: skip
    assert (other["first_touch"], other["last_touch"]) == (touch, touch)
    assert (merged["first_touch"]["campaign"], merged["last_touch"]) == (None, None)
    assert api.get("/api/visitors/never").status_code == 404


def test_activity_and_counts(api: Api) -> None:
    world = api.world
    ada, bob = world.person("ada@example.com"), world.person("bob@example.com")
    stream = world.device("x").anonymous(ada, since=day(0), claimed_at=day(2))
    world.event(stream, at=day(1))
    world.log("anonymous_merge", stream, ada, at=day(2), detail={"since": day(0)})
    world.log("merge_refused", stream, bob, ada, at=day(3), detail={"reason": "claimed_by_another"})
    refused, merge, event = api.get("/api/activity", tab="identified").json()["entries"]
    assert (refused["kind"], refused["name"], refused["reason"]) == ("merge_refused", "Merge refused", "claimed_by_another")
    assert (merge["kind"], merge["name"], merge["events"]) == ("anonymous_merge", "Anonymous merge", 1)
    assert (merge["anonymous_id"], merge["person_id"]) == ("x", str(ada))
    assert (event["kind"], event["person"]) == ("event", {"person_id": str(ada), "label": "ada@example.com"})
    assert event["was_anonymous"] is True
    assert api.get("/api/activity", tab="anonymous").json() == {"entries": [], "next": None}
    world.hour(day(0), 4, 1, 1, 1, 1)
    world.reason(day(0), "future_date", 1)
    counts = api.get("/api/counts").json()
    assert [counts[key] for key in ("received", "stored", "duplicate", "quarantined", "refused")] == [4, 1, 1, 1, 1]
    assert counts["hours"][0]["hour"] == "2026-09-21T14:13:20.000Z"
    assert counts["reasons"] == {"future_date": 1}


def test_quarantine_shows_bytes_as_text(api: Api) -> None:
    api.world.quarantined("invalid_utf8", b'{"a":"\xff"}')
    (entry,) = api.get("/api/quarantine").json()["quarantined"]
    assert (entry["reason"], entry["body"]) == ("invalid_utf8", '{"a":"\ufffd"}')


def test_cursor_pages_to_the_end(api: Api) -> None:
    stream = api.world.device("x").anonymous()
    sent = {api.world.event(stream, at=day(number)) for number in range(5)}
    got: list[str] = []
    cursor: str | None = None
    while True:
        answer = api.get("/api/visitors/x", limit=2, **({"cursor": cursor} if cursor else {})).json()
        got += [event["message_id"] for event in answer["events"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert len(got) == 5
    assert set(got) == sent


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "1.5", "٣", "9" * 400])
@pytest.mark.parametrize("path", ["/api/people", "/api/activity", "/api/counts", "/api/quarantine"])
def test_bad_limits_are_refused(api: Api, path: str, limit: str) -> None:
    answer = api.get(path, limit=limit)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


@pytest.mark.parametrize("days", ["0", "36501", "-1", "x", "", "1.5"])
def test_bad_numbers_of_days_are_refused(api: Api, days: str) -> None:
    answer = api.get("/api/people", inactive_days=days)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert "`inactive_days` must be a whole number from 1 to 36500." in answer.json()["message"]


def test_inactive_people(api: Api) -> None:
    """Today is day 10."""
    for name, at in (("old", 1), ("new", 9)):
        api.world.person(f"{name}@x.io", seen=day(at))
    emails = {
        days: [one["emails"] for one in api.get("/api/people", inactive_days=days).json()["people"]] for days in (1, 5, 10)
    }
    assert emails == {1: [["old@x.io"]], 5: [["old@x.io"]], 10: []}


@pytest.mark.parametrize("path", ["/api/people", "/api/activity", "/api/counts", "/api/quarantine"])
def test_bad_cursors_and_tabs_are_refused(api: Api, path: str) -> None:
    assert api.get(path, cursor="nonsense").json()["code"] == "bad_parameter"
    assert api.get("/api/activity", tab="everything").json()["code"] == "bad_parameter"


@pytest.mark.parametrize("person", ["0", "x", "1e3", "9" * 30, "-1", "٣", "1' or 1=1"])
def test_unknown_people_are_404(api: Api, person: str) -> None:
    assert api.get(f"/api/people/{person}/events").status_code == 404


@pytest.mark.parametrize("query", ["email=%00", "user_id=%00", "user_id=%ff%fe", "anonymous_id=%00", "user_id=%ed%a0%80"])
def test_unknown_bytes_find_nobody(api: Api, query: str) -> None:
    answer = api.client.get(f"/api/people?{query}", headers={"Authorization": f"Bearer {api.secret}"})
    assert (answer.status_code, answer.json()["people"]) == (200, [])


def test_another_sites_key_sees_nothing(api: Api) -> None:
    ada = api.world.person("ada@example.com")
    other = add_site(api.world.store, MASTER, "other", day(0))
    api.sites.refresh()
    key = secret_key(MASTER, other.uuid)
    assert api.get("/api/people", key=key).json()["people"] == []
    assert api.get(f"/api/people/{ada}/events", key=key).status_code == 404


def test_openapi_describes_every_path(api: Api) -> None:
    paths = api.app.openapi_schema.to_schema()["paths"]
    for path in ("/api/people", "/api/people/{person_id}/events", "/api/visitors/{anonymous_id}", "/api/activity"):
        assert paths[path]["get"]["summary"]
        assert paths[path]["get"]["description"]


def test_openapi_describes_every_body(api: Api) -> None:
    """Members with their types, which are needed, and that there are no others."""
    paths = api.app.openapi_schema.to_schema()["paths"]
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]["schema"]
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in ("post", "delete")
    }
    assert len(bodies) == 19
    assert all(schema["additionalProperties"] is False for schema in bodies.values())
    attach = bodies["/api/visitors/attach"]
    assert sorted(attach["required"]) == ["anonymous_id", "person_id"]
    assert attach["properties"]["preview"] == {"type": "boolean", "default": False}
    export = paths["/api/people/{person_id}/export"]["get"]["responses"]["200"]
    assert list(export["content"]) == ["application/x-ndjson"]
