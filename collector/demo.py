"""`passerby demo`: the collector, the console, a shop to click through, and a sample journey to look at first."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.console import Console

from . import resources
from .app import Installation
from .clock import now
from .config import Settings
from .domain.messages import parse_message
from .domain.sites import Site
from .errors import ConfigError
from .server import check_free, serve
from .storage.engine import Store
from .storage.messages import put_message
from .storage.secrets import load_or_create
from .storage.setup import open_store
from .storage.sites import add_site, load_sites
from .web.script.install import queue_html

out = Console()
SITE = "Demo shop"
SHOP_SECONDS = 20

BANNER = {
    "key": "pricing-hello",
    "name": "Pricing page: ten percent for newcomers",
    "status": "live",
    "where": {"pages": [{"part": "path", "op": "is", "value": "/pricing"}]},
    "who": {"identity": "anonymous"},
    "often": {"lifetime": None, "stop_on": ["dismiss", "act"]},
    "content": {
        "default": "en",
        "texts": {
            "en": {
                "title": "New here?",
                "body": "Design your own pot: **10 % off** your first order.",
                "actions": [
                    {"id": "studio", "label": "See the studio", "do": [{"type": "open", "href": "/studio"}]},
                    {
                        "id": "newsletter",
                        "label": "Get it by e-mail",
                        "style": "secondary",
                        "do": [{"type": "open", "href": "/newsletter"}],
                    },
                ],
            }
        },
    },
}
"""Shown to visitors nobody knows, until they close it or click it."""


def run_demo(settings: Settings, shop_port: int, *, is_fresh: bool) -> int:
    """Serve the demo until it is stopped; return the exit code. A fresh demo forgets everything when it ends.

    It always runs on SQLite, so that it never writes into a database that is in use, and without a public address, so that no
    page sends to one. Raises ConfigError for a port that is taken.
    """
    check_free(settings.host, shop_port, "--shop-port")
    with _data_dir(settings, is_fresh) as data:
        settings = msgspec.structs.replace(settings, data=data, database_url=None, public_url=None)
        site = _prepare(settings)
        shop = Shop(settings, site, shop_port)
        try:
            return serve(settings, shop.start_beside)
        finally:
            shop.stop()


@contextmanager
def _data_dir(settings: Settings, is_fresh: bool) -> Iterator[Path]:
    if not is_fresh:
        yield settings.data
        return
    with tempfile.TemporaryDirectory(prefix="passerby-demo-") as folder:
        yield Path(folder)


def _prepare(settings: Settings) -> Site:
    """Make the demo's site and its banner, unless an earlier demo in this directory did."""
    store = open_store(settings.data, settings.database_url)
    try:
        return next((site for site in load_sites(store) if site.name == SITE), None) or _new_site(store, settings)
    finally:
        store.close()


def _new_site(store: Store, settings: Settings) -> Site:
    """Make the site without an address: each of the shop's hosts has the ingest path, as a plain proxy would give it, and its
    pages send there, so that the collector's cookie is first-party on both domains."""
    master = settings.secret.encode() if settings.secret else load_or_create(settings.data)
    domains = ("shop.localhost", "magazine.localhost")
    site = add_site(store, master, SITE, now(), domains=domains)
    put_message(store, site.site_id, parse_message(msgspec.json.encode(BANNER)), now())
    return site


