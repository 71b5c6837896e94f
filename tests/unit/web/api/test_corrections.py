"""Corrections by hand over HTTP: answers, previews, bad input. Their effects are in the scenarios."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from collector.domain.times import iso
from tests.support.app import NOW, App
from tests.unit.scenarios.story import Story

from .conftest import everything, moves

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def two(story: Story) -> tuple[str, str]:
    """A on x, who likes Rome, and B on y; return their numbers."""
    story.identify("x", traits={"city": "Rome"})
    story.identify("x", "A", email="a@x.io")
    story.page("y")
    story.identify("y", "B", traits={"plan": "pro"})
    return story.id_of("A"), story.id_of("B")


# -- answers -------------------------------------------------------------------------------------------------------------


def test_a_merge_says_what_moves(story: Story) -> None:
    a, b = two(story)
    done = story.merge("B", into="A")
    assert (done["preview"], sorted(done)) == (False, ["merge_id", "people", "preview"])
    by_number = {one["person_id"]: one for one in done["people"]}
    assert set(by_number) == {a, b}
    assert by_number[b]["after"] is None
    assert by_number[b]["before"]["user_ids"] == ["B"]
    assert (by_number[a]["before"]["events"], by_number[a]["after"]["events"]) == (2, 4)
    assert by_number[a]["after"]["user_ids"] == ["A", "B"]
    assert moves(done) == {
        a: {"events": 2, "anonymous_events": 1, "fields": {"plan": [None, "pro"]}},
        b: {"events": -2, "anonymous_events": -1, "fields": {}},
    }
    assert done["merge_id"] == story.last_merge()
    (merge,) = story.get(f"/api/people/{b}")["merges"]
    assert (merge["merge_id"], merge["by"], merge["source_id"], merge["target_id"]) == (done["merge_id"], "api", b, a)
    undone = story.unmerge(done["merge_id"])
    assert undone["merge_id"] == done["merge_id"]
    assert moves(undone)[a] == {"events": -2, "anonymous_events": -1, "fields": {"plan": ["pro", None]}}
    assert {one["person_id"]: one["before"] is None for one in undone["people"]} == {a: False, b: True}


def test_a_device_that_changes_hands(story: Story) -> None:
    a, b = two(story)
    attached = story.attach("x", "B")
    assert attached["merge_id"] is None
    assert moves(attached) == {
        a: {"events": -1, "anonymous_events": -1, "fields": {"city": ["Rome", None]}},
        b: {"events": 1, "anonymous_events": 1, "fields": {"city": [None, "Rome"]}},
    }
    detached = story.detach("x")
    assert moves(detached) == {b: {"events": -1, "anonymous_events": -1, "fields": {"city": ["Rome", None]}}}
    assert story.entries("detached")[0]["detail"]["by"] == "api"


def test_field_from_true_to_1_changes(story: Story) -> None:
    """Field from true to 1: a change."""
    story.identify("x", "A", traits={"vip": True})
    story.identify("y", "B", traits={"vip": 1})
    merged = story.merge("A", into="B")
    assert moves(merged)[story.id_of("B")]["fields"] == {}
    undone = story.unmerge(merged["merge_id"])
    story.merge("B", into="A")
    assert moves(undone)[story.id_of("B")]["fields"] == {}
    other = story.unmerge(story.last_merge())
    assert {one["before"]["fields"]["vip"] for one in other["people"] if one["before"]} == {True}


def test_a_log_out(story: Story) -> None:
    story.identify("x", "A")
    answer = story.do("POST", "/api/visitors/x/logout", {"at": iso(NOW + 500_000), "preview": True})
    assert answer == {"preview": True, "merge_id": None, "people": []}
    assert story.entries("logged_out") == []
    story.do("POST", "/api/visitors/x/logout")
    (entry,) = story.entries("logged_out")
    assert (entry["anonymous_id"], entry["at"]) == ("x", iso(story.app.clock()))


@pytest.mark.parametrize("name", ["a/b", "with space", "ünï", "detach", "attach", "logout", "?", "..", "a%2Fb", "100%"])
def test_ids_that_fit_into_no_path(story: Story, name: str) -> None:
    """Ids of any kind can be named in the body; where they fit into a path, there too."""
    page = story.page(name)
    story.identify(name, "A")
    b = (story.identify("y", "B"), story.id_of("B"))[1]
    assert story.do("POST", "/api/visitors/attach", {"anonymous_id": name, "person_id": b})["people"]
    assert story.whose(page) == "B"
    assert story.do("POST", "/api/visitors/detach", {"anonymous_id": name, "preview": True})["preview"]
    assert story.whose(page) == "B"
    assert story.do("POST", "/api/visitors/detach", {"anonymous_id": name})["people"]
    assert story.whose(page) is None
    assert story.do("POST", "/api/visitors/logout", {"anonymous_id": name, "preview": False})["people"] == []
    found = story.get("/api/visitors", anonymous_id=name)
    assert (found["anonymous_id"], len(found["events"])) == (name, 1)
    if name in ("detach", "attach", "logout"):
        assert story.get(f"/api/visitors/{quote(name)}") == found


# -- previews ------------------------------------------------------------------------------------------------------------


def test_previews_change_nothing(story: Story) -> None:
    """Previews change no row; what they say is what then happens."""
    a, b = two(story)
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    story.identify("x", "B")
    story.identify("z", "C", email="c@x.io")
    c, d = story.id_of("C"), (story.identify("w", "D"), story.id_of("D"))[1]
    story.do("POST", f"/api/people/{d}/merge", {"into": c})
    operations = [
        ("POST", "/api/visitors/x/detach", {}), ("POST", "/api/visitors/x/attach", {"person_id": b}),
        ("POST", f"/api/people/{b}/merge", {"into": a}), ("POST", f"/api/merges/{story.last_merge()}/undo", {}),
        ("POST", "/api/visitors/y/logout", {"at": iso(NOW)}),
    ]  # fmt: skip
    before = everything(story.app)
    for method, path, body in operations:
        would = story.do(method, path, {**body, "preview": True})
        assert everything(story.app) == before, path
        assert would["preview"] is True
        would["people"] = sorted(would["people"], key=lambda one: one["person_id"])
    deletion = story.do("DELETE", f"/api/people/{a}?preview=true")
    assert everything(story.app) == before
    assert (deletion["preview"], deletion["job_id"]) == (True, None)
    for method, path, body in operations[3:]:
        would = story.do(method, path, {**body, "preview": True})
        assert {**story.do(method, path, body), "preview": True} == would


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/people/1/merge", {"into": "2"}), ("POST", "/api/people/A/merge", {"into": "A"}),
        ("POST", "/api/people/A/merge", {"into": "3"}), ("POST", "/api/merges/1/undo", {}),
        ("POST", "/api/visitors/unseen/detach", {}), ("POST", "/api/visitors/free/detach", {}),
        ("POST", "/api/visitors/x/attach", {"person_id": "A"}), ("POST", "/api/visitors/x/attach", {"person_id": "9"}),
        ("POST", "/api/visitors/attach", {"person_id": "A", "anonymous_id": "unseen"}), ("DELETE", "/api/people/1", None),
    ],
)  # fmt: skip
def test_refused_correction_changes_nothing(story: Story, method: str, path: str, body: Any) -> None:
    """404 for what is not there, 409 for what is done already, whether previewed or not; `A` stands for A's number."""
    a, _ = two(story)
    story.page("free")
    path = path.replace("/A/", f"/{a}/")
    said = None if body is None else {key: a if value == "A" else value for key, value in body.items()}
    before = everything(story.app)
    for preview in (False, True):
        if said is None:
            answer = story.api(method, f"{path}?preview={str(preview).lower()}")
        else:
            answer = story.api(method, path, {**said, "preview": preview})
        assert (answer.status, answer.json["code"]) in ((404, "not_found"), (409, "conflict")), answer
        assert answer.json["message"].endswith(".")
    assert everything(story.app) == before


