"""Messages as files: KEY.json or KEY.toml, read and written; each problem is told with its file and its place."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable
from contextlib import suppress
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
    """Return the files of a folder that hold messages, in the order of their names.

    Raises ConfigError for no folder, and for one that cannot be read.
    """
    try:
        if not folder.is_dir():
            raise ConfigError(f"{folder} is no folder.")
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except OSError as error:
        raise ConfigError(f"{folder} cannot be read: {error.strerror}.") from error


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


def make_folder(folder: Path) -> None:
    """Make a folder unless it is there. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}.") from error


def refuse_others(paths: Iterable[Path]) -> None:
    """Raise ConfigError for the first path at which something stands that is no file and no link, such as a folder."""
    for path in paths:
        if not path.is_symlink() and path.exists() and not path.is_file():
            raise ConfigError(f"{path} is no file; nothing was written.")


def write_message(path: Path, message: Message) -> None:
    """Write a message as JSON for people, without what stands at its default.

    The file is whole or as it was; a link there is replaced, and what it leads to stays. Raises ConfigError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(message), indent=2) + b"\n")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


def line(*parts: object) -> None:
    """Print a line for programs: its parts with tabs between, and nothing in them that a terminal would obey."""
    click.echo("\t".join(plain(part).plain for part in parts))


def shown(value: Any) -> str:
    """Return a value as a difference shows it, on one line."""
    return "nothing" if value is msgspec.UNSET else msgspec.json.encode(value).decode()
