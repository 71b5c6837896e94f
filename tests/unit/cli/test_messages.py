"""`passerby message`: from a draft to what browsers get, and what each command says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collector.domain.message_schema import message_schema
from tests.support.app import App
from tests.unit.cli.test_people import Desk
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")


@pytest.fixture
def desk(app: App, app_url: str | None) -> Desk:
    return Desk(Story(app), app_url)


def document(key: str = "hello", title: str = "T", **more: Any) -> str:
    content = {"default": "en", "texts": {"en": {"title": title}}}
    return json.dumps({"key": key, "name": "Hello", "where": {"pages": []}, "content": content, **more})


def put(desk: Desk, key: str = "hello", title: str = "T", **more: Any) -> str:
    return desk.says("message", "put", "-", text=document(key, title, **more))


def test_from_a_draft_to_what_browsers_get(desk: Desk) -> None:
    assert put(desk).splitlines()[0] == "hello: revision 1, draft"
    assert "hello: revision 1 is live" in desk.says("message", "publish", "hello")
    assert "hello: revision 2, draft, revision 1 is live" in put(desk, title="New")
    published = desk.says("message", "publish", "hello")
    assert '$.content.texts.en.title: "T" -> "New"' in published
    assert desk.says("message", "pause", "hello").strip() == "hello: revision 2, paused"
    assert desk.says("message", "resume", "hello").strip() == "hello: revision 2, live"
    assert desk.says("message", "show-again", "hello").strip() == "hello: revision 2, live, run 2"
    assert '"New" -> "T"' in desk.says("message", "publish", "hello", "--revision", "1")
    assert desk.says("message", "archive", "hello").strip() == "hello: revision 2, archived"
    assert "is archived already" in desk.refused("message", "archive", "hello")
    assert "no revision 9" in desk.refused("message", "publish", "hello", "--revision", "9")


def test_draft_names_the_command_that_publishes_it(desk: Desk) -> None:
    """The sentence holds the command, which works as it is."""
    command = put(desk).splitlines()[1]
    assert "hello: revision 1 is live" in desk.says(*command.partition("passerby ")[2].split()[:3])


def test_delete(desk: Desk) -> None:
    put(desk)
    assert desk.run("message", "delete", "hello", text="n\n").exit_code == 1
    assert desk.says("message", "delete", "hello", "--yes").strip() == "hello: deleted"
    assert "There is no message 'hello'" in desk.refused("message", "show", "hello")


def test_list(desk: Desk) -> None:
    put(desk, "one", status="live", priority=80, where={"pages": [{"op": "is", "value": "/pricing"}]})
    assert "`one` and `two` can meet on /pricing" in put(desk, "two", status="live")
    put(desk, "three", name="a\x1b[31mb")
    listed = desk.says("message", "list")
    assert "1\tone\trevision 1\tlive\tHello\tAnonymous visitors on /pricing, once.\n" in listed
    assert "a\\x1b[31mb" in listed
    assert listed.count("`one` goes first by priority (80, 50).") == 1
    assert [one["key"] for one in desk.json("message", "list", "--status", "draft", "--json")["messages"]] == ["three"]
    assert desk.json("message", "list", "--json", "--site", "My site") == desk.story.get("/api/messages")


def test_show_and_revisions(desk: Desk) -> None:
    put(desk, status="live")
    put(desk, title="New")
    shown = desk.says("message", "show", "hello")
    assert "Anonymous visitors on every page, once." in shown
    assert '"title": "New"' in shown
    assert desk.json("message", "show", "hello", "--json") == desk.story.get("/api/messages/hello")
    lines = desk.says("message", "revisions", "hello").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["2", "1"]
    found = desk.json("message", "revisions", "hello", "--json")["revisions"]
    assert found[0] == desk.story.get("/api/messages/hello/revisions/2")


def test_check(desk: Desk) -> None:
    put(desk, "one", status="live", where={"pages": [{"op": "is", "value": "/pricing"}]})
    put(desk, "two")
    check = ("message", "check", "https://x.io/pricing", "--identity")
    assert desk.says(*check, "anonymous") == "one\trevision 1\tyes, as far as is known without: memory\n"
    assert desk.says(*check, "identified") == "one\trevision 1\tno: is_identified\n"
    assert desk.says("message", "check", "https://x.io/") == "one\trevision 1\tno: page_not_included\n"
    assert "no: not_live" in desk.says(*check, "anonymous", "--key", "two")
    assert "yes" in desk.says(*check, "anonymous", "--key", "two", "--draft")
    assert desk.json(*check, "anonymous", "--json") == desk.story.do(
        "POST", "/api/messages/check", {"url": "https://x.io/pricing", "identity": "anonymous"}
    )
    assert desk.run("message", "check", "https://x.io/", "--draft").exit_code == 2
    put(desk, "later", status="live", when={"starts_at": "2100-01-01T00:00:00Z"})
    assert "later\trevision 1\tno: before_start" in desk.says("message", "check", "https://x.io/")
    assert "later\trevision 1\tyes" in desk.says("message", "check", "https://x.io/", "--at", "2100-01-01T00:00:00Z")
    assert "with its offset" in desk.run("message", "check", "https://x.io/", "--at", "noon").output


def test_validate(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "hello.json"
    file.write_text(document())
    assert desk.says("message", "validate", str(file)) == "hello: Anonymous visitors on every page, once.\n"
    assert "hello: " in desk.says("message", "validate", str(tmp_path / "hello.json"))
    file.write_text(document(kind="modal"))
    assert "`kind` is 'modal'; it can be 'banner' - at `$.kind`." in desk.refused("message", "validate", str(file))


def test_schema(desk: Desk) -> None:
    assert desk.json("message", "schema") == json.loads(json.dumps(message_schema())) == desk.story.get("/api/messages/schema")
