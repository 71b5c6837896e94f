"""Parts that the commands share: opening the store, naming people, showing what an operation does, asking, and waiting."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from .. import clock
from ..config import Settings, load_settings
from ..domain.asked import number
from ..errors import ConfigError, NotFound
from ..logs import described

if TYPE_CHECKING:
    from ..domain.corrections import Correction
    from ..storage.engine import Store
    from ..storage.operations.corrections import Outcome
    from ..storage.operations.jobs import JobRow
    from ..storage.reports import PersonRow, Portrait
    from ..web.script.install import Addresses

Command = TypeVar("Command", bound=Callable[..., None])

out = Console()
_LOOK_SECONDS = 0.2

data_option = click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR", help="The data directory (default ./data, or PASSERBY_DATA)."
)
site_option = click.option("--site", "site_name", help="The site; may be left out when there is only one.")
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
_PREVIEW = click.option("--preview", is_flag=True, help="Say what would happen, and change nothing.")
_YES = click.option("--yes", is_flag=True, help="Do it without asking.")


def changing(command: Command) -> Command:
    """Add the options of a command that changes something."""
    return data_option(site_option(_PREVIEW(_YES(json_option(command)))))


def opened(data: Path | None, *, create: bool = False, patient: bool = False) -> tuple[Settings, Store, bytes]:
    """Open the store of a data directory until the command ends; a `patient` one has no limits of time.

    Raises ConfigError when there is none, unless it may `create`."""
    from ..storage.engine import DATABASE
    from ..storage.secrets import load_or_create
    from ..storage.setup import open_store

    settings = load_settings(data=data)
    if not create and settings.database_url is None and not (settings.data / DATABASE).exists():
        raise ConfigError(f"{settings.data} holds no database. Name another with --data, or start with `passerby serve`.")
    store = open_store(settings.data, settings.database_url, patient=patient)
    click.get_current_context().call_on_close(store.close)
    master = settings.secret.encode() if settings.secret else load_or_create(settings.data)
    return settings, store, master


def addresses_of(settings: Settings, store: Store) -> Addresses:
    """Return where browsers reach the collector: the setting, else where it listened last."""
    from ..storage.setup import get_meta
    from ..web.script.install import Addresses

    return Addresses(settings.public_url, get_meta(store, "listen_url") or settings.listen_url)


class Work:
    """One command's work on one site."""

    def __init__(self, data: Path | None, site_name: str | None) -> None:
        """Raises ConfigError for an unknown data directory or site, and without a name when there are several."""
        from ..storage.secrets import derive
        from ..storage.sites import find_site

        _, store, self.master = opened(data)
        self.store = store
        self.tombstone_key = derive(self.master, "tombstones").encode()
        self.site = find_site(store, site_name)
        self._where = [*(("--site", site_name) if site_name else ()), *(("--data", str(data)) if data else ())]

    def person(self, name: str) -> PersonRow:
        """Return a person by number, `user:ID` or e-mail address. Raises NotFound, and ConfigError for no such form."""
        from ..storage import reports

        kind, value = kind_of(name)
        with self.store.read() as connection:
            if kind == "number":
                found = reports.get_person(connection, self.site.site_id, int(value))
            else:
                named = {"user_id" if kind == "user" else "email": value}
                found = next(iter(reports.find_people(connection, self.site.site_id, **named).rows), None)  # type: ignore[arg-type]
        if found is None:
            raise NotFound(f"Nobody is called {name!r} here; `passerby people find` lists everyone.")
        return found

    def command(self, group: str, name: str, *arguments: object) -> str:
        """Return a command to type, on the same store and site."""
        given = [str(argument) for argument in arguments]
        dashes = ["--"] if any(argument.startswith("-") for argument in given) else []
        return shlex.join(["passerby", group, name, *self._where, *dashes, *given])


def kind_of(name: str) -> tuple[str, str]:
    """Return how somebody is named: (number, user or email; the value). Raises ConfigError for another form."""
    if name.startswith("user:"):
        return "user", name.removeprefix("user:")
    if "@" in name:
        return "email", name
    if number(name) is not None:
        return "number", name
    raise ConfigError(f"{name!r} names nobody: write a person's number, user:ID, or an e-mail address.")


