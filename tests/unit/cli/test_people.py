"""`passerby people` and `passerby visitor`: the same operations as the API's, with a preview, a question and a way back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from click.testing import Result

from tests.support.app import App
from tests.unit.cli.test_main import Shell
from tests.unit.scenarios.story import Story
from tests.unit.web.api.conftest import everything

pytestmark = pytest.mark.stores("sqlite", "postgresql")


class Desk(Shell):
    """Shell on the store of a story, with the story's clock."""

    def __init__(self, story: Story, url: str | None) -> None:
        super().__init__(story.app.folder)
        self.story = story
        self.url = url

    def run(self, *arguments: str, text: str | None = None, **environment: str) -> Result:
        database = {"PASSERBY_DATABASE_URL": self.url} if self.url else {}
        with mock.patch("collector.clock.now", self.story.app.clock):
            return super().run(*arguments, text=text, **database, **environment)

    def says(self, *arguments: str, text: str | None = None) -> str:
        """Run something that has to work; return what it prints."""
        done = self.run(*arguments, text=text)
        assert done.exit_code == 0, done.output
        return done.stdout

    def again(self, sentence: str) -> str:
        """Run the command at the end of a sentence, as somebody would who reads it."""
        words = shlex.split(sentence.partition("passerby ")[2])
        return self.says(*words[:2], "--yes", *words[2:])


@pytest.fixture
def desk(app: App, app_url: str | None) -> Desk:
    """Desk with A, who likes Rome, on x; B, a pro, on y; a plain visitor on z."""
    story = Story(app)
    story.identify("x", traits={"city": "Rome"})
    story.identify("x", "A", email="A@x.io")
    story.page("y")
    story.identify("y", "B", traits={"plan": "pro"}, account="acme")
    story.page("z")
    return Desk(story, app_url)


# -- looking -------------------------------------------------------------------------------------------------------------


def test_find(desk: Desk) -> None:
    listed = desk.says("people", "find")
    assert "A@x.io" in listed
    assert "2 found." in listed
    for option, value in (("--email", "a@X.io"), ("--user-id", "A"), ("--anonymous-id", "x")):
        assert [one["user_ids"] for one in desk.json("people", "find", option, value, "--json")["people"]] == [["A"]]
    assert [one["user_ids"] for one in desk.json("people", "find", "--account", "acme", "--json")["people"]] == [["B"]]
    assert desk.json("people", "find", "--user-id", "nobody", "--json") == {"people": [], "next": None}
    first = desk.json("people", "find", "--limit", "1", "--json")
    assert f"--cursor {first['next']}" in desk.says("people", "find", "--limit", "1")
    (rest,) = desk.json("people", "find", "--limit", "1", "--json", "--cursor", first["next"])["people"]
    assert rest != first["people"][0]


def test_show_is_the_apis_answer(desk: Desk) -> None:
    number = desk.story.id_of("A")
    for name in (number, "user:A", "a@x.io"):
        assert desk.json("people", "show", name, "--json") == desk.story.get(f"/api/people/{number}")
    shown = desk.says("people", "show", "user:A")
    for word in (number, "A@x.io", "field city", "Rome", "x", "asserted"):
        assert word in shown


def test_terminal_is_not_steered_by_stored_text(desk: Desk) -> None:
    """Escape sequences, mark-up of ours, turned text direction: none is printed."""
    desk.story.identify("w", "[red]W[/red]", traits={"a\x1b[2J": "\x1b]0;x\x07\u202e\x9b", "b": "[bold]x"})
    shown = desk.says("people", "show", "user:[red]W[/red]") + desk.says("people", "find")
    assert not any(letter in shown for letter in "\x1b\x07\u202e\x9b")
    assert "[red]W[/red]" in shown
    assert "[bold]x" in shown


