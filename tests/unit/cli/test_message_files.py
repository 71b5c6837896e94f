"""Documents as files: JSON and TOML mean the same, and those of docs/messages.md fit."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from collector.cli.message_files import parse_named, read_folder, read_message, shown, write_message
from collector.domain.message_words import sentence
from collector.domain.messages import DoesNotFit, Message, problems_of
from collector.errors import ConfigError
from tests.unit.domain.message_samples import MESSAGES

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text()
DOCUMENTS = [textwrap.dedent(found) for found in re.findall(r"(?m)^    \{\n(?:      .*\n)+    \}\n", PAGE)]


def test_the_documents_of_the_page_fit() -> None:
    (first, whole) = [parse_named(found.encode(), "x.json") for found in DOCUMENTS]
    assert (first.key, whole.key) == ("blog-hello", "pricing-hello")
    assert f"{first.key}: {sentence(first)}\n" in PAGE
    (toml,) = re.findall(r"(?m)^    name = .*\n(?:    .*\n)+", PAGE)
    found = parse_named(textwrap.dedent(toml).encode(), "blog-hello.toml", "blog-hello")
    assert (found.key, found.status, found.content.texts["en"].title) == ("blog-hello", "live", "New here?")


@pytest.mark.parametrize(
    "content",
    [
        b"name = ",
        b"\xff",
        b"a = 1\na = 2",
        b"[where]\n" * 2,
        b"at = 2026-01-01",
        b"run = " + b"1" * 5_000,
        b"run = 1" + b"0" * 30,
    ],
)
def test_broken_toml_is_refused(content: bytes) -> None:
    with pytest.raises(DoesNotFit):
        parse_named(content, "x.toml")


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_message(tmp_path / "nowhere.json")
    with pytest.raises(ConfigError, match="is no folder"):
        read_folder(tmp_path / "nowhere")
    assert read_folder(tmp_path) == {}


@given(MESSAGES)
def test_written_document_is_read_back(tmp_path_factory: pytest.TempPathFactory, message: Message) -> None:
    if problems_of(message):
        return
    path = tmp_path_factory.mktemp("m") / f"{message.key}.json"
    write_message(path, message)
    assert read_message(path, message.key) == message
    assert read_folder(path.parent) == {message.key: message}


def test_values_on_one_line() -> None:
    assert [shown(value) for value in (msgspec.UNSET, None, "a\nb", ["x"])] == ["nothing", "null", '"a\\nb"', '["x"]']
