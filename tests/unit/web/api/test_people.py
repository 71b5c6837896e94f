"""Person over HTTP: in full, and everything about it in one export that tells of nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from collector.schemas.export_lines import lines
from collector.storage.reports.person_export import open_export
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")

Exported = dict[str, list[dict[str, Any]]]


def export(story: Story, name: str) -> Exported:
    """Lines of an export by their kind; it has to be whole."""
    answer = story.api("GET", f"/api/people/{story.id_of(name)}/export")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return by_kind(answer.body)


def by_kind(body: bytes) -> Exported:
    found: Exported = {}
    read = [json.loads(line) for line in body.decode().splitlines()]
    assert read[-1] == {"kind": "end", "lines": len(read) - 1}
    for line in read:
        found.setdefault(line.pop("kind"), []).append(line)
    return found


def test_one_person(story: Story) -> None:
    story.identify("x", traits={"city": "Rome"}, at=1)
    story.identify("x", "A", email="a@x.io", account="acme", at=10)
    story.page("x", at=20)
    story.server.track(None, "A", at=21)
    a = story.id_of("A")
    found = story.get(f"/api/people/{a}")
    (listed,) = story.get("/api/people", user_id="A")["people"]
    assert found == {
        **listed, "merges": [], "possible_matches": [],
        "devices": [{
            "anonymous_id": "x", "merged_at": "2026-11-22T04:00:10.000Z", "since": "2026-08-24T04:00:10.000Z",
            "strength": "asserted", "events": 2,
        }],
    }  # fmt: skip
    assert (found["accounts"], found["fields"]) == (["acme"], {"city": "Rome"})


@pytest.mark.parametrize(("by", "strength"), [("link", "link"), ("browser", "asserted"), ("server", "verified")])
def test_proof_of_a_device(story: Story, by: str, strength: str) -> None:
    story.server.track(None, "A")
    if by == "link":
        story.open("x", story.link("A"))
    else:
        (story if by == "browser" else story.server).identify("x", "A")
    (device,) = story.get(f"/api/people/{story.id_of('A')}")["devices"]
    assert (device["anonymous_id"], device["strength"]) == ("x", strength)


def test_a_merged_number_stands_for_whom_it_was_merged_into(story: Story) -> None:
    story.identify("x", "A")
    story.identify("y", "B", email="b@x.io")
    a, b = story.id_of("A"), story.id_of("B")
    story.merge("B", into="A")
    assert story.get(f"/api/people/{b}") == story.get(f"/api/people/{a}")
    (merge,) = story.get(f"/api/people/{a}")["merges"]
    assert (merge["source"], merge["reversed_at"]) == ("b@x.io", None)
    story.unmerge(merge["merge_id"])
    (undone,) = story.get(f"/api/people/{a}")["merges"]
    assert undone["source"] is None, "B is somebody else again"
    assert undone["reversed_at"] is not None
    assert story.get(f"/api/people/{b}")["merges"][0]["source"] == "b@x.io"


def test_people_of_an_account(story: Story) -> None:
    story.group("acme", "x", "A")
    story.group("acme", "y", "B")
    story.group("umbrella", "z", "C")
    found = story.get("/api/people", account="acme")["people"]
    assert {one["user_ids"][0] for one in found} == {"A", "B"}
    assert {tuple(one["accounts"]) for one in found} == {("acme",)}
    assert story.get("/api/people", account="acme", user_id="C")["people"] == []
    for nobody in ("", "nowhere", "\x00", "Acme"):
        assert story.get("/api/people", account=nobody)["people"] == []


def test_excluded_and_contested_are_told(story: Story) -> None:
    story.identify("x", "A", at=1)
    acted = story.track("x", "A", actor="admin@shop.io", at=2)
    shown = story.event_shown(acted)
    assert (shown["excluded"], shown["flags"], shown["person_id"]) == (True, ["impersonated"], None)
    assert story.visitor("x")["contested_from"] is None
    story.identify("x", "B", at=3)
    assert story.visitor("x")["contested_from"] == "2026-11-22T04:00:03.000Z"
    assert {one["excluded"] for one in story.events_of("A")} == {False}


# -- the export ----------------------------------------------------------------------------------------------------------


def test_an_export_holds_everything(story: Story) -> None:
    story.identify("x", traits={"city": "Rome"}, at=1)
    story.page("x", at=2)
    story.identify("x", "A", email="A@x.io", traits={"plan": "pro"}, account="acme", at=10)
    story.server.track(None, "A", name="Paid", properties={"price": 3}, at=11)
    story.identify("y", "B", at=12)
    story.merge("B", into="A")
    found = export(story, "A")
    a, b = story.id_of("A"), found["merge"][0]["source_id"]
    (person,) = found["person"]
    assert (person["person_id"], person["label"], person["first_seen"]) == (a, "A@x.io", "2026-11-22T04:00:01.000Z")
    assert {(one["type"], one["value"], one["strength"]) for one in found["identifier"]} == {
        ("user", "A", "asserted"), ("email", "A@x.io", "asserted"), ("user", "B", "asserted"),
    } or {one["value"] for one in found["identifier"]} == {"A", "A@x.io", "B"}  # fmt: skip
    fields = {one["name"]: one for one in found["field"]}
    assert (fields["city"]["value"], fields["city"]["by"], fields["city"]["message_id"]) == ("Rome", "anonymous", "m1")
    assert (fields["plan"]["value"], fields["plan"]["by"], fields["plan"]["at"]) == (
        "pro",
        "identify",
        "2026-11-22T04:00:10.000Z",
    )
    assert [one["account_id"] for one in found["account"]] == ["acme"]
    assert {one["anonymous_id"] for one in found["device"]} == {"x", "y"}
    assert (found["merge"][0]["target_id"], found["merge"][0]["source"], found["merge"][0]["by"]) == (a, "B", "api")
    assert b != a
    assert [(one["entry"], one["role"]) for one in found["log"]] == [
        ("anonymous_merge", "person"), ("people_merged", "person"),
    ] or {one["entry"] for one in found["log"]} >= {"anonymous_merge", "people_merged"}  # fmt: skip
    assert {one["message_id"] for one in found["event"]} == {"m1", "m2", "m3", "m4", "m5"}
    assert {one["person_id"] for one in found["event"]} == {a}
    assert [one["was_anonymous"] for one in found["event"]].count(True) == 2
    shown = {one["message_id"]: one for one in story.events_of("A")}
    assert all(shown[one["message_id"]] == one for one in found["event"])


def test_export_leaves_out_of_reach_and_excluded_out(story: Story) -> None:
    story.page("x", at=0)
    story.page("x", at=99 * 86_400)
    story.identify("x", "A", at=100 * 86_400)
    acted = story.track("x", "A", actor="admin@shop.io")
    found = export(story, "A")
    assert [one["message_id"] for one in found["event"]] == ["m2", "m3"]
    assert acted not in json.dumps(found)
    assert "admin@shop.io" not in json.dumps(found), "who acted in A's name is somebody else"


def test_answers_hold_nothing_of_another_person(story: Story) -> None:
    """Privacy: A and Zoe met in every way; what is told of A does not name Zoe, her browser, fields or accounts."""
    zoe = {"email": "zoe@zoe.io", "traits": {"zoe-field": "zoe-value"}, "account": "zoe-account"}
    story.page("x", at=1)
    story.identify("x", "A", email="a@x.io", traits={"plan": "pro"}, at=2)
    story.identify("zoe-browser", "user-zoe", at=3, **zoe)
    story.identify("x", "user-zoe", at=4, **zoe)
    story.track("x", "user-zoe", name="zoe-event", at=5)
    story.identify("zoe-browser", "A", email="zoe@zoe.io", at=6)
    story.identify("zoe-browser-2", "user-zoe", email="a@x.io", at=7)
    story.alias("A", "user-zoe", x="x", at=8)
    story.attach("zoe-browser", "A")
    story.attach("zoe-browser", "user-zoe")
    story.merge("user-zoe", into="A")
    story.unmerge(story.last_merge())
    story.merge("A", into="user-zoe")
    story.unmerge(story.last_merge())
    a, z = story.id_of("A"), story.id_of("user-zoe")
    said = [
        story.api("GET", path).body.decode()
        for path in (f"/api/people/{a}", "/api/people?user_id=A", f"/api/people/{a}/export", f"/api/people/{a}/events")
    ]
    exported = by_kind(said[2].encode())
    events = exported.pop("event")
    assert {one["message_id"] for one in events} == {one["message_id"] for one in json.loads(said[3])["events"]}
    assert all(story.whose(one["message_id"]) == "A" for one in events)
    for body in (*said[:2], json.dumps(exported)):
        assert "zoe" not in body.replace("zoe-browser", ""), "but the browser on which A identified too"
    assert "zoe" in story.api("GET", f"/api/people/{z}/export").body.decode()
    log = exported["log"]
    assert {one["role"] for one in log} == {"person", "other"}
    for entry in log:
        if entry["role"] == "other":
            assert set(entry["detail"]) <= {"reason"}
            assert entry["anonymous_id"] in (None, "x")


def test_a_download_that_was_cut_off_is_noticed(story: Story) -> None:
    """Count in the last line; a store that fails in between ends the answer without it."""
    story.identify("x", "A")

    def failing() -> Iterator[Any]:
        yield from open_export(story.app.installation.store, story.app.site.site_id, int(story.id_of("A")))
        raise OSError

    said = b""
    with pytest.raises(OSError):
        for chunk in lines(failing()):
            said += chunk
    assert b'"end"' not in said


def test_an_export_over_a_real_client(story: Story) -> None:
    story.identify("x", "A")
    a = story.id_of("A")
    headers = {"Authorization": f"Bearer {story.app.secret_key}"}
    with TestClient(story.app.asgi) as client:
        answer = client.get(f"/api/people/{a}/export", headers=headers)
    assert answer.headers["content-disposition"] == f'attachment; filename="person-{a}.ndjson"'
    assert answer.headers["cache-control"] == "no-store"
    assert by_kind(answer.content)["person"][0]["person_id"] == a


def test_the_reach_of_an_export_is_the_timelines(story: Story) -> None:
    """Events as many as in the timeline, after claims, detaches and log-outs."""
    for x in ("x", "y"):
        story.page(x)
        story.identify(x, "A")
    story.logout("x", at=20)
    story.page("x", at=21)
    story.identify("x", "A", at=22)
    story.detach("y")
    story.page("y", at=30)
    assert {one["message_id"] for one in export(story, "A")["event"]} == set(story.timeline("A"))
