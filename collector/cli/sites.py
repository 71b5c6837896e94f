"""`passerby site` and `passerby message`: what an installation serves, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from ..config import Settings
from ..domain.base_url import base_url_fault
from ..domain.sites import CAPTURES
from ..errors import ConfigError
from .keys import identity_keys
from .shared import addresses_of, data_option, json_option, opened, out, print_json, site_option

_DOMAIN = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\Z")
"""Letters, digits and dashes; other alphabets in their xn-- form, which is what browsers send."""
_COOKIE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")


@click.group()
def site() -> None:
    """Make, show and change sites."""


def _describe(settings: Settings, store: Any, master: bytes, found: Any) -> dict[str, Any]:
    from ..storage.secrets import secret_key

    return addresses_of(settings, store).describe(found, secret_key(master, found.uuid))


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
            click.option(
                "--retention-days",
                type=click.IntRange(0, 36_500),
                help="How long unclaimed visitors stay (default 90; 0: without limit).",
            ),
            click.option(
                "--quarantine-days",
                type=click.IntRange(0, 36_500),
                help="How long quarantined events are kept (default 14; 0: without limit).",
            ),
            click.option(
                "--historical-field",
                "historical_fields",
                multiple=True,
                metavar="NAME",
                help="A field that anonymous state never fills; may be repeated, '' clears the list.",
            ),
            click.option(
                "--merge/--no-merge", "merging", default=None, help="Visitors become people at an identify (default)."
            ),
            click.option(
                "--after-claim",
                type=click.Choice(["owner", "new_visitor"]),
                help="Whose an anonymous id is after a claim: its owner's (default), or a new visitor's on shared devices.",
            ),
            click.option(
                "--verify",
                type=click.Choice(["off", "optional", "required"]),
                help="Whether identify needs proof (default off).",
            ),
            click.option(
                "--identity-key",
                "identity_keys",
                multiple=True,
                metavar="KID:ALGORITHM:FILE",
                help="A public key that verifies identity tokens: RS256, ES256 or EdDSA; may be repeated, '' clears the list.",
            ),
            click.option("--user-hash/--no-user-hash", default=None, help="Accept the HMAC of the user id as proof."),
            click.option(
                "--capture",
                "captures",
                multiple=True,
                metavar="NAME",
                type=click.Choice([*(capture.replace("_", "-") for capture in CAPTURES), ""]),
                help="What the snippet reports by itself (docs/settings.md names them); may be repeated, '' clears the list.",
            ),
            click.option(
                "--cross-domain/--no-cross-domain",
                default=None,
                help="Hand visitors over by signed links between the site's own domains.",
            ),
            click.option(
                "--addresses",
                type=click.Choice(["off", "truncated", "full"]),
                help="What is kept of visitors' internet addresses, as context.ip (default off).",
            ),
            click.option(
                "--protect",
                "protected",
                multiple=True,
                metavar="WHAT",
                help="Whom `people trim` keeps: account, account:ID, tag:NAME, field:NAME; repeat for more, '' for none.",
            ),
        )
    ):
        command = option(command)
    return command


def _given(options: dict[str, Any]) -> dict[str, Any]:
    given = {name: value if value != "" else None for name, value in options.items() if value not in (None, ())}
    if domains := given.get("domains"):
        given["domains"] = tuple(_domain(text) for text in domains)
    if cookie_domain := given.get("cookie_domain"):
        given["cookie_domain"] = _domain(cookie_domain)
    if "cookie_name" in given and not _COOKIE_NAME.match(given["cookie_name"] or ""):
        name = options["cookie_name"]
        raise ConfigError(f"{name!r} is no name for a cookie: letters, digits, dots, dashes and underscores, at most 64.")
    if (url := given.get("base_url")) and (fault := base_url_fault(url)):
        raise ConfigError(f"{_named(url)} {fault}")
    if fields := given.get("historical_fields"):
        given["historical_fields"] = _cleared(fields)
    if keys := given.get("identity_keys"):
        given["identity_keys"] = identity_keys(_cleared(keys))
    if captures := given.get("captures"):
        given["captures"] = tuple(capture.replace("-", "_") for capture in _cleared(captures))
    if protected := given.get("protected"):
        given["protected"] = tuple(_protecting(text) for text in _cleared(protected))
    return given


def _protecting(text: str) -> str:
    kind, _, name = text.partition(":")
    if text == "account" or (kind in ("account", "tag", "field") and name):
        return text
    raise ConfigError(f"{text!r} protects nobody; write account, account:ID, tag:NAME or field:NAME.")


def _named(url: str) -> str:
    """The address as a message may show it: without credentials."""
    return "--base-url" if "@" in url else repr(url)


def _cleared(given: tuple[str, ...]) -> tuple[str, ...]:
    """What is left of a list in which the empty text stands for none; each once."""
    return tuple(dict.fromkeys(text for text in given if text != ""))


def _domain(text: str) -> str:
    """Take a domain, or the address of one, in the form that browsers compare."""
    from ..web.ingest.cookies import is_public_suffix

    bare = text.strip().lower().partition("://")[2] or text.strip().lower()
    domain = bare.partition("/")[0].partition(":")[0].strip(".")
    if not _DOMAIN.match(domain):
        raise ConfigError(f"{text!r} is not a domain; write it like example.com (its subdomains are included).")
    if is_public_suffix(domain):
        raise ConfigError(f"{domain!r} is a public suffix: everybody's sites are below it. Name your own, like shop.{domain}.")
    return domain


@site.command("add")
@click.argument("name")
@data_option
@_site_options
def site_add(name: str, data: Path | None, **options: Any) -> None:
    """Make a site and print it as JSON. NAME is yours to choose."""
    from ..app import now
    from ..storage.sites import add_site

    settings, store, master = opened(data, create=True)
    print_json(_describe(settings, store, master, add_site(store, master, name, now(), **_given(options))))


@site.command("set")
@click.argument("name")
@data_option
@_site_options
def site_set(name: str, data: Path | None, **options: Any) -> None:
    """Change settings of a site and print it as JSON; a running collector follows within seconds."""
    from ..app import now
    from ..storage.sites import find_site, set_settings

    given = _given(options)
    settings, store, master = opened(data)
    if given.get("merging") and not find_site(store, name).merging:
        given["merging_since"] = now()  # claims never reach back into the time in which nobody was to be merged
    print_json(_describe(settings, store, master, set_settings(store, name, **given)))


@site.command("show")
@click.argument("name", required=False)
@data_option
@json_option
def site_show(name: str | None, data: Path | None, as_json: bool) -> None:
    """Show a site: its keys, addresses, and the snippet to paste. NAME may be left out when there is only one."""
    from ..storage.sites import find_site

    settings, store, master = opened(data)
    described = _describe(settings, store, master, find_site(store, name))
    if as_json:
        print_json(described)
        return
    table = Table(show_header=False, box=None)
    for key, value in described.items():
        if key != "snippet_html":
            table.add_row(key, ", ".join(value) if isinstance(value, list) else "" if value is None else str(value))
    out.print(table)
    out.print("\nPaste this into the <head> of every page:\n")
    click.echo(described["snippet_html"])


@site.command("list")
@data_option
def site_list(data: Path | None) -> None:
    """List the sites of this installation."""
    from ..storage.sites import load_sites

    for found in load_sites(opened(data)[1]):
        click.echo(f"{found.name}\t{found.uuid}\t{', '.join(found.domains)}")


@click.group()
def message() -> None:
    """In-app messages."""


@message.command("put")
@click.argument("file", type=click.File("rb"))
@site_option
@data_option
def message_put(file: Any, site_name: str | None, data: Path | None) -> None:
    """Save a message from a JSON FILE (- for standard input) under its key; docs/messages.md shows the form."""
    from ..app import now
    from ..domain.messages import parse_message
    from ..storage.messages import put_message
    from ..storage.sites import find_site

    parsed = parse_message(file.read())
    _, store, _ = opened(data)
    revision = put_message(store, find_site(store, site_name).site_id, parsed, now())
    click.echo(f"{parsed.key}: revision {revision}, {parsed.status}")
    if parsed.status != "live":
        click.echo('Nobody sees it yet: set "status" to "live" and put it again.')


@message.command("list")
@data_option
def message_list(data: Path | None) -> None:
    """List the messages of all sites."""
    from ..storage.messages import list_messages

    with opened(data)[1].read() as connection:
        for site_id, revision, found in list_messages(connection):
            click.echo(f"{site_id}\t{found.key}\trevision {revision}\t{found.status}\t{found.name}")
