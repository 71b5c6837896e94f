"""Tabs of a browser that has the console open, without JavaScript: one on rows of our own, one on a real collector."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import argon2
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send

from collector.storage import tables, users
from collector.storage.site_registry import SiteRegistry
from collector.storage.sites import add_site
from collector.web.console.app import create_console, mounted
from collector.web.console.shell.session import Cookies
from collector.web.console.shell.settings import ConsoleSettings
from collector.web.script.install import Addresses
from tests.support.app import App
from tests.unit.storage.world import World, day

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""Hash checked by the code that checks every hash, and quickly: its cost is written in it."""
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_CONFIRM = re.compile(r'<form class="confirm" method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)


def plain(text: str) -> str:
    """Text as read: no tags, white space folded."""
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))
    return html.unescape(re.sub(r" ([.,;])", r"\1", words))


def _from(peer: str) -> Callable[[ASGIApp], ASGIApp]:
    """Return a middleware after which the requests come from this address."""

    def middleware(app: ASGIApp) -> ASGIApp:
        async def heard(scope: Scope, receive: Receive, send: Send) -> None:
            scope["client"] = (peer, 50_000)
            await app(scope, receive, send)

        return heard

    return middleware


class Tab:
    """Tab that fetches pages and sends forms as a browser."""

    def __init__(self, console: Litestar, settings: ConsoleSettings, peer: str = "testclient") -> None:
        self.console = console
        self.settings = settings
        scheme = "https" if settings.secure_cookie else "http"
        self.client: TestClient[Litestar] = TestClient(
            Litestar([mounted(console, settings.base_path)], openapi_config=None, middleware=[_from(peer)]),
            base_url=f"{scheme}://c.test",
        )
        self.base = settings.base_path

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(self.base + path, headers=headers, follow_redirects=False)

    def read(self, path: str) -> str:
        """Text of a page that has to be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, plain(answer.text))
        return plain(answer.text)

    def token(self, path: str = "/login") -> str:
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.get(path).text)
        assert found is not None
        return found.group(1)

    def post(self, path: str, data: dict[str, str], **headers: str) -> Any:
        return self.client.post(self.base + path, data=data, headers=headers, follow_redirects=False)

    def form(self, path: str) -> tuple[str, dict[str, str]]:
        """Address and fields of the form that a preview shows."""
        page = self.get(path)
        found = _CONFIRM.search(page.text)
        assert found is not None, (path, page.status_code, plain(page.text))
        fields = {html.unescape(name): html.unescape(value) for name, value in _HIDDEN.findall(found[2])}
        return html.unescape(found[1]).removeprefix(self.base), fields

    def confirm(self, path: str) -> str:
        """Open a preview, press its button, and return the text of the page that it leads to."""
        answer = self.post(*self.form(path))
        assert answer.status_code == 303, (answer.status_code, plain(answer.text))
        return self.read(answer.headers["location"].removeprefix(self.base))


class Browser(Tab):
    """Browser on rows that the test writes, not signed in."""

    def __init__(self, world: World, **settings: Any) -> None:
        self.world = world
        self.site = add_site(world.store, b"m" * 32, "shop", day(0))
        world.site_id = self.site.site_id
        world.insert(tables.console_user, name="admin", password_hash=PASSWORD_HASH, created_at=day(0))
        self.sites = SiteRegistry(world.store)
        values = {"secure_cookie": False, "tombstone_key": b"k" * 32, **settings}
        made = ConsoleSettings("s" * 32, Addresses("https://www.shop.test"), **values)
        super().__init__(create_console(world.store, self.sites, made), made)

    def sign_in(self, name: str = "admin", password: str = PASSWORD, **more: str) -> Any:
        return self.post("/login", {"token": self.token(), "name": name, "password": password, **more})


class Desk(Tab):
    """Browser on a real collector, which takes events; signed in as admin."""

    def __init__(self, app: App, **settings: Any) -> None:
        self.app = app
        installation = app.installation
        values = {"secure_cookie": False, "clock": app.clock, "tombstone_key": installation.tombstone_key, **settings}
        made = ConsoleSettings("s" * 32, installation.addresses, **values)
        super().__init__(create_console(installation.store, installation.sites, made), made)
        with installation.store.read() as connection:
            user = users.find_user(connection, "admin")
        assert user is not None
        self.client.cookies.set("passerby_session", Cookies(made).session("admin", user.stamp).value or "")

    def send(self, *events: dict[str, Any]) -> Any:
        """Send events one request each, a second apart."""
        for number, event in enumerate(events):
            self.app.clock.wait(1)
            answer = self.app.batch({"messageId": f"{self.app.clock.now}-{number}", **event})
            assert answer.status == 200 and not answer.json["quarantined"], answer
        return answer.json

    def page(self, anonymous_id: str, **more: Any) -> None:
        self.send({"type": "page", "anonymousId": anonymous_id, **more})

    def track(self, name: str, anonymous_id: str | None = None, user: str | None = None, **more: Any) -> None:
        self.send({"type": "track", "event": name, "anonymousId": anonymous_id, "userId": user, **more})

    def identify(self, anonymous_id: str, user: str | None = None, **traits: Any) -> None:
        self.send({"type": "identify", "anonymousId": anonymous_id, "userId": user, "traits": traits})

    def number(self, user: str) -> int:
        """Number of a person with this user id, by the search."""
        found = re.findall(r'<span class="name"><a href="/console/people/(\d+)"', self.get(f"/people?q={user}").text)
        assert len(found) == 1, found
        return int(found[0])

    def everything(self) -> dict[str, str]:
        """Pages that show identity, to compare before and after."""
        paths = ["/activity", "/activity?tab=anonymous", "/activity?tab=log", "/people", "/accounts", "/jobs"]
        people = re.findall(r"/console(/people/\d+)\"", self.get("/people").text)
        visitors = re.findall(r"/console(/visitors/[^\"]+)\"", "".join(self.get(path).text for path in paths))
        return {path: self.read(path) for path in sorted({*paths, *people, *visitors})}
