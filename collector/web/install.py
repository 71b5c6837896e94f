"""What a site owner needs to install the snippet: its addresses, and the HTML to paste."""

from __future__ import annotations

from functools import cache
from typing import Any

from .. import resources
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

    def script_url(self, site: Site) -> str:
        return f"{self._base(site)}/{site.script}.js"

    def ingest_url(self, site: Site) -> str:
        """The address that batches are posted to."""
        return f"{self._base(site)}/v1/batch"

    def snippet_html(self, site: Site) -> str:
        return html_for(self.script_url(site))

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
        }


def html_for(script_url: str) -> str:
    """Return what the customer pastes: the loader with the script's address."""
    loader = _loader().replace("{{ script_url }}", script_url)
    return f"<script>{loader}</script>"
