"""Turning a template and values into an answer. Rendered in the handler's thread, not on the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from jinja2_fragments import render_block
from litestar import MediaType, Request, Response
from litestar.response import Redirect

from ....domain.identifiers import fits_in_path
from ....domain.sites import Site
from ....domain.times import iso
from ....errors import PasserbyError
from ..words import format, sentences, terms
from .assets import Asset
from .session import Cookies, Session
from .settings import ConsoleSettings

AnyRequest = Request[Any, Any, Any]


class Templates:
    """The console's templates. Everything is escaped; nothing in them is marked safe."""

    def __init__(self, folder: Path, assets: dict[str, Asset], settings: ConsoleSettings) -> None:
        self._base = settings.base_path
        self._assets = assets
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(format=format, sentences=sentences, terms=terms, asset=self.asset, iso=iso)
        self.environment.filters.update(
            ago=format.ago, stamp=format.stamp, short=format.short_id, pretty=format.pretty, commas=_commas
        )

    def asset(self, name: str) -> str:
        return f"{self._base}/static/{name}?v={self._assets[name].version}"

    def url(self, path: str, **query: str | None) -> str:
        """Return the address of a console page; every address that the console gives out is made here."""
        kept = {key: value for key, value in query.items() if value}
        return self._base + path + (f"?{urlencode(kept)}" if kept else "")

    def render(self, name: str, block: str | None, context: dict[str, Any]) -> str:
        """Return the page, or only its block `block`."""
        if block is not None:
            return str(render_block(self.environment, name, block, context))
        return self.environment.get_template(name).render(context)


def _commas(number: int) -> str:
    return f"{number:,}"


class View:
    """One request to a page: who asks, about which site, and how to answer."""

    def __init__(self, request: AnyRequest, templates: Templates, cookies: Cookies, sites: Sequence[Site], site: Site) -> None:
        self._request = request
        self._templates = templates
        self._cookies = cookies
        self.session: Session = request.user
        self.sites = sites
        self.site = site

    @property
    def is_partial(self) -> bool:
        """htmx asks for a part; when it restores a page from the history it needs the whole."""
        headers = self._request.headers
        return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"

    def url(self, path: str, **query: str | None) -> str:
        site = self.site.name if len(self.sites) > 1 else None
        return self._templates.url(path, **{"site": site, **query})

    def visitor_url(self, anonymous_id: str, **query: str | None) -> str:
        if fits_in_path(anonymous_id):
            return self.url(f"/visitors/{anonymous_id}", **query)
        return self.url("/visitors", id=anonymous_id, **query)

    def redirect(self, path: str, **query: str | None) -> Response[Any]:
        """Lead on after a form, so that loading the page again does not send it again."""
        return Redirect(self.url(path, **query), status_code=303)

    def said(self, title: str, sentence: str, back: str, status: int = 200) -> Response[str]:
        """Answer with one calm sentence and the way back."""
        return self.page("said.html", status=status, title=title, sentence=sentence, back=back)

    def refused(self, error: PasserbyError, back: str) -> Response[str]:
        """Answer that nothing was changed, and why."""
        return self.said("Nothing was changed", error.message, back, error.status)

    def page(self, name: str, part: str | None = None, status: int = 200, **context: Any) -> Response[str]:
        """Answer with a page, or with its block `part` when htmx asks for one."""
        values = {
            "url": self.url,
            "visitor_url": self.visitor_url,
            "site": self.site,
            "sites": self.sites,
            "user": self.session.user,
            "token": self._cookies.form_token(self.session),
            **context,
        }
        block = part if self.is_partial else None
        return html(self._templates.render(f"console/{name}", block, values), status)


def html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)
