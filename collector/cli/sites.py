"""`passerby site`: what an installation serves, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from .. import clock
from ..config import Settings
from ..domain.setting import Outside, Setting
from ..domain.site_settings import BY_HAND, accepted
from .keys import identity_keys
from .shared import addresses_of, data_option, json_option, opened, out, print_json

if TYPE_CHECKING:
    from ..domain.sites import Site
    from ..storage.engine import Store


@click.group()
def site() -> None:
    """Make, show and change sites."""


def _describe(settings: Settings, store: Store, master: bytes, found: Site) -> dict[str, Any]:
    from ..storage.secrets import secret_key

    return addresses_of(settings, store).describe(found, secret_key(master, found.uuid))


def _site_options(command: Callable[..., None]) -> Callable[..., None]:
    for setting in reversed(BY_HAND.values()):
        command = _option(setting)(command)
    return command


def _option(setting: Setting) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The option of a setting; one that is not named on the command line is None, or an empty list."""
    names = f"{setting.option}/{setting.off}" if setting.off else str(setting.option)
    several = setting.kind == "list"
    return click.option(
        names, setting.name, default=None, multiple=several, type=_type(setting), metavar=setting.metavar, help=setting.help
    )


def _type(setting: Setting) -> click.ParamType[Any] | None:
    if setting.kind == "number":
        return click.IntRange(setting.least, setting.most)
    if setting.choices:
        return click.Choice([*setting.choices, ""] if setting.kind == "list" else setting.choices)
    return None


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return accepted(options, Outside(_is_public_suffix, identity_keys))


def _is_public_suffix(domain: str) -> bool:
    from ..web.ingest.cookies import is_public_suffix

    return is_public_suffix(domain)


@site.command("add")
@click.argument("name")
@data_option
@_site_options
def site_add(name: str, data: Path | None, **options: Any) -> None:
    """Make a site and print it as JSON. NAME is yours to choose."""
    from ..storage.sites import add_site

    settings, store, master = opened(data, create=True)
    print_json(_describe(settings, store, master, add_site(store, master, name, clock.now(), **_given(options))))


@site.command("set")
@click.argument("name")
@data_option
@_site_options
def site_set(name: str, data: Path | None, **options: Any) -> None:
    """Change settings of a site and print it as JSON; a running collector follows within seconds."""
    from ..storage.sites import set_settings

    given = _given(options)
    settings, store, master = opened(data)
    print_json(_describe(settings, store, master, set_settings(store, name, clock.now(), **given)))


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
