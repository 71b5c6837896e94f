"""Shared parts of commands, where no command alone shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.cli.shared import Work, kind_of, plain
from collector.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("12", "number", "12"), ("user:12", "user", "12"), ("user:a@x.io", "user", "a@x.io"), ("a@x.io", "email", "a@x.io"),
        ("user:user:x", "user", "user:x"), (str(2**63 - 1), "number", str(2**63 - 1)),
    ],
)  # fmt: skip
def test_name_of_a_person(name: str, kind: str, value: str) -> None:
    assert kind_of(name) == (kind, value)


@pytest.mark.parametrize("name", ["", "Ada", "-1", "1.5", "٣", str(2**63), "9" * 5_000, " 1", "User:x"])
def test_name_of_a_person_that_is_none(name: str) -> None:
    with pytest.raises(ConfigError, match="number, user:ID, or an e-mail"):
        kind_of(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Ada", "Ada"), (None, "-"), (0, "0"), (True, "true"), ({"a": [1]}, '{"a":[1]}'), ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb", "a\\x0ab"), ("\u202eabc", "\\x202eabc"), ("[bold]x[/]", "[bold]x[/]"), ("ünï €", "ünï €"),
    ],
)  # fmt: skip
def test_text_of_strangers(value: object, shown: str) -> None:
    assert plain(value).plain == shown


def test_commands_to_type() -> None:
    work = Work.__new__(Work)
    work._where = ["--site", "My site", "--data", str(Path("d"))]
    assert work.command("people", "unmerge", 7) == "passerby people unmerge --site 'My site' --data d 7"
    assert work.command("visitor", "detach", "-x") == "passerby visitor detach --site 'My site' --data d -- -x"