def test_remove_email(desk: Desk) -> None:
    assert "old" not in desk.story.person("A")["emails"]
    desk.story.identify("x", "A", email="old@x.io")
    assert "Nothing was changed" in desk.run("people", "remove-email", "user:A", "old@x.io", "--preview").output
    done = desk.run("people", "remove-email", "user:A", "OLD@x.io", text="y\n")
    assert "Remove OLD@x.io from" in done.output and "finds nobody until it is said again." in done.output
    assert desk.story.person("A")["emails"] == ["A@x.io"]
    assert "none of the person's addresses" in desk.run("people", "remove-email", "user:A", "old@x.io", "--yes").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("people", "show", "user:nobody"), "Nobody is called"), (("people", "show", "1"), "Nobody is called"),
        (("people", "show", "no@x.io"), "Nobody is called"), (("people", "show", "Ada"), "number, user:ID"),
        (("people", "show", ""), "number, user:ID"), (("people", "show", "9" * 30), "number, user:ID"),
        (("people", "show", "user:"), "Nobody is called"), (("people", "show", "user:\x01"), "Nobody is called"),
        (("people", "merge", "user:A", "user:A", "--yes"), "one person already"),
        (("people", "merge", "user:A", "a@x.io", "--preview"), "one person already"),
        (("people", "unmerge", "1", "--yes"), "no merge"), (("people", "delete", "user:nobody", "--yes"), "Nobody is called"),
        (("people", "export", "user:nobody"), "Nobody is called"), (("people", "find", "--cursor", "x"), "cursor"),
        (("visitor", "detach", "unseen", "--yes"), "never seen"), (("visitor", "detach", "z", "--yes"), "nothing to detach"),
        (("visitor", "attach", "x", "user:A", "--yes"), "Nothing to attach"), (("visitor", "logout", "null"), "no anonymous id"),
        (("visitor", "attach", "unseen", "user:A", "--preview"), "never seen"),
        (("visitor", "logout", "x", "--at", "soon"), "must be a time"),
        (("visitor", "logout", "x", "--at", "2099-01-01T00:00:00Z", "--yes"), "future"),
        (("people", "find", "--site", "Nowhere"), "no site named"),
    ],
)  # fmt: skip
def test_refused_commands(desk: Desk, arguments: tuple[str, ...], says: str) -> None:
    before = everything(desk.story.app)
    assert says in desk.refused(*arguments)
    assert everything(desk.story.app) == before


@pytest.mark.parametrize(
    "arguments", [("people", "unmerge", "x"), ("people", "merge", "user:A"), ("people", "find", "--limit", "0")]
)
def test_wrong_usage(desk: Desk, arguments: tuple[str, ...]) -> None:
    assert desk.run(*arguments).exit_code == 2


def test_site_option_among_several_sites(desk: Desk) -> None:
    """Site option: among several, a command has to say which; others' people are not found."""
    desk.says("site", "add", "Second")
    assert "Which site?" in desk.refused("people", "find")
    assert "2 found." in desk.says("people", "find", "--site", "My site")
    assert "0 found." in desk.says("people", "find", "--site", "Second")
    assert "Nobody is called" in desk.refused("people", "delete", "user:A", "--yes", "--site", "Second")
    said = desk.says("people", "merge", "user:B", "user:A", "--yes", "--site", "My site")
    assert "--site 'My site'" in said
    desk.again(said)
    assert desk.story.people() == {"A", "B"}


# -- changing ------------------------------------------------------------------------------------------------------------


def changes(desk: Desk) -> list[tuple[str, ...]]:
    desk.story.identify("v", "C")
    desk.story.identify("w", "D")
    merge_id = desk.story.merge("D", into="C")["merge_id"]
    return [
        ("people", "merge", "user:B", "user:A"), ("people", "unmerge", merge_id), ("people", "delete", "user:A"),
        ("visitor", "detach", "x"), ("visitor", "attach", "x", "user:B"), ("visitor", "logout", "x"),
    ]  # fmt: skip


def test_previews_and_answers_other_than_yes_change_nothing(desk: Desk) -> None:
    commands = changes(desk)
    before = everything(desk.story.app)
    for command in commands:
        said = desk.says(*command, "--preview")
        assert "Nothing was changed." in said
        previewed = desk.json(*command, "--preview", "--json")
        assert previewed["preview"] is True
        for answer in ("n\n", "\n", ""):
            done = desk.run(*command, text=answer)
            assert (done.exit_code, "Aborted!" in done.stderr) == (1, True), done.output
            assert "?" in done.stderr
        assert everything(desk.story.app) == before, command


