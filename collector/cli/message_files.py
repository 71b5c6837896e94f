"""Messages as files: KEY.json or KEY.toml, read and written; each problem is told with its file and its place."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click
import msgspec

from ..domain.messages import DoesNotFit, Message, parse_message
from ..domain.misfits import Misfit
from ..errors import ConfigError
from .shared import plain

SUFFIXES = (".json", ".toml")


def read_message(path: Path, key: str | None = None) -> Message:
    """Return the message of a file; `key` as in `parse_message`.

    Raises DoesNotFit, and ConfigError for a file that cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_named(content, path.name, key)


def parse_named(content: bytes, name: str, key: str | None = None) -> Message:
    """Return the message that a file of that name holds, which is TOML when the name says so."""
    return parse_message(_from_toml(content) if name.endswith(".toml") else content, key)


def _from_toml(content: bytes) -> bytes:
    try:
        return msgspec.json.encode(tomllib.loads(content.decode()))
    except (ValueError, RecursionError) as error:  # also for an integer of more digits than Python reads
        raise DoesNotFit([Misfit("$", f"the document is not TOML ({error})")]) from error


def message_files(folder: Path) -> list[Path]:
    """Return the files of a folder that hold messages, in the order of their names. Raises ConfigError for no folder."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder.")
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())


def read_folder(folder: Path) -> dict[str, Message]:
    """Return the messages of a folder by their keys, which are the names of their files.

    Raises ConfigError when a single file does not fit, after each problem was printed with its file and place.
    """
    messages: dict[str, Message] = {}
    problems: list[str] = []
    files = message_files(folder)
    for path in files:
        if path.stem in messages:
            problems.append(f"{path.name}: there is another file for the message {path.stem!r}")
        try:
            messages[path.stem] = read_message(path, path.stem)
        except DoesNotFit as error:
            problems += [f"{path.name}: {misfit}" for misfit in error.found]
    if problems:
        for problem in problems:
            click.echo(plain(problem).plain, err=True)
        names = {problem.partition(":")[0] for problem in problems}
        raise ConfigError(f"{len(names)} of {len(files)} files do not fit; nothing was changed.")
    return messages


def write_message(path: Path, message: Message) -> None:
    """Write a message as JSON for people, without what stands at its default."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(message), indent=2) + b"\n")


def line(*parts: object) -> None:
    """Print a line for programs: its parts with tabs between, and nothing in them that a terminal would obey."""
    click.echo("\t".join(plain(part).plain for part in parts))


def shown(value: Any) -> str:
    """Return a value as a difference shows it, on one line."""
    return "nothing" if value is msgspec.UNSET else msgspec.json.encode(value).decode()
