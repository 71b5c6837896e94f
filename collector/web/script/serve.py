"""The generated snippet: a core with a site's configuration and parts in its slots; what it loads later; and pinned builds."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from litestar import HttpMethod, Request, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response.base import ASGIResponse

from ...domain.site_settings import for_browser
from ...domain.sites import Site, cookie_domains
from ...errors import NotFound
from ...storage.engine import Store
from ...storage.pinned import pinned_content
from ...storage.site_registry import SiteRegistry
from ..ingest.cookies import needs_marks
from .cache import Once
from .compression import IDENTITY, Representation, chosen_coding, represent
from .install import Addresses

SLOT = "__PASSERBY__"
PARTS_SLOT = "__PARTS__"
CACHE = "public, max-age=60"
"""Short: a paused message or a changed setting reaches every page within a minute; the ETag makes a repeat cheap."""
HASHED_CACHE = "public, max-age=31536000, immutable"
ORDER = "kudcxwgqhojym"
"""The order of the configuration's letters, others behind them: another order would change every site's script and its hash."""
KEPT = 64
"""Scripts in memory, some 10 to 20 KB each: pinned ones, and three forms of each script and of what it loads later."""


class Later(NamedTuple):
    """Module that a site's script loads by itself after the first page view, under an address that its content names."""

    hash: str
    content: bytes


class Snippets:
    """The built files. A site gets the core with the parts that it uses, and no more."""

    def __init__(self, static: Path, addresses: Addresses | None = None) -> None:
        """Read built files from `static`; without `addresses` a script knows the `base_url` of its site only."""
        self._static = static
        self._addresses = addresses or Addresses(None)
        self._files: dict[str, str] = {}
        self._kept = Once(KEPT)

    def _file(self, *names: str) -> str:
        name = "-".join(["passerby", *names]) + ".js"
        if name not in self._files:
            self._files[name] = (self._static / name).read_text()
        return self._files[name]

    def generate(self, site: Site, messages: list[dict[str, Any]], whole: bool = False) -> bytes:
        """Return the site's script; `whole` for a pinned build, which must load nothing that a later version no longer has."""
        later = None if whole else self.later(site)
        parts = first_parts(site) + (later_parts(site) if whole else ["later"] if later else [])
        core = self._file("messages") if messages else self._file()
        name = f"{site.script}.{later.hash}.js" if later else None
        values = configuration(site, messages, self._addresses.directory(site), name)
        # The parts go first: a message of the site may have a slot's name in it.
        return core.replace(PARTS_SLOT, ",".join(map(self._file, parts))).replace(SLOT, _json(values)).encode()

    def later(self, site: Site) -> Later | None:
        """Return what the site's script loads later; None when it has nothing on that can wait.

        The hash differs from site to site: a version of Passerby is not to be known by an address.
        """
        parts = later_parts(site)
        if not parts:
            return None
        text = f"export default [{','.join(map(self._file, parts))}]"
        return Later(hashlib.sha256(f"{site.prefix}/{text}".encode()).hexdigest()[:16], text.encode())

    async def represent(self, content: bytes, coding: str) -> Representation:
        """Return the content in a coding; each is compressed once."""
        return await self._kept.get((content, coding), partial(represent, content, coding))

    async def pinned(self, store: Store, site_id: int, name: str) -> bytes:
        """Return the script of a pinned build. Raises NotFound when there is none in the store."""
        return await self._kept.get((site_id, name), partial(pinned_content, store, site_id, name))


def first_parts(site: Site) -> list[str]:
    """Return the parts that come in the script itself: a click that leaves the page waits for no other file."""
    listens = site.cross_domain or any(capture != "web_vitals" for capture in site.captures)
    return ["captures"] if listens else []


def later_parts(site: Site) -> list[str]:
    """Return the parts that come after the first page view: the browser has kept for them what was before."""
    return ["vitals"] if "web_vitals" in site.captures else []


def configuration(
    site: Site, messages: list[dict[str, Any]], directory: str | None = None, later: str | None = None
) -> dict[str, Any]:
    """Return what the script needs to know of a site, without what is off, which would only be bytes.

    `directory` is the address that events go to, so that nothing in a page decides about it; `later` the name of the file,
    beside the script, that is loaded after the first page view. Nothing in it is secret and no host of ours is named. The
    names are those of `Config` in `snippet/src/types.ts`.
    """
    values = {
        **for_browser(site),
        "k": site.write_key,
        "u": directory,
        "d": cookie_domains(site),
        "w": site.cross_subdomain and needs_marks(site),
        "m": messages,
        "l": later,
    }
    return {name: values[name] for name in sorted(values, key=_place) if values[name] or name == "d"}


def _place(name: str) -> int:
    return ORDER.find(name) if name in ORDER else len(ORDER)


def _json(value: object) -> str:
    """JSON that is also a JavaScript literal inside a script element."""
    text = msgspec.json.encode(value).decode()
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@route(
    "/{prefix:str}/{file:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    status_code=200,
    media_type="text/javascript",
    summary="The snippet",
)
async def serve_snippet(
    request: Request[Any, Any, Any],
    prefix: FromPath[str],
    file: FromPath[str],
    sites: NamedDependency[SkipValidation[SiteRegistry]],
    snippets: NamedDependency[SkipValidation[Snippets]],
    store: NamedDependency[SkipValidation[Store]],
) -> ASGIResponse:
    """Serve the site's script under its own random path, compressed as the browser likes; 304 when it has it already.

    What the script loads later and pinned builds have a hash in the name: `script.js`, `script.0123456789abcdef.js`.
    """
    site = sites.known.by_prefix(prefix) if await sites.know(prefix) else None
    script, *hashes = file.removesuffix(".js").split(".")
    if site is None or script != site.script or not file.endswith(".js"):
        raise NotFound
    if not hashes:
        content = snippets.generate(site, sites.published.messages(site.site_id))
    elif (later := snippets.later(site)) and hashes == [later.hash]:
        content = later.content
    elif await sites.know_build(site.site_id, ".".join(hashes)):
        content = await snippets.pinned(store, site.site_id, hashes[0])
    else:
        raise NotFound
    found = await snippets.represent(content, chosen_coding(request.headers.get("accept-encoding")))
    return _answer(request, found, HASHED_CACHE if hashes else CACHE)


def _answer(request: Request[Any, Any, Any], found: Representation, cache: str) -> ASGIResponse:
    headers = {
        "etag": found.etag,
        "cache-control": cache,
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
    }
    if found.is_held(request.headers.get("if-none-match")):
        return ASGIResponse(status_code=304, headers=headers)
    headers |= {"content-type": "text/javascript; charset=utf-8", "content-length": str(len(found.body))}
    if found.coding != IDENTITY:
        headers["content-encoding"] = found.coding
    is_head = request.method == HttpMethod.HEAD
    return ASGIResponse(body=b"" if is_head else found.body, headers=headers, is_head_response=is_head)


@post("/{prefix:str}/{file:str}", include_in_schema=False)
async def no_such_endpoint() -> None:
    """A misspelt ingest path is not found, rather than a method that the script's path does not allow."""
    raise NotFound("There is no such endpoint; docs/wire.md lists them.")


SNIPPET_HANDLERS = [serve_snippet, no_such_endpoint]
