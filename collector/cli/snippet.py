"""`passerby snippet`: what to paste into a site's pages, and pinned builds of its script."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import clock
from ..errors import ConfigError
from .shared import addresses_of, data_option, json_option, opened, print_json

if TYPE_CHECKING:
    from ..domain.pinned import PinnedBuild
    from ..domain.sites import Site
    from ..storage.engine import Store
    from ..web.script.install import Addresses

_PASTE = "Paste this before </head> of every page."
_FOLLOWS = "It follows the site's settings and messages within about a minute."
_FORMS = {
    "script": "It needs no inline code; window.passerby is there once it has loaded.",
    "loader": "It brings the script itself, for pages that take one piece of inline code only.",
}
_PINNED = """\
It is pinned: these bytes, always. Later settings, messages and versions of Passerby do not reach pages that paste this,
and it shows no messages. To take it back: passerby snippet {site} --unpin {hash}"""


@click.command()
@click.argument("name", metavar="[SITE]", required=False)
@click.option(
    "--form",
    type=click.Choice(["queue", "script", "loader"]),
    default="queue",
    show_default=True,
    help="A line that records calls until the script is there, and the script's tag; the tag alone, for pages without inline "
    "code; or one piece of inline code that does both.",
)
@click.option("--pin", is_flag=True, help="Freeze the script as it is now, under an address of its own, with its integrity.")
@click.option("--list", "list_them", is_flag=True, help="List the pinned builds of the site.")
@click.option("--unpin", metavar="HASH", help="Take a pinned build back: its address answers 404 then.")
@data_option
@json_option
def snippet(
    name: str | None, form: str, pin: bool, list_them: bool, unpin: str | None, data: Path | None, as_json: bool
) -> None:
    """Print what to paste into the pages of a SITE: the HTML alone, what there is to know about it on standard error.

    SITE may be left out when there is only one.
    """
    if pin + list_them + (unpin is not None) > 1:
        raise ConfigError("--pin, --list and --unpin do not go together: choose one.")
    from ..storage.sites import find_site

    settings, store, _ = opened(data)
    pasted = _Pasted(store, find_site(store, name), addresses_of(settings, store), form)
    if unpin is not None:
        pasted.unpin(unpin, as_json)
    elif list_them:
        pasted.list_pinned(as_json)
    else:
        pasted.print(pasted.pin() if pin else None, as_json)


class _Pasted:
    """Snippet as it is pasted into the pages of one site, in one form."""

    def __init__(self, store: Store, site: Site, addresses: Addresses, form: str) -> None:
        self.store, self.site, self.addresses, self.form = store, site, addresses, form

    def pin(self) -> PinnedBuild:
        from .. import resources
        from ..storage.pinned import pin
        from ..web.script.serve import Snippets

        content = Snippets(resources.static_dir(), self.addresses).generate(self.site, [], whole=True)
        return pin(self.store, self.site.site_id, content, clock.now())

    def print(self, build: PinnedBuild | None, as_json: bool) -> None:
        described = self._describe(build)
        if as_json:
            print_json(described)
            return
        click.echo(described["snippet_html"])
        click.echo(self._explain(build), err=True)

    def _explain(self, build: PinnedBuild | None) -> str:
        form = [_FORMS[self.form]] if self.form in _FORMS else []
        pinned = _PINNED.format(site=shlex.quote(self.site.name), hash=build.hash) if build else _FOLLOWS
        return " ".join([_PASTE, *form, pinned])

    def list_pinned(self, as_json: bool) -> None:
        from ..storage.pinned import list_pinned

        with self.store.read() as connection:
            described = [self._describe(build) for build in list_pinned(connection, self.site.site_id)]
        if as_json:
            print_json({"site": self.site.name, "pinned": described})
            return
        for build in described:
            click.echo(f"{build['hash']}\t{build['pinned_at']}\t{build['integrity']}")

    def unpin(self, name: str, as_json: bool) -> None:
        from ..storage.pinned import unpin

        unpin(self.store, self.site.site_id, name)
        if as_json:
            print_json({"site": self.site.name, "unpinned": name})
        else:
            click.echo(f"{name} is not served any longer: pages that still name it load no script.", err=True)

    def _describe(self, build: PinnedBuild | None) -> dict[str, Any]:
        from ..domain.times import iso

        return {
            "site": self.site.name,
            "form": self.form,
            "hash": build.hash if build else None,
            "pinned_at": iso(build.created_at) if build else None,
            "script_url": self.addresses.script_url(self.site, build),
            "integrity": build.integrity if build else None,
            "snippet_html": self.addresses.snippet_html(self.site, self.form, build),
        }
