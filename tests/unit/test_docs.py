"""Documentation that fails the build: every setting, command, option and endpoint occurs in the README or in docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from collector.cli.main import main
from collector.config import known_variables
from collector.domain.events import Reason
from collector.domain.setting import Setting
from collector.domain.site_settings import BY_HAND
from collector.errors import PasserbyError
from tests.support.app import App

ROOT = Path(__file__).parents[2]
TRIVIAL_OPTIONS = {"--help", "--version", "--data"}


@pytest.fixture(scope="module")
def docs() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return "\n".join(page.read_text() for page in pages if page.exists())


def missing(docs: str, wanted: list[str]) -> list[str]:
    """Words that no page has, whole: `/v1/p` is not found in `/v1/page`."""
    return [word for word in wanted if not re.search(rf"(?<![\w/-]){re.escape(word)}(?![\w/-])", docs)]


def test_settings(docs: str) -> None:
    assert missing(docs, list(known_variables())) == [], "describe these settings in docs/settings.md"


def _commands(group: click.Group, path: str = "passerby") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def test_commands(docs: str) -> None:
    assert missing(docs, [path for path, _ in _commands(main)]) == [], "describe these commands in docs/commands.md"


def test_options(docs: str) -> None:
    options = {
        option
        for _, command in _commands(main)
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert missing(docs, sorted(options - TRIVIAL_OPTIONS)) == [], (
        "describe these options in docs/commands.md or docs/settings.md"
    )


def test_site_settings() -> None:
    """Site settings: the table is what is declared, with options, defaults and values; the README leads there."""
    page = "docs/settings.md"
    assert f"]({page})" in (ROOT / "README.md").read_text()
    section = (ROOT / page).read_text().partition("\n## Of a site\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`--[^|]*) \| ([^|]*) \| (.*) \|$", section, re.MULTILINE)
    assert [row[:2] for row in rows] == [(_options(setting), _default(setting)) for setting in BY_HAND.values()]
    for setting, (_, _, meaning) in zip(BY_HAND.values(), rows, strict=True):
        assert {*setting.choices} <= {*re.findall(r"`([^`]*)`", meaning)}, f"name the values of {setting.option} in {page}"
        bounds = f"{setting.least} to {setting.most}"
        assert setting.kind != "number" or not missing(meaning, [bounds]), f"say that {setting.option} is {bounds} in {page}"
        lists = setting.kind != "list" or "replaces the whole list" in meaning
        assert lists, f"say that {setting.option} may be repeated in {page}"


def _options(setting: Setting) -> str:
    if setting.off:
        return f"`{setting.option}`, `{setting.off}`"
    return f"`{setting.option} {setting.metavar}`" if setting.metavar else f"`{setting.option}`"


def _default(setting: Setting) -> str:
    if setting.kind == "flag":
        return "yes" if setting.default else "no"
    if setting.kind == "list":
        return "none"
    return setting.unset or (f"{setting.default}" if setting.kind == "number" else f"`{setting.default}`")


def test_the_settings_of_the_readme() -> None:
    """Variables that the README names are settings, with the defaults that docs/settings.md tells."""
    row = re.compile(r"^\| (`PASSERBY_\w+`) \| ([^|]*) \|", re.MULTILINE)
    shown = dict(row.findall((ROOT / "README.md").read_text()))
    assert len(shown) == 5
    assert shown.items() <= dict(row.findall((ROOT / "docs" / "settings.md").read_text())).items()


def test_endpoints(docs: str, tmp_path: Path) -> None:
    """Endpoints: every path of the application's OpenAPI, as it is there, `{prefix}` and all."""
    with App(tmp_path / "data") as app:
        answer = app.request("GET", "/api/openapi.json")
        assert answer.status == 200
        paths = list(answer.json["paths"])
    assert len(paths) > 20
    assert missing(docs, paths) == [], "describe these endpoints in docs/wire.md or docs/api.md"


def test_operations_of_the_api_are_described(tmp_path: Path) -> None:
    with App(tmp_path / "data") as app:
        document = app.request("GET", "/api/openapi.json").json
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path} has no summary"


def test_reasons(docs: str) -> None:
    assert missing(docs, [str(reason) for reason in Reason]) == [], "explain these reasons of the quarantine"


def _errors(kind: type[PasserbyError] = PasserbyError) -> Iterator[type[PasserbyError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == "collector.errors":
            yield from _errors(below)


def test_error_codes(docs: str) -> None:
    codes = {error.code for error in _errors()} - {"bad_configuration"}
    assert missing(docs, sorted(codes)) == [], "list these codes of error answers"


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)", re.sub(r"`[^`\n]*`", "", page.read_text())):
            if not re.match(r"[a-z]+:|/", target):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_links_lead_to_headings() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    anchors = {page.resolve(): {_anchor(line) for line in _headings(page)} for page in pages}
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", re.sub(r"`[^`\n]*`", "", page.read_text())):
            file, _, anchor = target.partition("#")
            there = anchors.get((page.parent / file).resolve() if file else page.resolve())
            assert there is None or anchor in there, f"{page.name} links to {target}"


def _headings(page: Path) -> list[str]:
    code = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.*)", code.sub("", page.read_text()), re.MULTILINE)


def _anchor(heading: str) -> str:
    """Anchor of a heading, as a forge makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def test_tests_named_on_a_page_exist(docs: str) -> None:
    """Tests that a page names exist."""
    named = sorted(set(re.findall(r"`(tests/[\w/.-]+\.py)`", docs)))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_path_that_the_map_names_exists() -> None:
    """Paths in the map of docs/development.md: files by their path from the root, folders with a slash at their end."""
    text = (ROOT / "docs" / "development.md").read_text()
    named = re.findall(r"`((?:collector|snippet|templates|examples|tests|benchmarks|docs)/[\w/.-]*)`", text)
    assert len(set(named)) > 50
    assert [path for path in sorted(set(named)) if "NAME" not in path and not (ROOT / path).exists()] == []