# -- deletion ------------------------------------------------------------------------------------------------------------


def test_a_deletion_says_what_goes(story: Story) -> None:
    a, _ = two(story)
    answer = story.api("DELETE", f"/api/people/{a}")
    assert answer.status == 202
    assert {**answer.json, "job_id": None} == {
        "preview": False, "person_id": a, "label": "a@x.io", "events": 2, "streams": 2, "identifiers": ["A", "a@x.io"],
        "anonymous_ids": ["x"], "job_id": None,
    }  # fmt: skip
    assert story.api("GET", f"/api/people/{a}").status == 404
    (job,) = story.get("/api/jobs")["jobs"]
    assert (job["job_id"], job["kind"], job["total"]) == (answer.json["job_id"], "deletion", 2)


@pytest.mark.parametrize(
    "query", ["preview=yes", "preview=", "preview=True", "preveiw=true", "preview=true&force=1", "dry_run=1"]
)
def test_a_doubtful_deletion_is_none(story: Story, query: str) -> None:
    """Misspelt wish not to delete: then nothing is done."""
    a, _ = two(story)
    before = everything(story.app)
    answer = story.api("DELETE", f"/api/people/{a}?{query}")
    assert (answer.status, answer.json["code"]) == (400, "bad_parameter")
    assert everything(story.app) == before