class Shop:
    """The shop's process. It gets the snippet as a file to paste, and a front that stands in for nginx."""

    def __init__(self, settings: Settings, site: Site, port: int) -> None:
        self.settings = settings
        self.site = site
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    def start_beside(self, installation: Installation) -> None:
        """Start the shop once the collector answers, then send the sample journey and say where to click."""
        threading.Thread(target=self._start, args=(installation,), name="shop", daemon=True).start()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def _start(self, installation: Installation) -> None:
        try:
            self._run()
            is_new = installation.first_password is not None
            if is_new:
                send_sample_journey(self.settings.listen_url, self.site)
            self._greet(installation)
        except (ConfigError, httpx.HTTPError, OSError) as error:
            out.print(f"[bold red]The demo shop did not start:[/] {error}", soft_wrap=True)

    def _run(self) -> None:
        folder = self.settings.data / "shop"
        folder.mkdir(exist_ok=True)
        pasted = folder / "snippet.html"
        pasted.write_text(queue_html(f"/{self.site.prefix}/{self.site.script}.js"))
        options = {
            "--port": str(self.port),
            "--data": str(folder),
            "--snippet-file": str(pasted),
            "--front": f"/{self.site.prefix}={self.settings.listen_url}",
        }
        words = (word for option in options.items() for word in option)
        command = [sys.executable, str(resources.shop_dir() / "run.py"), *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if "listening" not in said:
            raise ConfigError(said.strip() or "it ended without a word.")
        threading.Thread(target=self._drain, name="shop output", daemon=True).start()

    def _drain(self) -> None:
        """Pass on what the shop says; a full pipe would stop it."""
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            out.print(f"shop: {line.rstrip()}", soft_wrap=True, markup=False)

    def _greet(self, installation: Installation) -> None:
        port = self.port
        lines = [
            "",
            "[bold]Click through it, with the console open beside:[/]",
            f"  1. the shop, as somebody unknown        http://www.shop.localhost:{port}",
            f"  2. its prices: leave an e-mail address  http://www.shop.localhost:{port}/pricing",
            f"  3. sign up with the same address        http://app.shop.localhost:{port}/signup",
            f"     or sign in (ada@shop.localhost, lovelace)  http://app.shop.localhost:{port}/login",
            f"  4. another domain                       http://www.magazine.localhost:{port}",
            f"  5. what Passerby made of it             {self.settings.console_url}",
        ]
        if installation.first_password:
            lines.append(f"     sign in to the console as [bold]admin[/] with [bold]{installation.first_password}[/]")
        lines.append("Ctrl-C stops everything.")
        for line in lines:
            out.print(line, soft_wrap=True, highlight=False)


def send_sample_journey(base_url: str, site: Site) -> None:
    """Send, over the wire, what Margaret did this morning: anonymous on her phone, where she left her address for the
    newsletter, then signed in there and on a laptop.

    Raises httpx.HTTPError when the collector does not take it.
    """
    phone, laptop = str(uuid.uuid4()), str(uuid.uuid4())
    journey = [
        *_visit(phone, _PHONE, 190, ["/", "/products", "/products/heron-vase"]),
        _event(phone, _PHONE, 186, "track", "/products/heron-vase", event="product_viewed", properties=_VASE),
        *_visit(phone, _PHONE, 185, ["/pricing", "/blog/a-week-at-the-kiln"]),
        _event(phone, _PHONE, 183, "identify", "/blog/a-week-at-the-kiln", traits={"email": _TRAITS["email"]}),
        _event(phone, _PHONE, 120, "identify", "/account", userId="user-margaret", traits=_TRAITS),
        _event(phone, _PHONE, 119, "page", "/account", userId="user-margaret"),
        *_visit(laptop, _LAPTOP, 60, ["/", "/studio"]),
        _event(laptop, _LAPTOP, 55, "identify", "/account", userId="user-margaret", traits=_TRAITS),
        *_visit(str(uuid.uuid4()), _LAPTOP, 30, ["/", "/about"]),
    ]
    body = {"batch": journey, "writeKey": site.write_key}
    httpx.post(f"{base_url}/v1/batch", json=body, timeout=10).raise_for_status()


_TITLES = {
    "/products": "Products | Kiln & Co",
    "/products/heron-vase": "Heron vase | Kiln & Co",
    "/pricing": "Pricing | Kiln & Co",
    "/blog/a-week-at-the-kiln": "A week at the kiln | Kiln & Co",
    "/account": "Your account | Kiln & Co",
    "/studio": "Studio | Kiln & Co",
    "/about": "About | Kiln & Co",
}
_VASE = {"product": "heron-vase"}
_TRAITS = {"email": "margaret@shop.localhost", "name": "Margaret Hamilton", "plan": "regular"}
_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Mobile/15E148 Safari/604.1"
)
_LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def _visit(anonymous_id: str, user_agent: str, minutes_ago: float, paths: list[str]) -> list[dict[str, Any]]:
    return [_event(anonymous_id, user_agent, minutes_ago - index, "page", path) for index, path in enumerate(paths)]


def _event(anonymous_id: str, user_agent: str, minutes_ago: float, kind: str, path: str, **rest: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    host = "app" if path == "/account" else "www"
    page = {"path": path, "url": f"http://{host}.shop.localhost{path}", "title": _TITLES.get(path, "Kiln & Co")}
    return {
        "type": kind,
        "messageId": str(uuid.uuid4()),
        "anonymousId": anonymous_id,
        "timestamp": at.isoformat(),
        "context": {"page": page, "userAgent": user_agent},
        **({"properties": page} if kind == "page" else {}),
        **rest,
    }
