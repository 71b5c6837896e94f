"""Chromium, and a visitor of ours: a browser context with its beacons and its complaints."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from .beacons import Beacons
from .wire import Wire

NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW = (
    "The browser tests need Chromium. Install it (Debian, Ubuntu: `apt install chromium`; anywhere: "
    "`playwright install chromium`), or set PASSERBY_CHROMIUM to the path of one."
)
ARGUMENTS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--disable-quic",
]  # fmt: skip
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


def chromium(playwright: Playwright) -> str:
    """Return the path of a Chromium; fail the test, and say how to get one, if there is none."""
    named = os.environ.get("PASSERBY_CHROMIUM")
    own = playwright.chromium.executable_path
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    found = named or on_path or (own if Path(own).exists() else None)
    if found is None or not Path(found).exists():
        pytest.fail(HOW if not named else f"PASSERBY_CHROMIUM is {named}, which is not there. {HOW}", pytrace=False)
    return found


@contextmanager
def launched(playwright: Playwright, *more: str, without: list[str] | None = None) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=chromium(playwright), args=[*ARGUMENTS, *more], ignore_default_args=without, timeout=60_000
    )
    try:
        yield browser
    finally:
        browser.close()


class Device:
    """Browser of one visitor: its own cookies and pages, what it sends, and what its pages complain about."""

    def __init__(self, context: BrowserContext, wire: Wire, client: str) -> None:
        self.context = context
        self.client = client
        self.beacons = Beacons(wire, client)
        self._heard: list[str] = []
        self._forgiven: list[str] = []
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: self._heard.append(f"uncaught: {error.error}"))
        context.on("console", self._hear)

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        page.goto(url)
        return page

    def forgive(self, text: str) -> None:
        """Forgive complaints with this text, as expected."""
        self._forgiven.append(text)

    @property
    def complaints(self) -> list[str]:
        """Errors that no page should see: uncaught ones, and what the browser writes to the console as an error."""
        return [line for line in self._heard if not any(text in line for text in self._forgiven)]

    @property
    def cookies(self) -> dict[str, dict[str, Any]]:
        """Cookies by name; no two share one."""
        found = self.context.cookies()
        assert len({cookie["name"] for cookie in found}) == len(found), f"two cookies of one name: {found}"
        return {cookie["name"]: dict(cookie) for cookie in found}

    @property
    def anonymous_id(self) -> str:
        """Value of the snippet's own cookie."""
        value: str = self.cookies["passerby"]["value"]
        return value.partition(".")[0]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._heard.append(f"console: {message.text} ({message.location.get('url', '')})")


class Devices:
    """Devices of one browser. At the end they close, and fail if a page of theirs complained."""

    def __init__(self, browser: Browser, wire: Wire) -> None:
        self._browser = browser
        self._wire = wire
        self._made: list[Device] = []

    def new(self, name: str = "browser", **options: Any) -> Device:
        client = f"{name}-{len(self._wire.requests)}-{len(self._made)}"
        context = self._browser.new_context(**{"user_agent": f"{AGENT} passerby-e2e/{client}", **options})
        device = Device(context, self._wire, client)
        self._made.append(device)
        return device

    def close(self) -> None:
        for device in self._made:
            device.context.close()
        complaints = {device.client: device.complaints for device in self._made if device.complaints}
        assert not complaints, f"pages complained: {complaints}"
