"""A folder of documents: pull and push are inverse, push is all or nothing, and diff says what it would do."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.app import App
from tests.unit.cli.test_messages import document, put
from tests.unit.cli.test_people import Desk
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")

TOML = """
name = "Hello"
status = "live"

[where]
pages = [{op = "matches", value = "/blog/*"}]

[content]
default = "en"
[content.texts.en]
title = "T"
"""


@pytest.fixture
def desk(app: App, app_url: str | None) -> Desk:
    return Desk(Story(app), app_url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "messages"
    made.mkdir()
    return made


def standing(desk: Desk) -> dict[str, tuple[Any, ...]]:
    rows = desk.story.get("/api/messages")["messages"]
    return {row["key"]: (row["status"], row["revision"], row["published_revision"], row["run"]) for row in rows}


def test_push(desk: Desk, folder: Path) -> None:
    (folder / "one.json").write_text(document("one", status="live"))
    (folder / "two.toml").write_text(TOML)
    (folder / "three.json").write_text(document("three").replace('"key": "three", ', ""))
    (folder / "README.md").write_text("no message")
    pushed = desk.says("message", "push", str(folder))
    assert "3 of 3 messages changed." in pushed
    assert "`one` and `two` can meet on /blog" in pushed
    assert standing(desk) == {"one": ("live", 1, 1, 1), "two": ("live", 1, 1, 1), "three": ("draft", 1, None, 1)}
    assert "0 of 3 messages changed." in desk.says("message", "push", str(folder))
    (folder / "one.json").write_text(document("one", "New", status="live"))
    assert '"T" -> "New"' in desk.says("message", "push", str(folder))


def test_all_or_nothing(desk: Desk, folder: Path) -> None:
    """Each problem is named with its file and its place."""
    (folder / "good.json").write_text(document("good", status="live"))
    (folder / "one.json").write_text(document("one", kind="modal", priority=101))
    (folder / "two.toml").write_text("name = ")
    (folder / "three.json").write_text(document("four"))
    (folder / "five.json").write_text(document("five"))
    (folder / "five.toml").write_text(TOML)
    done = desk.run("message", "push", str(folder))
    assert done.exit_code == 1
    assert "one.json: `kind` is 'modal'; it can be 'banner' - at `$.kind`\n" in done.stderr
    assert "one.json: `priority` is 101; it can be 0 to 100 - at `$.priority`\n" in done.stderr
    assert "two.toml: the document is not TOML" in done.stderr
    assert "three.json: `key` is 'four', but this is the message 'three' - at `$.key`\n" in done.stderr
    assert "five.toml: there is another file for the message 'five'\n" in done.stderr
    assert done.stderr.endswith("Error: 4 of 6 files do not fit; nothing was changed.\n")
    assert standing(desk) == {}
    assert "is no folder" in desk.refused("message", "push", str(folder / "nowhere"))


def test_file_whose_name_is_no_key(desk: Desk, folder: Path) -> None:
    """Also one that is no text, as file systems allow."""
    for raw in (b"x\xffy.json", b"UPPER.json", b"a.json", b"ab\n.json"):
        (folder / os.fsdecode(raw)).write_text(document("one").replace('"key": "one", ', ""))
    done = desk.run("message", "push", str(folder))
    assert (done.exit_code, standing(desk)) == (1, {})
    for stem in ("x\\udcffy", "UPPER", "a", "ab\\n"):
        assert f"`key` is '{stem}'; it must be 2 to 63 small letters (a-z)" in done.stderr, done.stderr
    assert "UPPER.json: `key`" in done.stderr
    assert "x\\xdcffy.json: `key`" in done.stderr
    assert "4 of 4 files do not fit" in done.stderr
    assert desk.run("message", "validate", str(folder)).exit_code == 1


def test_messages_without_a_file_are_listed_or_archived(desk: Desk, folder: Path) -> None:
    put(desk, "old", status="live")
    (folder / "one.json").write_text(document("one"))
    assert "old: live, and has no file; --prune archives it." in desk.says("message", "push", str(folder))
    assert desk.run("message", "diff", str(folder)).exit_code == 0
    assert "old: status live -> archived" in desk.run("message", "diff", str(folder), "--prune").stdout
    assert "old: revision 1, archived" in desk.says("message", "push", str(folder), "--prune")
    assert "0 of 1 messages changed." in desk.says("message", "push", str(folder), "--prune")


def test_prune_by_a_folder_without_a_document_is_refused(desk: Desk, folder: Path) -> None:
    put(desk, "old", status="live")
    (folder / "README.md").write_text("no message")
    before = standing(desk)
    for command in ("push", "diff"):
        refused = desk.refused("message", command, str(folder), "--prune")
        assert "holds no document, and --prune would archive every message: nothing was changed." in refused
    assert standing(desk) == before
    assert "old: live, and has no file" in desk.says("message", "push", str(folder))


def test_diff(desk: Desk, folder: Path) -> None:
    put(desk, "one", status="live")
    put(desk, "two", status="live")
    (folder / "one.json").write_text(document("one", "New", status="live", run=3))
    (folder / "two.json").write_text(document("two", status="paused"))
    (folder / "three.json").write_text(document("three"))
    before = standing(desk)
    done = desk.run("message", "diff", str(folder))
    assert done.exit_code == 1
    assert "one: revision 1 -> 2, run 1 -> 3, revision 2 goes live\n" in done.stdout
    assert '  $.content.texts.en.title: "T" -> "New"\n' in done.stdout
    assert "two: status live -> paused\n" in done.stdout
    assert "three: new, draft\n" in done.stdout
    assert "3 of 3 messages would change." in done.stdout
    assert standing(desk) == before


def test_pull(desk: Desk, folder: Path) -> None:
    put(desk, "one", status="live")
    put(desk, "one", "Draft")
    put(desk, "two")
    pulled = desk.says("message", "pull", str(folder / "new"))
    assert "one: revision 2 is a draft, and not in the folder." in pulled
    assert "2 of 2 files written." in pulled
    assert json.loads((folder / "new" / "one.json").read_text()) == json.loads(document("one", status="live"))
    (folder / "new" / "two.json").write_text(document("two"))
    (folder / "new" / "one.json").write_text("{")
    (folder / "new" / "mine.json").write_text(document("mine"))
    again = desk.says("message", "pull", str(folder / "new"))
    assert "1 of 2 files written." in again
    assert "mine.json: there is no such message; push makes it." in again
    assert (folder / "new" / "two.json").read_text() == document("two"), "as its author wrote it"


@pytest.mark.parametrize("there", ["folder", "pipe"])
def test_pull_looks_at_all_files_before_it_writes_one(desk: Desk, folder: Path, there: str) -> None:
    for key in ("aa", "bb"):
        put(desk, key)
    bad = folder / "bb.json"
    bad.mkdir() if there == "folder" else os.mkfifo(bad)
    assert f"{bad} is no file; nothing was written." in desk.refused("message", "pull", str(folder))
    assert list(folder.iterdir()) == [bad]


def test_pull_replaces_links(desk: Desk, folder: Path, tmp_path: Path) -> None:
    """And does not write through one, wherever it leads."""
    for key in ("aa", "bb", "cc"):
        put(desk, key)
    outside = tmp_path / "outside.txt"
    outside.write_text("{}")
    (folder / "aa.json").symlink_to(outside)
    (folder / "bb.json").symlink_to(tmp_path / "nowhere.txt")
    (folder / "cc.json").symlink_to(tmp_path)
    assert "3 of 3 files written." in desk.says("message", "pull", str(folder))
    assert outside.read_text() == "{}"
    assert sorted(path.name for path in folder.iterdir() if path.is_file() and not path.is_symlink()) == [
        "aa.json", "bb.json", "cc.json",
    ]  # fmt: skip
    assert not (tmp_path / "nowhere.txt").exists()


def test_folder_that_cannot_be_made(desk: Desk, tmp_path: Path) -> None:
    put(desk, "one")
    file = tmp_path / "file"
    file.write_text("")
    for path in (file, file / "messages"):
        assert f"{path} cannot be made: " in desk.refused("message", "pull", str(path))
    assert "is no folder" in desk.refused("message", "push", str(file))


def test_a_failed_write_leaves_the_file(desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(desk, "one")
    (folder / "one.json").write_text("{")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    refused = desk.refused("message", "pull", str(folder))
    assert f"{folder / 'one.json'} cannot be written: No space left on device." in refused
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("one.json", "{")]


def test_pull_does_not_write_toml(desk: Desk, folder: Path) -> None:
    (folder / "two.toml").write_text(TOML)
    desk.says("message", "push", str(folder))
    assert "0 of 1 files written." in desk.says("message", "pull", str(folder))
    put(desk, "two", "New", status="live")
    assert "two.toml would have to change" in desk.refused("message", "pull", str(folder))
    assert (folder / "two.toml").read_text() == TOML


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "publish", "pause", "resume", "archive", "show-again"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from("AB"),
        st.sampled_from(["draft", "live", "paused", "archived"]),
    ),
    max_size=8,
)


def operate(desk: Desk, operations: list[tuple[str, ...]]) -> None:
    for name, key, title, status in operations:
        if name == "put":
            put(desk, key, title, status=status)
        else:
            desk.run("message", name, key)


@pytest.mark.stores("sqlite")
@given(operations=OPERATIONS)
@settings(max_examples=12)
def test_pull_then_push_changes_nothing(tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, ...]]) -> None:
    with App(tmp_path_factory.mktemp("trip") / "data") as app:
        desk, folder = Desk(Story(app), None), app.folder.parent / "messages"
        operate(desk, operations)
        before = standing(desk)
        desk.says("message", "pull", str(folder))
        assert desk.run("message", "diff", str(folder), "--prune").exit_code == 0
        desk.says("message", "push", str(folder), "--prune")
        assert standing(desk) == before


@pytest.mark.stores("sqlite")
@given(operations=OPERATIONS, title=st.sampled_from("AB"), status=st.sampled_from(["live", "paused", "archived"]))
@settings(max_examples=12)
def test_push_then_pull_keeps_the_file(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, ...]], title: str, status: str
) -> None:
    """And what browsers get when it is live again is what the file says."""
    with App(tmp_path_factory.mktemp("trip") / "data") as app:
        desk, folder = Desk(Story(app), None), app.folder.parent / "messages"
        folder.mkdir()
        operate(desk, operations)
        run = standing(desk).get("one", (None, None, None, 1))[3]
        (folder / "one.json").write_text(document("one", title, status=status, run=run))
        desk.says("message", "push", str(folder))
        put(desk, "one", "Draft")
        desk.says("message", "pull", str(folder))
        assert (folder / "one.json").read_text() == document("one", title, status=status, run=run), "as its author wrote it"
        (folder / "one.json").write_text(document("one", title, status="live", run=run))
        desk.says("message", "push", str(folder))
        found = desk.story.get("/api/messages/one")
        assert (found["status"], found["published"]["content"]["texts"]["en"]["title"]) == ("live", title)


def test_pushed_while_paused_is_what_is_resumed(desk: Desk, folder: Path) -> None:
    put(desk, "one", "Old", status="live")
    (folder / "one.json").write_text(document("one", "New", status="paused"))
    assert '"Old" -> "New"' in desk.says("message", "push", str(folder))
    assert "0 of 1 files written." in desk.says("message", "pull", str(folder))
    desk.says("message", "resume", "one")
    assert desk.story.get("/api/messages/one")["published"]["content"]["texts"]["en"] == {"title": "New"}
