"""`passerby message push`, `pull` and `diff`: a folder of documents, for teams that review changes in git.

A document says what is in force: `status: live` is published, a draft is kept beside what is published. Push is all or nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import clock
from ..domain.log import By
from ..domain.message_states import Archive, Operation, Save
from ..domain.messages import DoesNotFit
from ..errors import ConfigError
from .message_files import make_folder, message_files, read_folder, read_message, refuse_others, write_message
from .messages import say_conflicts, say_differences, say_standing
from .shared import Work, data_option, say, site_option

if TYPE_CHECKING:
    from ..storage.message_rows import MessageRow
    from ..storage.messages import Outcome

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_PRUNE = click.option("--prune", is_flag=True, help="Archive messages that have no file; without it they are only listed.")


@click.command("push")
@_FOLDER
@_PRUNE
@site_option
@data_option
def message_push(folder: Path, prune: bool, site_name: str | None, data: Path | None) -> None:
    """Save every document of DIR (KEY.json or KEY.toml), and publish those that are live: all of them, or none."""
    _push(folder, Work(data, site_name), prune, say_standing, preview=False)


@click.command("diff")
@_FOLDER
@_PRUNE
@site_option
@data_option
def message_diff(folder: Path, prune: bool, site_name: str | None, data: Path | None) -> None:
    """Print what a push of DIR would change, and change nothing. Exit code 1 when there is a difference, else 0."""
    changed = _push(folder, Work(data, site_name), prune, _say_change, preview=True)
    sys.exit(1 if changed else 0)


def _push(folder: Path, work: Work, prune: bool, tell: Callable[[Outcome], None], *, preview: bool) -> bool:
    """Push, or see what that would do; say whether there is anything to change."""
    from ..storage.messages import carry_out_all

    operations: dict[str, Operation] = {key: Save(message) for key, message in read_folder(folder).items()}
    without = [row for row in _rows(work) if row.key not in operations and row.standing.status != "archived"]
    if prune:
        if without and not operations:
            raise ConfigError(f"{folder} holds no document, and --prune would archive every message: nothing was changed.")
        operations |= {row.key: Archive() for row in without}
    outcomes = carry_out_all(work.store, work.site.site_id, operations, By.CLI, clock.now(), preview=preview)
    changed = [outcome for outcome in outcomes if outcome.is_change]
    for outcome in changed:
        tell(outcome)
        say_differences(outcome)
    say_conflicts(changed)
    for row in [] if prune else without:
        say(f"{row.key}: {row.standing.status}, and has no file; --prune archives it.")
    say(f"{len(changed)} of {len(operations)} messages {'would change' if preview else 'changed'}.")
    return bool(changed)


def _say_change(outcome: Outcome) -> None:
    before, after = outcome.before, outcome.after
    assert after is not None
    if before is None:
        click.echo(f"{outcome.key}: new, {after.status}")
        return
    published = f", revision {after.live} goes live" if after.live not in (None, before.live) else ""
    steps = [
        f"{name} {old} -> {new}"
        for name, old, new in (
            ("revision", before.revision, after.revision),
            ("status", before.status, after.status),
            ("run", before.run, after.run),
        )
        if old != new
    ]
    click.echo(f"{outcome.key}: {', '.join(steps)}{published}")


def _rows(work: Work) -> list[MessageRow]:
    from ..storage.message_rows import list_messages

    with work.store.read() as connection:
        return list_messages(connection, work.site.site_id)


@click.command("pull")
@_FOLDER
@site_option
@data_option
def message_pull(folder: Path, site_name: str | None, data: Path | None) -> None:
    """Write every message of the site to DIR, as KEY.json: what is published of it, or its draft as long as nothing is."""
    rows = {row.key: row for row in _rows(Work(data, site_name))}
    make_folder(folder)
    files = {path.stem: path for path in message_files(folder)}
    stale = [key for key, path in files.items() if key in rows and not _is_same(path, rows[key])]
    by_hand = [files[key].name for key in stale if files[key].suffix == ".toml"]
    if by_hand:
        raise ConfigError(f"{', '.join(by_hand)} would have to change, and TOML is not written: remove it, and pull again.")
    written = {folder / f"{key}.json": row.in_force for key, row in rows.items() if key in stale or key not in files}
    refuse_others(written)
    for path, found in written.items():
        write_message(path, found)
    for key, row in rows.items():
        if row.standing.published not in (None, row.standing.revision):
            say(f"{key}: revision {row.standing.revision} is a draft, and not in the folder.")
    for key in sorted(set(files) - set(rows)):
        say(f"{files[key].name}: there is no such message; push makes it.")
    say(f"{len(written)} of {len(rows)} files written.")


def _is_same(path: Path, row: MessageRow) -> bool:
    """Say whether the file means what is in force already: then it stays as its author wrote it."""
    try:
        return read_message(path, path.stem) == row.in_force
    except DoesNotFit:
        return False
