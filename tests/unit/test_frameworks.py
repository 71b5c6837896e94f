"""Code in docs/frameworks.md is that of the examples, which the browser tests build and use."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "frameworks.md").read_text()
BLOCK = re.compile(r"`(examples/[^`]+)`:\n\n((?:(?:    .*)?\n)+)")
"""File named before a colon, and the indented lines below it."""
OPTION = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
EXCERPTS = [(name, textwrap.dedent(block).strip("\n")) for name, block in BLOCK.findall(PAGE)]


def without_indent(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize(("name", "excerpt"), EXCERPTS, ids=[f"{name} {n}" for n, (name, _) in enumerate(EXCERPTS)])
def test_code_is_that_of_the_example(name: str, excerpt: str) -> None:
    assert without_indent(excerpt) in without_indent((ROOT / name).read_text())


def test_every_block_with_code_names_its_file() -> None:
    """Commands and one line for TypeScript are exempt."""
    assert {name.split("/")[1] for name, _ in EXCERPTS} == {"react", "vue", "next", "plain"}
    named = sum(len([line for line in block.splitlines() if line]) for _, block in BLOCK.findall(PAGE))
    indented = len(re.findall(r"^    .*\S", PAGE, re.MULTILINE))
    assert indented - named == 3


def test_every_option_is_described() -> None:
    declared = (ROOT / "snippet" / "src" / "package" / "options.ts").read_text().partition("interface InitOptions")[2]
    assert OPTION.findall(PAGE) == re.findall(r"^  (\w+)\??:", declared, re.MULTILINE)


def test_types_agree_with_the_page_of_the_calls() -> None:
    """Events of `on`, and the codes of refusals."""
    types = (ROOT / "snippet" / "src" / "package" / "api.ts").read_text()
    page = (ROOT / "docs" / "browser-api.md").read_text()
    events = types.partition("interface PasserbyEvents {")[2].partition("\n}")[0]
    told = re.sub(r"\(.*?\)", "", page.partition("Names for `on`: ")[2].partition("\n\n")[0], flags=re.DOTALL)
    assert set(re.findall(r"^  (\w+):", events, re.MULTILINE)) == set(re.findall(r"`(\w+)`", told))
    codes = types.partition("type RefusalCode =")[2].partition("\n\n")[0]
    listed = page.partition("Codes of refusals: ")[2].partition("\n\n")[0]
    written = {code for code in re.findall(r"`(\w+)`", listed) if not code.startswith("http_")}
    assert set(re.findall(r"'(\w+)'", codes)) == written