def test_a_preview_in_the_address_of_a_post_is_refused(story: Story) -> None:
    """Preview stands in the body there: who asks for one is never answered by the thing itself."""
    story.identify("x", "A")
    story.identify("y", "B")
    for path, body in (("people/{}/merge", {"into": story.id_of("B")}), ("people/{}/remove_email", {"email": "a@x.io"})):
        answer = story.api("POST", f"/api/{path.format(story.id_of('A'))}?preview=true", body)
        assert (answer.status, answer.json["code"]) == (400, "bad_parameter")
    assert story.people() == {"A", "B"}


def test_the_preview_of_a_deletion_may_be_in_its_body(story: Story) -> None:
    """Preview in the body, as for every other operation: it is no wish to delete."""
    a, _ = two(story)
    before = everything(story.app)
    answer = story.api("DELETE", f"/api/people/{a}", {"preview": True})
    assert (answer.status, answer.json["preview"]) == (200, True)
    assert story.api("DELETE", f"/api/people/{a}", {"preveiw": True}).status == 400
    assert everything(story.app) == before
    assert story.api("DELETE", f"/api/people/{a}", {"preview": False}).status == 202


# -- bad input -----------------------------------------------------------------------------------------------------------

BODIES: list[tuple[bytes, int]] = [
    (b"{", 400), (b"[]", 400), (b"null", 400), (b'"x"', 400), (b"1", 400), (b"\xff\xfe", 400), (b'{"preview": 1}', 400),
    (b'{"preview": "true"}', 400), (b'{"preview": null}', 400), (b'{"preview": true} x', 400), (b"[" * 10_000, 400),
    (b'{"preview": tru', 400), (b'{"surprise": 1}', 400), (b'{"Preview": true}', 400), (b'{"preview": true, "a": {}}', 400),
    (b"preview=true", 400), (b"\x1f\x8b\x08" + b"\x00" * 20, 400), (b'{"preview":"\\ud800"}', 400),
    (b" " * 20_000, 413), (b'{"x": "' + b"y" * 20_000 + b'"}', 413), (b"{" * 600_000, 413),
]  # fmt: skip

