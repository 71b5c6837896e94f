"""Snippet installation by a site owner: its addresses, and the HTML to paste."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

import msgspec

from ... import resources
from ...domain.pinned import PinnedBuild
from ...domain.site_settings import described
from ...domain.sites import Site

DEFAULT_FORM = "queue"
_PART = re.compile(r"{{ (\w+) }}")
_SPACE = re.compile(r"""("[^"]*"|'[^']*')|\s*([^\w\s"'$])\s*|\s+""")


@cache
def _template(name: str) -> str:
    return (resources.templates_dir() / name).read_text().strip()


@cache
def _in_one_line(name: str) -> str:
    """A template without the spaces that only readers need; after a placeholder comes what it stands for."""
    return _SPACE.sub(lambda found: found[1] or found[2] or " ", _template(name))


class Addresses:
    """Public addresses of the collector; a site's own `base_url` goes before the installation's public one.

    `guess` stands in their place where neither was said: in what is printed and shown only, never in a script. The host
    that a request names is not asked: it is a stranger's word, and the script lies in shared caches.
    """

    def __init__(self, public_url: str | None, guess: str = "") -> None:
        self._public_url = public_url
        self._guess = guess

    def _base(self, site: Site) -> str:
        return f"{(site.base_url or self._public_url or self._guess).rstrip('/')}/{site.prefix}"

    def directory(self, site: Site) -> str | None:
        """The ingest directory with its last slash, as the site's script may know it; None where nobody has said it."""
        return f"{self._base(site)}/" if site.base_url or self._public_url else None

    def script_url(self, site: Site, build: PinnedBuild | None = None) -> str:
        """The address of the site's script, or of a pinned build of it."""
        return f"{self._base(site)}/{site.script}{f'.{build.hash}' if build else ''}.js"

    def ingest_url(self, site: Site) -> str:
        """The address that batches are posted to."""
        return f"{self._base(site)}/v1/batch"

    def snippet_html(self, site: Site, form: str = DEFAULT_FORM, build: PinnedBuild | None = None) -> str:
        """Return the HTML that the customer pastes, in one of FORMS."""
        return FORMS[form](self.script_url(site, build), build.integrity if build else None)

    def describe(self, site: Site, secret_key: str) -> dict[str, Any]:
        """Everything about a site, with the fixed names of `passerby site show --json`."""
        return {
            "site_id": site.uuid,
            "name": site.name,
            "write_key": site.write_key,
            "publishable_key": site.publishable_key,
            "secret_key": secret_key,
            "script_url": self.script_url(site),
            "ingest_url": self.ingest_url(site),
            "snippet_html": self.snippet_html(site),
            "prefix": f"/{site.prefix}",
            **described(site),
        }


def queue_html(script_url: str, integrity: str | None = None) -> str:
    """Return a line that records calls, and the script's own tag, which a browser sees before it runs any code."""
    return f"<script>{_in_one_line('queue.js')}</script>\n{script_html(script_url, integrity)}"


def script_html(script_url: str, integrity: str | None = None) -> str:
    """Return a plain tag, for pages that allow no inline code."""
    demanded = f' integrity="{escape(integrity)}" crossorigin="anonymous"' if integrity else ""
    return f'<script async="" src="{escape(script_url)}"{demanded}></script>'


def loader_html(script_url: str, integrity: str | None = None) -> str:
    """Return one piece of inline code that records calls and brings the script, with what the page demands of it."""
    demanded = f'\n    s.integrity = {_literal(integrity)};\n    s.crossOrigin = "anonymous";' if integrity else ""
    parts = {"queue": _in_one_line("queue.js"), "script_url": _literal(script_url), "integrity": demanded}
    return f"<script>{_PART.sub(lambda found: parts[found[1]], _template('loader.js'))}</script>"


def _literal(text: str) -> str:
    """A text as a JavaScript literal inside a script element, of HTML or of XML."""
    literal = msgspec.json.encode(text).decode()
    return literal.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


FORMS = {"queue": queue_html, "script": script_html, "loader": loader_html}
"""Pasted forms by name. All are well-formed XML too, for pages that are served as such."""
