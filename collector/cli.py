"""The command line. Each command reads its arguments, calls one function, and says what to do next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from . import __version__
from .config import Settings, load_settings, unknown_variables
from .errors import ConfigError, PasserbyError

out = Console()


class Tidy(click.Group):
    """Shows our own errors as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PasserbyError as error:
            raise click.ClickException(error.message) from error


_data = click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR", help="The data directory (default ./data, or PASSERBY_DATA)."
)


@click.group(cls=Tidy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="passerby")
def main() -> None:
    """Passerby: first-party tracking that you host yourself."""


def _listen_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--port", type=int, help="The collector's port (default 8000, or PASSERBY_PORT).")(command)
    return click.option("--host", help="The address to listen on (default 127.0.0.1, or PASSERBY_HOST).")(command)


@main.command()
@_data
@_listen_options
def serve(data: Path | None, host: str | None, port: int | None) -> None:
    """Start the collector and the console.

    The first start makes the data directory, the schema, a site and the secrets.
    """
    from .logs import configure_logs
    from .server import serve as run

    settings = load_settings(data=data, host=host, port=port)
    for name in unknown_variables():
        click.echo(f"{name} is not a setting and does nothing; docs/settings.md lists them.", err=True)
    configure_logs(settings.log_level, settings.log_format)
    sys.exit(run(settings, _greet))


def _greet(installation: Any) -> None:
    from .storage.setup import set_meta

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
@_data
@_listen_options
@click.option("--shop-port", type=int, default=8080, show_default=True, help="The demo shop's port.")
def demo(data: Path | None, host: str | None, port: int | None, shop_port: int) -> None:
    """Start the collector, the console and a demo shop to click through."""
    from .demo import run_demo
    from .logs import configure_logs

    settings = load_settings(data=data, host=host, port=port)
    configure_logs("warning", "console")
    sys.exit(run_demo(settings, shop_port, is_fresh=data is None))


@main.group()
def site() -> None:
    """Make, show and change sites."""


def _opened(data: Path | None) -> tuple[Settings, Any, bytes]:
    """Open the store of a data directory for one command."""
    from .storage.secrets import load_or_create
    from .storage.setup import open_store

    settings = load_settings(data=data)
    store = open_store(settings.data, settings.database_url)
    master = settings.secret.encode() if settings.secret else load_or_create(settings.data)
    return settings, store, master


