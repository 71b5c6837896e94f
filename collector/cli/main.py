"""The command line. Each command reads its arguments, calls one function, and says what to do next."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..config import is_set, known_variables, load_settings, unknown_variables
from ..errors import ConfigError, PasserbyError
from .exporting import write_changes, write_history
from .jobs import jobs, link, retention
from .message_folder import message_diff, message_pull, message_push
from .messages import message
from .people import people, visitor
from .people_jobs import join_leads, trim_people
from .shared import data_option, opened, out
from .sites import site
from .snippet import snippet

if TYPE_CHECKING:
    from ..app import Installation


class Tidy(click.Group):
    """Shows our own errors as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PasserbyError as error:
            raise click.ClickException(error.message) from error


@click.group(cls=Tidy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="passerby")
def main() -> None:
    """Passerby: first-party tracking that you host yourself."""


for command in (message_push, message_pull, message_diff):
    message.add_command(command)
people.add_command(join_leads)
people.add_command(trim_people)
for command in (site, snippet, message, people, visitor, link, retention, jobs):
    main.add_command(command)


def _listen_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--port", type=int, help="The collector's port (default 8000, or PASSERBY_PORT).")(command)
    return click.option("--host", help="The address to listen on (default 127.0.0.1, or PASSERBY_HOST).")(command)


@main.command()
@data_option
@_listen_options
def serve(data: Path | None, host: str | None, port: int | None) -> None:
    """Start the collector and the console.

    The first start makes the data directory, the schema, a site and the secrets.
    """
    from ..logs import configure_logs
    from ..server import serve as run

    settings = load_settings(data=data, host=host, port=port)
    for name in unknown_variables():
        click.echo(f"{name} is not a setting and does nothing. Settings: {', '.join(known_variables())}.", err=True)
    configure_logs(settings.log_level, settings.log_format)
    sys.exit(run(settings, _greet))


def _greet(installation: Installation) -> None:
    from ..storage.setup import set_meta

    settings = installation.settings
    set_meta(installation.store, "listen_url", settings.listen_url)
    out.print(f"Collector  {settings.listen_url}", soft_wrap=True)
    out.print(f"Console    {settings.console_url}", soft_wrap=True)
    if installation.first_password:
        out.print(f"Sign in as [bold]admin[/] with [bold]{installation.first_password}[/] (shown this once)", soft_wrap=True)
    if installation.first_site:
        out.print("Next: paste the snippet into your pages; `passerby site show` prints it.")
    for problem in installation.unsafe:
        out.print(f"[bold red]Unsafe store:[/] {problem}", soft_wrap=True)


@main.command()
@data_option
@_listen_options
@click.option("--shop-port", type=int, default=8080, show_default=True, help="The demo shop's port.")
def demo(data: Path | None, host: str | None, port: int | None, shop_port: int) -> None:
    """Start the collector, the console and a demo shop to click through.

    Without --data it keeps nothing: its data directory is a temporary one.
    """
    from ..demo import run_demo
    from ..logs import configure_logs

    settings = load_settings(data=data, host=host, port=port)
    configure_logs("warning", "console")
    sys.exit(run_demo(settings, shop_port, is_fresh=data is None and not is_set("data")))


@main.command()
@click.argument("what", type=click.Choice(["events", "people", "changes"]))
@click.option("--format", "form", type=click.Choice(["ndjson"]), default="ndjson", show_default=True)
@click.option("--site", "site_name", help="Only this site; changes are of one site.")
@click.option("--after", type=click.IntRange(0), default=0, help="Of changes: only commits after this `seq`.")
@click.option("--follow", is_flag=True, help="Of changes: go on with what is committed from then on, until interrupted.")
@data_option
def export(what: str, form: str, site_name: str | None, after: int, follow: bool, data: Path | None) -> None:
    """Write the whole history, with resolved people, to standard output; without --site, of every site. `changes` are events
    and identity changes in the order of their commits, each with its `seq`."""
    from ..storage.sites import find_site, load_sites

    assert form == "ndjson"
    if what != "changes" and (after or follow):
        raise click.UsageError("--after and --follow are for `export changes`.")
    _, store, _ = opened(data, patient=True)
    if what == "changes":
        write_changes(store, find_site(store, site_name), after, follow=follow)
    else:
        write_history(store, [find_site(store, site_name)] if site_name else load_sites(store), what)


@main.command()
@data_option
def doctor(data: Path | None) -> None:
    """Check the store; print what is wrong and how to mend it. Exit code 1 when something is."""
    from ..storage.doctor import examine
    from ..storage.engine import DATABASE, Store, sqlite_url

    settings = load_settings(data=data)
    if settings.database_url is None and not (settings.data / DATABASE).exists():
        raise ConfigError(f"{settings.data} holds no database. Name another with --data, or start with `passerby serve`.")
    store = Store(settings.database_url or sqlite_url(settings.data.absolute()), patient=True)
    findings = examine(store, settings.data, has_secret_file=settings.secret is None)
    for finding in findings:
        mark = "[green]ok[/]" if finding.mend is None else "[bold red]wrong[/]"
        out.print(f"{mark}  {finding.what}", soft_wrap=True)
        if finding.mend:
            out.print(f"       {finding.mend}", soft_wrap=True)
    sys.exit(1 if any(finding.mend for finding in findings) else 0)


@main.command()
@data_option
def password(data: Path | None) -> None:
    """Give the console's admin a new password and print it."""
    import secrets

    from ..app import ADMIN
    from ..storage import users

    _, store, _ = opened(data)
    new = secrets.token_urlsafe(12)
    with store.write() as connection:
        users.set_password(connection, ADMIN, new)
    click.echo(f"Sign in as {ADMIN} with {new}")


@main.group()
def bench() -> None:
    """The benchmarks of docs/performance.md, as ratios in one run."""


@bench.command("ingest")
@click.option("--seconds", type=float, default=5.0, show_default=True, help="How long each part runs.")
@click.option("--rounds", type=int, default=3, show_default=True, help="How often; the median counts.")
@click.option("--connections", type=int, default=128, show_default=True, help="Requests under way at once.")
def bench_ingest(seconds: float, rounds: int, connections: int) -> None:
    """Durable ingest against an empty handler on the same server: one event a request, and twenty."""
    from ..bench.ingest import run_ingest

    run_ingest(seconds, rounds, connections, out)


@bench.command("identity")
@click.option("--events", type=click.IntRange(min=20_000), default=10_000_000, show_default=True, help="Events in the store.")
@click.option("--rounds", type=click.IntRange(min=1), default=20, show_default=True, help="How often each stream is claimed.")
def bench_identity(events: int, rounds: int) -> None:
    """Claims, timelines and merges in a large store, and the event rows that they write: none.

    On SQLite in a temporary directory; with PASSERBY_DATABASE_URL on that database, which has to be empty.
    """
    from ..bench.identity import run_identity

    run_identity(events, rounds, out)
