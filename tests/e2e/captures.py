"""Sites for captures, one for each, and visitors who go on to somebody else's pages."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser

from .browser import AGENT, Device, Devices
from .servers import Host
from .wire import Answer, Request, Wire

NAME = "captures"
LOADED = "window.passerby && window.passerby.v"


class CapturesHost(Host):
    """Pages on a subdomain for each site, which loads the script from there; below /files are files."""

    def add(self, name: str, *captures: str, more: tuple[str, ...] = ()) -> None:
        options = [part for capture in captures for part in ("--capture", capture)]
        self.add_site(name, *options, "--base-url", f"http://{name}.shop.localhost:{self.wire.port}", *more)

    def _page(self, request: Request) -> Answer | None:
        if request.path.startswith("/files/"):
            return Answer(200, [("Content-Disposition", "attachment"), ("Content-Type", "application/octet-stream")], b"file")
        answer = super()._page(request)
        site = self.sites.get(request.host.partition(".")[0])
        if answer is None or site is None:
            return answer
        script = self.sites["plain"]["script_url"]
        return answer._replace(body=answer.body.replace(script.encode(), site["script_url"].encode()))


class Visitors(Devices):
    """Devices of a browser that has one name, one after the other.

    A name that Playwright gives to a context is forgotten by what a page sends while it is left for another site.
    """

    ARGUMENT = f"--user-agent={AGENT} passerby-e2e/{NAME}"

    def __init__(self, browser: Browser, wire: Wire) -> None:
        super().__init__(browser, wire)
        self._own = (browser, wire)

    def new(self, name: str = NAME, **options: Any) -> Device:
        browser, wire = self._own
        device = Device(browser.new_context(**options), wire, NAME)
        self._made.append(device)
        # Events of others are not this one's.
        device.beacons.settle()
        device.beacons.expect(*device.beacons.events)
        return device