TARGETS = [
    "/api/people/A/merge", "/api/merges/M/undo", "/api/visitors/x/detach", "/api/visitors/x/attach", "/api/visitors/x/logout",
    "/api/visitors/detach", "/api/visitors/attach", "/api/visitors/logout", "/api/links", "/api/retention",
]  # fmt: skip


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("path", TARGETS)
def test_bodies_that_do_not_fit(story: Story, path: str) -> None:
    a, _ = two(story)
    story.merge("B", into="A")
    path = path.replace("/A/", f"/{a}/").replace("/M/", f"/{story.last_merge()}/")
    before = everything(story.app)
    for body, status in BODIES:
        answer = story.app.request("POST", path, body, {"authorization": f"Bearer {story.app.secret_key}"})
        assert (answer.status, answer.json["code"]) == (status, "bad_parameter" if status == 400 else "too_large"), body[:40]
        assert answer.json["message"].endswith("."), answer.json
        assert "\n" not in answer.json["message"]
    assert everything(story.app) == before


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/people/A/merge", {"into": 7}), ("/api/people/A/merge", {"into": None}), ("/api/people/A/merge", {"into": ["7"]}),
        ("/api/people/A/merge", {}), ("/api/visitors/x/attach", {}), ("/api/visitors/x/attach", {"person_id": 7}),
        ("/api/visitors/attach", {"person_id": "7"}), ("/api/visitors/detach", {}), ("/api/visitors/detach", {"anonymous_id": 1}),
        ("/api/visitors/x/logout", {"at": "soon"}), ("/api/visitors/x/logout", {"at": ""}), ("/api/visitors/x/logout", {"at": 1}),
        ("/api/visitors/x/logout", {"at": "2026-11-22T04:30:00Z"}), ("/api/visitors/x/logout", {"at": "9999-12-31T00:00:00Z"}),
        ("/api/visitors/x/logout", {"at": "99999-12-31T00:00:00Z"}), ("/api/visitors/null/logout", {}),
        ("/api/visitors/logout", {"anonymous_id": ""}), ("/api/visitors/logout", {"anonymous_id": "x" * 256}),
        ("/api/visitors/logout", {"anonymous_id": "a\x00b"}), ("/api/visitors/logout", {"anonymous_id": "\x1fuser:A"}),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(story: Story, path: str, body: dict[str, Any]) -> None:
    a, _ = two(story)
    before = everything(story.app)
    answer = story.api("POST", path.replace("/A/", f"/{a}/"), body)
    assert (answer.status, answer.json["code"]) == (400, "bad_parameter"), answer
    assert answer.json["message"].endswith(".")
    assert everything(story.app) == before


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "٣", "9" * 30, str(2**63), "\x00", " 1", "1' or 1=1", "null"])
def test_numbers_that_nobody_has(story: Story, number: str) -> None:
    a, _ = two(story)
    path = quote(number, safe="")
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/api/people/{path}", None), ("GET", f"/api/people/{path}/export", None), ("DELETE", f"/api/people/{path}", None),
        ("POST", f"/api/people/{path}/merge", {"into": a}), ("POST", f"/api/people/{a}/merge", {"into": number}),
        ("POST", f"/api/merges/{path}/undo", {}), ("POST", "/api/visitors/x/attach", {"person_id": number}),
    ]  # fmt: skip
    for method, where, body in asked:
        answer = story.api(method, where, body)
        assert (answer.status, answer.json["code"]) == (404, "not_found"), (where, answer)


@pytest.mark.parametrize("name", ["\x00", "unseen", "\x1fuser:A", "x" * 300, "null", "", "\ufffd"])
def test_anonymous_ids_that_nobody_has(story: Story, name: str) -> None:
    a, _ = two(story)
    for verb, more in (("detach", {}), ("attach", {"person_id": a})):
        answer = story.api("POST", f"/api/visitors/{verb}", {"anonymous_id": name, **more})
        assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=x"]
)
def test_any_content_type(story: Story, content_type: str | None) -> None:
    """Content type of curl by default is a form; the body is JSON all the same."""
    page = story.page("x")
    story.identify("x", "A")
    headers = {"authorization": f"Bearer {story.app.secret_key}", **({"content-type": content_type} if content_type else {})}
    body = json.dumps({"preview": False}).encode()
    assert story.app.request("POST", "/api/visitors/x/detach", body, headers).status == 200
    assert story.whose(page) is None


def test_another_site_can_do_nothing(story: Story, app: App, other: dict[str, str]) -> None:
    a, b = two(story)
    story.merge("B", into="A")
    merge_id = story.last_merge()
    before = everything(app)
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/api/people/{a}", None), ("GET", f"/api/people/{a}/export", None), ("GET", "/api/visitors/x", None),
        ("DELETE", f"/api/people/{a}", None), ("POST", f"/api/people/{b}/merge", {"into": a}),
        ("POST", f"/api/merges/{merge_id}/undo", {}), ("POST", "/api/visitors/x/detach", {}),
        ("POST", "/api/visitors/x/attach", {"person_id": a}), ("GET", "/api/accounts/acme", None),
    ]  # fmt: skip
    for method, path, body in asked:
        answer = app.request(method, path, b"" if body is None else json.dumps(body).encode(), other)
        assert answer.status == 404, (path, answer)
    assert everything(app) == before


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("path", TARGETS)
def test_body_is_not_read_without_a_key(app: App, path: str) -> None:
    """401 and 403 go before any fault of the body, which is not even read."""
    for body in (b"{}", b"{", b"x" * 600_000):
        assert app.request("POST", path, body).status == 401
        assert app.request("POST", path, body, {"authorization": "Bearer wk_golden"}).status == 403
        assert app.request("POST", path, body, {"authorization": "Bearer sk_wrong"}).status == 401