# -- printing ------------------------------------------------------------------------------------------------------------


def print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def plain(value: object) -> Text:
    """Return text to print: strangers wrote it, and a terminal would obey what is in it."""
    text = value if isinstance(value, str) else "-" if value is None else msgspec.json.encode(value).decode()
    return Text("".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text))


def grid(*headings: str) -> Table:
    return Table(*headings, box=None, pad_edge=False, show_header=bool(headings), header_style="bold")


def say(sentence: str) -> None:
    out.print(plain(sentence), soft_wrap=True)


def show_outcome(outcome: Outcome) -> None:
    """Print how each person looks before and after, and the fields that change."""
    from ..schemas.corrections import moves_of

    if not outcome.people:
        return
    table = grid("Person", "Number", "Events", "Anonymous")
    for moved in outcome.people:
        shown = moved.after or moved.before
        table.add_row(plain(shown.person.label if shown else ""), str(moved.person_id), *_counts(moved.before, moved.after))
        for name, (old, new) in moves_of(moved).fields.items():
            table.add_row(plain(f"  {name}"), "", plain(old) + plain(" -> ") + plain(new), "")
    out.print(table)


def _counts(before: Portrait | None, after: Portrait | None) -> tuple[str, str]:
    if after is None:
        return "is the other's number now", ""
    if before is None:
        return f"a person again: {after.events:,}", f"{after.anonymous_events:,}"
    return _step(before.events, after.events), _step(before.anonymous_events, after.anonymous_events)


def _step(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} -> {after:,}"


# -- asking and waiting --------------------------------------------------------------------------------------------------


def change(
    work: Work,
    correction: Correction,
    question: str,
    done: Callable[[Outcome], str],
    *,
    preview: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Show what a correction would do, ask, carry it out, and say what is `done` and what to do next."""
    from ..domain.log import By
    from ..schemas.corrections import outcome_answer
    from ..storage.operations import corrections

    if preview or not yes:
        would = corrections.carry_out(work.store, work.site, correction, By.CLI, clock.now(), preview=True)
        if as_json and preview:
            print_json(outcome_answer(would))
        elif not as_json:
            show_outcome(would)
        if preview:
            say_nothing_changed(as_json)
            return
        confirm(question)
    outcome = corrections.carry_out(work.store, work.site, correction, By.CLI, clock.now())
    if as_json:
        print_json(outcome_answer(outcome))
        return
    if yes:
        show_outcome(outcome)
    say(done(outcome))


def say_nothing_changed(as_json: bool) -> None:
    if not as_json:
        say("Nothing was changed. Leave --preview out to do it.")


def confirm(question: str) -> None:
    """Ask on standard error. Ends the command, with exit code 1, unless the answer is yes."""
    click.confirm(question, abort=True, err=True)


def carry_out(work: Work, job_id: int, what: str) -> JobRow:
    """Carry a job out with a progress bar on standard error, or watch whoever has taken it up; return its last state."""
    from ..storage.operations import jobs

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        for row in _states(work, job_id):
            progress.update(task, completed=row.done, total=row.total)
    with work.store.read() as connection:
        return jobs.get_job(connection, work.site.site_id, job_id)


def _states(work: Work, job_id: int) -> Iterator[JobRow]:
    """A collector that runs beside this command may be faster: then its progress is shown."""
    from ..storage.operations import jobs, kinds
    from ..storage.operations.housekeeping import PAUSE_SECONDS

    site_id = work.site.site_id
    while True:
        try:
            for row in kinds.run(work.store, site_id, job_id, clock.now, work.tombstone_key):
                yield row
                time.sleep(PAUSE_SECONDS)
        except KeyboardInterrupt:
            jobs.put_back(work.store, site_id, job_id, clock.now())
            raise
        except Exception as error:
            jobs.fail(work.store, site_id, job_id, described(error), clock.now())
            raise click.ClickException(f"{error}: {work.command('jobs', '--run')} goes on where it failed.") from error
        with work.store.read() as connection:
            row = jobs.get_job(connection, site_id, job_id)
        yield row
        if row.state in ("done", "failed"):
            return
        time.sleep(_LOOK_SECONDS)
