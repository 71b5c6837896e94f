"""Messages over HTTP: drafts, publication, and whether one would show."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from collector.domain.message_schema import message_schema
from collector.domain.messages import MAX_DOCUMENT, MOST_RUN
from tests.support.app import App
from tests.unit.scenarios.story import Story

from .conftest import everything

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def document(title: str = "T", **more: Any) -> dict[str, Any]:
    content = {"default": "en", "texts": {"en": {"title": title}}}
    return {"name": "Hello", "where": {"pages": []}, "content": content, **more}


def test_from_a_draft_to_what_browsers_get(story: Story) -> None:
    saved = story.do("PUT", "/api/messages/hello", document())
    assert (saved["changed"], saved["status"], saved["revision"], saved["published_revision"]) == (True, "draft", 1, None)
    assert story.do("PUT", "/api/messages/hello", document())["changed"] is False
    published = story.do("POST", "/api/messages/hello/publish", {})
    assert (published["status"], published["published_revision"], published["previous_revision"]) == ("live", 1, None)
    saved = story.do("PUT", "/api/messages/hello", document("New"))
    assert saved["saved"] == [{"path": "$.content.texts.en.title", "before": "T", "after": "New"}]
    assert (saved["diff"], saved["published_revision"]) == ([], 1)
    published = story.do("POST", "/api/messages/hello/publish")
    assert published["diff"] == [{"path": "$.content.texts.en.title", "before": "T", "after": "New"}]
    assert published["previous_revision"] == 1
    assert story.do("POST", "/api/messages/hello/publish", {"revision": 1})["published_revision"] == 1
    for path, status in (("pause", "paused"), ("resume", "live"), ("archive", "archived")):
        assert story.do("POST", f"/api/messages/hello/{path}")["status"] == status
    assert story.do("POST", "/api/messages/hello/show-again")["run"] == 2


def test_looking(story: Story) -> None:
    story.do("PUT", "/api/messages/one", document(status="live", priority=80))
    story.do("PUT", "/api/messages/two", document("Old", status="live"))
    story.do("PUT", "/api/messages/two", document("New"))
    story.do("PUT", "/api/messages/three", document())
    (one, three, two) = story.get("/api/messages")["messages"]
    assert (one["key"], one["sentence"], one["updated_by"]) == ("one", "Anonymous visitors on every page, once.", "api")
    assert [found["sentence"] for found in one["conflicts"]] == [
        "`one` and `two` can meet on /; `one` goes first by priority (80, 50)."
    ]
    assert (three["conflicts"], two["conflicts"]) == ([], one["conflicts"])
    assert [found["key"] for found in story.get("/api/messages", status="live")["messages"]] == ["one", "two"]
    shown = story.get("/api/messages/two")
    assert (shown["revision"], shown["published_revision"]) == (2, 1)
    assert (shown["draft"]["content"]["texts"]["en"], shown["published"]["content"]["texts"]["en"]) == (
        {"title": "New"}, {"title": "Old"},
    )  # fmt: skip
    assert story.get("/api/messages/three")["published"] is None
    assert [found["first"] for found in story.get("/api/messages/three")["conflicts"]] == ["one", "three"], "if it were live"
    revisions = story.get("/api/messages/two/revisions")["revisions"]
    assert [(found["revision"], found["by"], found["document"]) for found in revisions] == [(2, "api", None), (1, "api", None)]
    assert story.get("/api/messages/two/revisions/1")["document"] == shown["published"]


def test_draft_that_was_got_can_be_put(story: Story) -> None:
    story.do("PUT", "/api/messages/one", document(status="live", priority=3, often={"lifetime": None, "stop_on": []}))
    draft = story.get("/api/messages/one")["draft"]
    assert story.do("PUT", "/api/messages/one", draft)["changed"] is False


def test_optimistic_concurrency(story: Story) -> None:
    story.do("PUT", "/api/messages/one?if_revision=0", document())
    answer = story.api("PUT", "/api/messages/one?if_revision=0", document("Late"))
    assert (answer.status, answer.json["code"]) == (409, "conflict")
    assert answer.json["message"] == (
        "`one` is at revision 1, and not at 0: somebody was faster. Look at what is there, and save again."
    )
    assert story.do("PUT", "/api/messages/one?if_revision=1", document("Next"))["revision"] == 2


def test_a_run_goes_no_further(story: Story) -> None:
    assert story.do("PUT", "/api/messages/one", document(run=MOST_RUN, status="live"))["run"] == MOST_RUN
    answer = story.api("POST", "/api/messages/one/show-again", {})
    assert (answer.status, answer.json["message"]) == (
        409, "`one` is at run 1000000000, and a run goes no further: save it under another key.",
    )  # fmt: skip


def test_delete(story: Story) -> None:
    story.do("PUT", "/api/messages/one", document(status="live"))
    assert story.do("DELETE", "/api/messages/one") == {"key": "one", "revision": 1}
    assert story.api("GET", "/api/messages/one").status == 404
    assert story.api("DELETE", "/api/messages/one").status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("PUT", "one", document(kind="modal"), 400, "`kind` is 'modal'; it can be 'banner' - at `$.kind`"),
        ("PUT", "one", document(key="two"), 400, "`key` is 'two', but this is the message 'one'"),
        ("PUT", "UPPER", document(), 400, "`$.key`"),
        ("PUT", "one", document(run=MOST_RUN + 1), 400, "`run` is 1000000001; it can be 1 to 1000000000 - at `$.run`"),
        ("PUT", "one", document(run=2**31), 400, "`$.run`"),
        ("PUT", "one", document(run=10**25), 400, "`$.run`"),
        ("PUT", "one", [], 400, "must be an object"),
        ("PUT", "one", None, 400, "not JSON"),
        ("PUT", "one?if_revision=x", document(), 400, "`if_revision`"),
        ("PUT", "one?if_revison=1", document(), 400, "if_revison"),
        ("PUT", "one", document(note="x" * MAX_DOCUMENT), 413, "256 KB"),
        ("DELETE", "there?preview=true", None, 400, "preview"),
        ("DELETE", "there", {"preview": True}, 400, "preview"),
        ("POST", "there/publish", {"revision": 0}, 400, "revision"),
        ("POST", "there/publish", {"revison": 1}, 400, "revison"),
        ("POST", "there/publish", {"revision": 7}, 404, "no revision 7"),
        ("POST", "there/publish", {"revision": 2**31}, 404, "no revision 2147483648"),
        ("POST", "there/publish", {"revision": 10**25}, 404, "no revision 1000"),
        ("POST", "there/publish?revision=1", {}, 400, "parameters"),
        ("POST", "there/publish", {}, 409, "live already"),
        ("POST", "there/resume", {}, 409, "not paused but live"),
        ("POST", "there/pause", {"preview": True}, 400, "preview"),
        ("POST", "one/show-again", {}, 404, "no message"),
        ("GET", "there/revisions/x", None, 404, "no revision"),
        ("GET", "there/revisions/2", None, 404, "no revision"),
        ("GET", "there/revisions/2147483648", None, 404, "no revision 2147483648"),
        ("GET", "there/revisions/9223372036854775808", None, 404, "no revision"),
        ("PUT", "there?if_revision=2147483648", document(), 409, "not at 2147483648"),
        ("GET", "one/revisions", None, 404, "no message"),
        ("POST", "check", {}, 400, "url"),
        ("POST", "check", {"url": "https://x.io/", "locale": "de"}, 400, "locale"),
        ("POST", "check", {"url": "https://x.io/", "identity": "vip"}, 400, "identity"),
        ("POST", "check", {"url": "https://x.io/", "key": "one"}, 404, "no message"),
    ],
)  # fmt: skip
def test_refusals(story: Story, method: str, path: str, body: Any, status: int, says: str) -> None:
    story.do("PUT", "/api/messages/there", document(status="live"))
    before = everything(story.app)
    answer = story.api(method, f"/api/messages/{path}", body)
    assert (answer.status, says in answer.json["message"]) == (status, True), answer
    assert everything(story.app) == before


def test_unknown_status(story: Story) -> None:
    answer = story.api("GET", "/api/messages?status=on")
    assert (answer.status, answer.json["message"]) == (400, "`status` must be one of draft, live, paused, archived.")


def test_check(story: Story) -> None:
    pages = {"pages": [{"op": "matches", "value": "/blog/*"}, {"op": "is", "value": "/blog/unsubscribe", "exclude": True}]}
    story.do("PUT", "/api/messages/blog", document(status="live", where=pages))
    story.do("PUT", "/api/messages/first", document(status="live", priority=80, who={"identity": "identified"}))
    story.do("PUT", "/api/messages/draft", document())

    def asked(url: str, **more: Any) -> list[tuple[Any, ...]]:
        found = story.do("POST", "/api/messages/check", {"url": f"https://x.io{url}", **more})["messages"]
        return [(one["key"], one["shows"], one["reason"], one["unknown"]) for one in found]

    assert asked("/blog/a", identity="anonymous") == [("first", False, "is_anonymous", []), ("blog", True, None, ["memory"])]
    assert asked("/blog/unsubscribe", identity="anonymous")[1] == ("blog", False, "page_excluded:1", [])
    assert asked("/") == [("first", True, None, ["identity", "memory"]), ("blog", False, "page_not_included", [])]
    assert asked("/", key="draft") == [("draft", False, "not_live", [])]
    assert asked("/", key="draft", draft=True, identity="identified") == [("draft", False, "is_identified", [])]


def test_check_at_a_time(story: Story) -> None:
    when = {"starts_at": "2026-12-24T09:00:00+01:00", "trigger": {"type": "scroll", "percent": 50}}
    story.do("PUT", "/api/messages/later", document(status="live", when=when))

    def asked(**more: Any) -> tuple[Any, ...]:
        (found,) = story.do("POST", "/api/messages/check", {"url": "https://x.io/", "identity": "anonymous", **more})[
            "messages"
        ]
        return found["reason"], found["unknown"]

    assert asked() == ("before_start", [])
    assert asked(at="2026-12-24T08:00:00Z") == (None, ["memory", "trigger:scroll"])
    assert story.api("POST", "/api/messages/check", {"url": "https://x.io/", "at": "noon"}).status == 400


def test_of_one_site(story: Story, app: App, other: dict[str, str]) -> None:
    story.do("PUT", "/api/messages/one", document(status="live"))
    assert app.request("GET", "/api/messages", headers=other).json == {"messages": []}
    assert app.request("GET", "/api/messages/one", headers=other).status == 404
    assert app.request("POST", "/api/messages/one/pause", headers=other).status == 404


def test_with_the_secret_key_only(app: App) -> None:
    """But for the schema, which editors ask for without one."""
    body = json.dumps(document()).encode()
    for method, path in (
        ("GET", ""),
        ("GET", "/one"),
        ("PUT", "/one"),
        ("DELETE", "/one"),
        ("POST", "/one/publish"),
        ("POST", "/check"),
    ):
        assert app.request(method, f"/api/messages{path}", body).status == 401
        assert app.request(method, f"/api/messages{path}", body, {"authorization": "Bearer wk_golden"}).status == 403
    answer = app.request("GET", "/api/messages/schema")
    assert (answer.status, answer.json) == (200, json.loads(json.dumps(message_schema())))


def test_described(app: App) -> None:
    """The body of a save is described by the schema that is served, and every other reference is within the description."""
    text = app.request("GET", "/api/openapi.json").body.decode()
    references = set(re.findall(r'"\$ref":\s*"([^"]+)"', text))
    assert "/api/messages/schema" in references
    components = json.loads(text)["components"]["schemas"]
    missing = {reference for reference in references if reference.rpartition("/")[2] not in components}
    assert missing == {"/api/messages/schema"}
