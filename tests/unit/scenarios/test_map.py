"""Lists of this package are whole: every rule and every named scenario has its tests, and every test named exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import tests.unit.scenarios as package

from . import BROWSER, SCENARIOS, UNTESTED

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def stories() -> dict[str, str]:
    """Stories of this package with their docstrings; those of the lists are none."""
    found: dict[str, str] = {}
    for path in sorted({*HERE.glob("test_*.py")} - {HERE / "test_map.py", HERE / "test_page.py"}):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name not in found, f"{node.name} is there twice"
                found[node.name] = ast.get_docstring(node) or ""
    return found


def rules() -> dict[str, list[str]]:
    """Rule -> the tests that the package's docstring names for it."""
    found: dict[str, list[str]] = {}
    rule = ""
    for line in (package.__doc__ or "").splitlines():
        heading = re.match(r"(R\d+) ", line)
        if heading:
            rule = heading[1]
            found[rule] = []
        elif rule and line.startswith("    "):
            found[rule] += line.split()
    return found


def test_every_rule_has_its_stories() -> None:
    assert list(rules()) == [f"R{number}" for number in range(1, 35)]
    assert all(rules().values())


def test_every_story_named_for_a_rule_exists_and_says_so() -> None:
    said = stories()
    for rule, names in rules().items():
        for name in names:
            assert name in said, f"{rule} names {name}, which does not exist"


def test_every_scenario_is_a_story() -> None:
    slugs = re.findall(r"(\d+) ([a-z0-9-]+)", SCENARIOS)
    assert len(slugs) == 76
    said = stories()
    for number, slug in slugs:
        name = "test_" + slug.replace("-", "_")
        if name in said:
            assert re.match(rf"{number}\b", said[name]), f"{name} tells of scenario {number}"
        else:
            assert slug in BROWSER or slug in UNTESTED, f"{number} {slug}: no {name}"


def test_every_test_of_the_browser_exists() -> None:
    for slug, place in BROWSER.items():
        file, _, name = place.partition("::")
        text = (ROOT / file).read_text()
        assert (f"def {name}(" if file.endswith(".py") else name) in text, f"{slug}: {place}"


def test_every_story_says_what_it_is_of() -> None:
    """A docstring begins with a scenario, a rule, or a heading of docs/identity.md, and is told as given, when, then."""
    page = (ROOT / "docs" / "identity.md").read_text()
    for name, told in stories().items():
        source, _, story = told.partition(". ")
        assert story.startswith("Given ") and "; then " in story, name
        for one in source.split(", "):
            known = re.fullmatch(r"\d+(-\d+)?|R\d+|K\d+|BV \d+|\d", one) or one.strip() in SOURCES or one in page
            assert known, f"{name}: {one!r} is neither a scenario, nor a rule, nor words of docs/identity.md"


SOURCES = (
    {"Table of calls", "Strengths", "Who wins", "the server's half"}
    | {f"Who wins {number}" for number in range(1, 8)}
    | {f"Fields {number}" for number in range(1, 5)}
)