def test_preview_comes_true(desk: Desk) -> None:
    """Preview as JSON: what the API says, and what then happens."""
    for command in [("people", "merge", "user:B", "user:A"), ("visitor", "detach", "x"), ("visitor", "attach", "x", "user:B")]:
        would = desk.json(*command, "--preview", "--json")
        did = desk.json(*command, "--yes", "--json")
        assert {**did, "preview": True, "merge_id": None} == {**would, "merge_id": None}


def test_merge_and_back(desk: Desk) -> None:
    said = desk.says("people", "merge", "user:B", "a@x.io", text="y\n")
    assert desk.story.people() == {"A+B"}
    for word in ("2 -> 4", "1 -> 2", "plan", "- -> pro", "the other's number"):
        assert word in said
    (entry,) = desk.story.entries("people_merged")
    assert entry["detail"]["by"] == "cli"
    assert f"passerby people unmerge {entry['merge_id']}" in said
    undone = desk.again(said)
    assert desk.story.people() == {"A", "B"}
    assert "a person again" in undone
    assert "passerby people merge SOURCE INTO" in undone


def test_detach_and_back(desk: Desk) -> None:
    said = desk.says("visitor", "detach", "x", "--yes")
    assert desk.story.mapped("x") is None
    assert "Rome -> -" in said
    desk.again(said)
    assert desk.story.mapped("x") == "A"


@pytest.mark.parametrize(("x", "owner"), [("x", "A"), ("z", None), ("-dash", None), ("a b/c", None)])
def test_attach_and_back(desk: Desk, x: str, owner: str | None) -> None:
    desk.story.page(x)
    said = desk.says("visitor", "attach", "--yes", "--", x, "user:B")
    assert desk.story.get("/api/visitors", anonymous_id=x)["person"]["label"] == "B"
    desk.again(said)
    found = desk.story.get("/api/visitors", anonymous_id=x)["mapped_to"]
    assert found == (desk.story.id_of(owner) if owner else None)


def test_log_out(desk: Desk) -> None:
    desk.says("visitor", "logout", "x", "--at", "2026-11-22T04:00:30Z", text="y\n")
    (entry,) = desk.story.entries("logged_out")
    assert (entry["anonymous_id"], entry["detail"]["by"]) == ("x", "cli")
    unsaid = desk.story.page("x", at=60)
    assert desk.story.whose(unsaid) is None


def test_delete(desk: Desk) -> None:
    """Deletion says what goes, and that for good, removes the events at once, and nothing comes back late."""
    said = desk.says("people", "delete", "user:A", text="y\n")
    for word in ("A@x.io", "anonymous ids", "cannot be taken back", "2 events"):
        assert word in said
    assert desk.story.people() == {"B"}
    assert [row.anonymous_id for row in desk.story.app.rows(_events())] == ["y", "y", "z"]
    assert desk.json("jobs", "--json")["jobs"][0]["state"] == "done"
    desk.story.send(desk.story.event("page", "x"), desk.story.event("track", "v", "A", at=1))
    assert desk.story.ends == {"deleted": 2}, "the same key of the hashes as the collector's"


def _events() -> Any:
    from collector.storage import tables

    return tables.event


def test_delete_as_json(desk: Desk) -> None:
    previewed = desk.json("people", "delete", "user:A", "--json", "--preview")
    done = desk.json("people", "delete", "user:A", "--json", "--yes")
    assert {**done, "preview": True, "job_id": None} == previewed
    assert done["job_id"] is not None


def test_the_export_is_the_apis(desk: Desk) -> None:
    number = desk.story.id_of("A")
    said = desk.says("people", "export", "user:A")
    assert said == desk.story.api("GET", f"/api/people/{number}/export").body.decode()
    assert json.loads(said.splitlines()[-1])["kind"] == "end"


@pytest.fixture(autouse=True)
def _no_colours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    yield


def test_without_a_store(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "nowhere")
    for command in (("people", "find"), ("visitor", "detach", "x"), ("jobs",), ("retention",), ("link", "user:A")):
        assert "holds no database" in shell.refused(*command)
    assert not shell.data.exists()