def _describe(settings: Settings, store: Any, master: bytes, found: Any) -> dict[str, Any]:
    from .storage.secrets import secret_key
    from .storage.setup import get_meta
    from .web.install import Addresses

    base = settings.public_url or get_meta(store, "listen_url") or settings.listen_url
    return Addresses(base).describe(found, secret_key(master, found.uuid))


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _site_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--domain", "domains", multiple=True, help="A domain of the site's own; may be repeated."),
            click.option("--base-url", help="Where browsers reach the collector for this site, if not at PASSERBY_PUBLIC_URL."),
            click.option("--cookie-name", help="Base name of the visitor cookies (default passerby)."),
            click.option("--cookie-domain", help="The cookies' domain (default: the widest that browsers allow)."),
            click.option("--cross-subdomain/--no-cross-subdomain", default=None, help="One visitor over all subdomains."),
            click.option("--only-own-origins/--any-origin", default=None, help="Refuse events from pages of other domains."),
            click.option(
                "--privacy-signals",
                type=click.Choice(["cookieless", "off", "ignore"]),
                help="What Global Privacy Control and Do Not Track do: nothing stored (default), nothing sent, nothing.",
            ),
            click.option("--consent-required/--no-consent-required", default=None, help="Nothing before consent()."),
            click.option("--hash-pages/--no-hash-pages", default=None, help="Changes of the #hash are page views."),
            click.option("--lookback-days", type=click.IntRange(1, 3650), help="How far back a merge reaches (default 90)."),
        )
    ):
        command = option(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "domains" in given:
        given["domains"] = tuple(_domain(text) for text in given["domains"])
    return given


def _domain(text: str) -> str:
    """Take a domain, or the address of one, in the form that browsers compare."""
    bare = text.strip().lower().partition("://")[2] or text.strip().lower()
    domain = bare.partition("/")[0].partition(":")[0].strip(".")
    if not domain or " " in domain or "*" in domain:
        raise ConfigError(f"{text!r} is not a domain; write it like example.com (its subdomains are included).")
    return domain


@site.command("add")
@click.argument("name")
@_data
@_site_options
def site_add(name: str, data: Path | None, **options: Any) -> None:
    """Make a site and print it as JSON. NAME is yours to choose."""
    from .app import now
    from .storage.sites import add_site

    settings, store, master = _opened(data)
    _print_json(_describe(settings, store, master, add_site(store, master, name, now(), **_given(options))))


@site.command("set")
@click.argument("name")
@_data
@_site_options
def site_set(name: str, data: Path | None, **options: Any) -> None:
    """Change settings of a site and print it as JSON; a running collector follows within seconds."""
    from .storage.sites import set_settings

    settings, store, master = _opened(data)
    _print_json(_describe(settings, store, master, set_settings(store, name, **_given(options))))


@site.command("show")
@click.argument("name", required=False)
@_data
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def site_show(name: str | None, data: Path | None, as_json: bool) -> None:
    """Show a site: its keys, addresses, and the snippet to paste. NAME may be left out when there is only one."""
    from .storage.sites import find_site

    settings, store, master = _opened(data)
    described = _describe(settings, store, master, find_site(store, name))
    if as_json:
        _print_json(described)
        return
    table = Table(show_header=False, box=None)
    for key, value in described.items():
        if key != "snippet_html":
            table.add_row(key, str(value))
    out.print(table)
    out.print("\nPaste this into the <head> of every page:\n")
    click.echo(described["snippet_html"])


@site.command("list")
@_data
def site_list(data: Path | None) -> None:
    """List the sites of this installation."""
    from .storage.sites import load_sites

    for found in load_sites(_opened(data)[1]):
        click.echo(f"{found.name}\t{found.uuid}\t{', '.join(found.domains)}")


@main.group()
def message() -> None:
    """In-app messages."""


@message.command("put")
@click.argument("file", type=click.File("rb"))
@click.option("--site", "site_name", help="The site; may be left out when there is only one.")
@_data
def message_put(file: Any, site_name: str | None, data: Path | None) -> None:
    """Save a message from a JSON FILE (- for standard input) under its key; docs/messages.md shows the form."""
    from .app import now
    from .domain.messages import parse_message
    from .storage.messages import put_message
    from .storage.sites import find_site

    parsed = parse_message(file.read())
    _, store, _ = _opened(data)
    revision = put_message(store, find_site(store, site_name).site_id, parsed, now())
    click.echo(f"{parsed.key}: revision {revision}, {parsed.status}")
    if parsed.status != "live":
        click.echo('Nobody sees it yet: set "status" to "live" and put it again.')


@message.command("list")
@_data
def message_list(data: Path | None) -> None:
    """List the messages of all sites."""
    from .storage.messages import list_messages

    with _opened(data)[1].read() as connection:
        for site_id, revision, found in list_messages(connection):
            click.echo(f"{site_id}\t{found.key}\trevision {revision}\t{found.status}\t{found.name}")


@main.command()
@click.argument("what", type=click.Choice(["events", "people"]))
@click.option("--format", "form", type=click.Choice(["ndjson"]), default="ndjson", show_default=True)
@click.option("--site", "site_name", help="The site; may be left out when there is only one.")
@_data
def export(what: str, form: str, site_name: str | None, data: Path | None) -> None:
    """Write the whole history, with resolved people, to standard output."""
    from .storage import export as exporting
    from .storage.sites import find_site

    assert form == "ndjson"
    _, store, _ = _opened(data)
    export_rows: Callable[[Any, int], Iterable[Any]] = exporting.export_events
    if what == "people":
        export_rows = exporting.export_people
    site_id = find_site(store, site_name).site_id
    encoder = msgspec.json.Encoder()
    stdout = sys.stdout.buffer
    with store.read() as connection:
        for row in export_rows(connection, site_id):
            stdout.write(encoder.encode(row) + b"\n")
    stdout.flush()


@main.command()
@_data
def doctor(data: Path | None) -> None:
    """Check the store; print what is wrong and how to mend it. Exit code 1 when something is."""
    from .storage.doctor import examine
    from .storage.engine import Store, sqlite_url

    settings = load_settings(data=data)
    if settings.database_url is None and not (settings.data / "passerby.db").exists():
        raise ConfigError(f"{settings.data} holds no database. Name another with --data, or start with `passerby serve`.")
    findings = examine(Store(settings.database_url or sqlite_url(settings.data.absolute())), settings.data)
    for finding in findings:
        mark = "[green]ok[/]" if finding.mend is None else "[bold red]wrong[/]"
        out.print(f"{mark}  {finding.what}", soft_wrap=True)
        if finding.mend:
            out.print(f"       {finding.mend}", soft_wrap=True)
    sys.exit(1 if any(finding.mend for finding in findings) else 0)


@main.command()
@_data
def password(data: Path | None) -> None:
    """Give the console's admin a new password and print it."""
    import secrets

    from .app import ADMIN
    from .storage import console_users

    _, store, _ = _opened(data)
    new = secrets.token_urlsafe(12)
    with store.write() as connection:
        console_users.set_password(connection, ADMIN, new)
    click.echo(f"Sign in as {ADMIN} with {new}")


@main.group()
def bench() -> None:
    """The benchmarks of docs/performance.md, as ratios in one run."""


@bench.command("ingest")
@click.option("--seconds", type=float, default=5.0, show_default=True, help="How long each part runs.")
@click.option("--rounds", type=int, default=3, show_default=True, help="How often; the median counts.")
@click.option("--connections", type=int, default=64, show_default=True)
def bench_ingest(seconds: float, rounds: int, connections: int) -> None:
    """Durable ingest against an empty handler on the same server: one event a request, and twenty."""
    from .bench import run_ingest

    run_ingest(seconds, rounds, connections, out)
