"""What a site owner needs to install the snippet: its addresses, and the HTML to paste."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

import msgspec

from .. import resources
from ..domain.pinned import PinnedBuild
from ..domain.sites import Site
from ..domain.times import iso


@cache
def _loader() -> str:
    return (resources.templates_dir() / "loader.js").read_text().strip()


class Addresses:
    """Where browsers reach the collector; a site's own `base_url` goes before the installation's."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    def _base(self, site: Site) -> str:
        return f"{(site.base_url or self._base_url).rstrip('/')}/{site.prefix}"

    def script_url(self, site: Site, build: PinnedBuild | None = None) -> str:
        """The address of the site's script, or of a pinned build of it."""
        return f"{self._base(site)}/{site.script}{f'.{build.hash}' if build else ''}.js"

    def ingest_url(self, site: Site) -> str:
        """The address that batches are posted to."""
        return f"{self._base(site)}/v1/batch"

    def snippet_html(self, site: Site, form: str = "loader", build: PinnedBuild | None = None) -> str:
        """What the customer pastes, in one of FORMS."""
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
            "domains": list(site.domains),
            "base_url": site.base_url,
            "cookie_name": site.cookie_name,
            "cookie_domain": site.cookie_domain,
            "cross_subdomain": site.cross_subdomain,
            "only_own_origins": site.only_own_origins,
            "privacy_signals": site.privacy_signals,
            "consent_required": site.consent_required,
            "hash_pages": site.hash_pages,
            "lookback_days": site.lookback_days,
            "retention_days": site.retention_days,
            "historical_fields": list(site.historical_fields),
            "merge": site.merging,
            "merging_since": iso(site.merging_since) if site.merging_since else None,
            "after_claim": site.after_claim,
            "verify": site.verify,
            "identity_keys": [f"{key.kid}:{key.algorithm}" for key in site.identity_keys],
            "user_hash": site.user_hash,
            "captures": list(site.captures),
            "cross_domain": site.cross_domain,
            "addresses": site.addresses,
        }


def loader_html(script_url: str, integrity: str | None = None) -> str:
    """Return the inline loader with the script's address, and with what the page demands of the script."""
    demanded = f'\n  s.integrity = {_literal(integrity)};\n  s.crossOrigin = "anonymous";' if integrity else ""
    loader = _loader().replace("{{ script_url }}", _literal(script_url)).replace("{{ integrity }}", demanded)
    return f"<script>{loader}</script>"


def script_html(script_url: str, integrity: str | None = None) -> str:
    """Return a plain tag, for pages that allow no inline code."""
    demanded = f' integrity="{escape(integrity)}" crossorigin="anonymous"' if integrity else ""
    return f'<script async src="{escape(script_url)}"{demanded}></script>'


FORMS = {"loader": loader_html, "script": script_html}


def _literal(text: str) -> str:
    """A text as a JavaScript literal inside a script element."""
    return msgspec.json.encode(text).decode().replace("<", "\\u003c")
