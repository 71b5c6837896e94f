"""`passerby link`, `passerby retention` and `passerby jobs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from .. import clock
from ..errors import ConfigError
from .shared import Work, carry_out, data_option, grid, json_option, kind_of, out, plain, print_json, say, site_option

if TYPE_CHECKING:
    from ..schemas.corrections import JobAnswer
    from ..storage.operations.jobs import JobRow


@click.command()
@click.argument("person")
@click.option("--url", help="The address to add it to.")
@data_option
@site_option
@json_option
def link(person: str, url: str | None, data: Path | None, site_name: str | None, as_json: bool) -> None:
    """Sign a link for an e-mail to PERSON: user:ID, an address, or a number.

    Who opens it is taken for PERSON, until somebody signs in there.
    """
    from ..ingest.links import LinkSigner
    from ..schemas.links import signed
    from ..storage.secrets import derive

    work = Work(data, site_name)
    kind, value = kind_of(person)
    if kind == "number":
        kind, value = _name_of(work, person)
    answer = signed(LinkSigner(derive(work.master, "links")), work.site, kind, value, url, clock.now())
    if as_json:
        print_json(answer)
        return
    click.echo(answer.url or f"{answer.parameter}={answer.token}")
    click.echo(f"Good until {answer.expires_at}.", err=True)


def _name_of(work: Work, number: str) -> tuple[str, str]:
    found = work.person(number)
    if found.emails:
        return "email", found.emails[0]
    if found.user_ids:
        return "user", found.user_ids[0]
    raise ConfigError(f"Person {number} has neither a user id nor an address to sign for.")


@click.command()
@data_option
@site_option
@json_option
def retention(data: Path | None, site_name: str | None, as_json: bool) -> None:
    """Remove unclaimed visitors that are older than --retention-days now; `serve` does it every hour."""
    from ..schemas.corrections import job_answer
    from ..storage.operations.retention import start

    work = Work(data, site_name)
    job_id = start(work.store, work.site, clock.now())
    row = None if job_id is None else carry_out(work, job_id, "Looking at unclaimed visitors")
    if as_json:
        print_json(None if row is None else job_answer(row))
    elif row is None:
        say(f"{work.site.name} keeps everything. `passerby site set {work.site.name} --retention-days 90` sets an end.")
    else:
        say(f"{row.done:,} unclaimed streams looked at; those without an event for {work.site.retention_days} days are gone.")


@click.command()
@click.option("--run", is_flag=True, help="Carry out what waits, what was interrupted and what failed.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="At most so many.")
@data_option
@site_option
@json_option
def jobs(run: bool, limit: int, data: Path | None, site_name: str | None, as_json: bool) -> None:
    """List deletions, retentions and other long work, newest first, with how far each is."""
    from ..schemas.corrections import JobsAnswer, job_answer

    work = Work(data, site_name)
    if run:
        for row in reversed(_rows(work, 500)):
            if row.state != "done":
                carry_out(work, row.job_id, row.kind)
    answer = JobsAnswer([job_answer(row) for row in _rows(work, limit)])
    if as_json:
        print_json(answer)
        return
    table = grid("Job", "Kind", "State", "Done", "Of", "Begun", "")
    for one in answer.jobs:
        table.add_row(*_cells(one))
    out.print(table)
    if any(one.state != "done" for one in answer.jobs):
        say("`passerby serve` carries out what waits; so does `passerby jobs --run`, also what failed.")


def _rows(work: Work, limit: int) -> list[JobRow]:
    from ..storage.operations.jobs import find_jobs

    with work.store.read() as connection:
        return find_jobs(connection, work.site.site_id, limit)


def _cells(one: JobAnswer) -> tuple[str | Text, ...]:
    total = "" if one.total is None else f"{one.total:,}"
    return one.job_id, one.kind, one.state, f"{one.done:,}", total, one.created_at, plain(one.error or "")
