"""A visitor of our own test pages: a browser, what it sends, and what its pages complain about.

Each visitor has host names of its own (`www-NAME.shop.localhost`, `app-NAME.shop.localhost`), because they are the only thing
that tells the wire who is there in every engine: Firefox takes back the User-Agent that its driver gave it as soon as a page
goes, which is when it matters.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count

from ..beacons import Beacons
from ..servers import HEARD, Host
from .surface import PATIENCE, Browser, Cookie, Engine, Tab

LOADED = "window.passerby && window.passerby.v"
COOKIES = "return document.cookie.split('; ').sort().join('; ')"
_numbers = count(1)


class Visitor:
    """Browser with its own cookies, on host names of its own."""

    def __init__(self, browser: Browser, host: Host) -> None:
        self.browser = browser
        self.client = f"visitor{next(_numbers)}"
        self.beacons = Beacons(host.wire, self.client)
        self._host = host
        self._forgiven: list[str] = []

    def url(self, page: str, host: str = "www") -> str:
        return self._host.url(page, f"{host}-{self.client}")

    def open(self, page: str, host: str = "www") -> Tab:
        """New tab with this page of `pages/`, loaded, and the snippet's script with it."""
        tab = self.browser.tab()
        tab.goto(self.url(page, host))
        tab.wait_for(LOADED)
        return tab

    def forgive(self, text: str) -> None:
        """Forgive complaints with this text, as expected."""
        self._forgiven.append(text)

    def told(self, path: str) -> list[str]:
        """Reports of its pages to this path of the tests' own."""
        return [one.body.decode() for one in self._host.wire.requests if one.client == self.client and one.path == path]

    @property
    def reports(self) -> list[str]:
        """Uncaught errors and violations of a policy, as the pages themselves reported them."""
        return self.told(HEARD)

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.reports if not any(text in line for text in self._forgiven)]

    def wait_for_failures(self, count: int) -> None:
        """Wait until so many batches have been answered by something else than 200, or not at all."""
        changed = self._host.wire.changed
        with changed:
            enough = changed.wait_for(
                lambda: sum(one.status not in (0, 200) for one in self.beacons.requests) >= count, PATIENCE
            )
        assert enough, f"fewer than {count} failures within {PATIENCE:.0f} s"

    def check_stored_once(self, anonymous_id: str) -> None:
        """Fail unless all that its pages have made is stored, once, whatever was sent again."""
        events = self._host.read().get(f"/visitors/{anonymous_id}", limit=500)["events"]
        made = {event["messageId"] for request in self.beacons.requests for event in request.events}
        assert sorted(event["message_id"] for event in events) == sorted(made)


def jar(tab: Tab) -> dict[str, Cookie]:
    """The cookies of a page by name; fails when two share one."""
    found = tab.cookies()
    assert len({cookie.name for cookie in found}) == len(found), f"two cookies of one name: {found}"
    return {cookie.name: cookie for cookie in found}


def anonymous_id(tab: Tab) -> str:
    """Value of the snippet's own cookie."""
    return jar(tab)["passerby"].value.partition(".")[0]


def handed_on(writer: Tab, readers: Iterable[Tab]) -> None:
    """Wait until the browser shows all of them the cookies that `writer` has left.

    Each tab is a process of its own and hears of a cookie by message, in WebKitGTK by way of a third process: until that has
    had its turn, no script in another tab can know (seen with the third one stopped).
    """
    deadline = time.monotonic() + PATIENCE
    for tab in readers:
        while tab.run(COOKIES) != writer.run(COOKIES):
            assert time.monotonic() < deadline, f"{tab.url} does not see within {PATIENCE:.0f} s what {writer.url} has left"


def everything_stored(tab: Tab) -> list[str]:
    """Names of all that a page can keep in a browser."""
    names: list[str] = tab.run(
        """return [
            ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...document.cookie.split("; ").filter(Boolean),
            ...(await indexedDB.databases()).map((one) => one.name), ...(await caches.keys()),
        ]"""
    )
    return names


class Visitors:
    """Visitors in one engine."""

    def __init__(self, engine: Engine, host: Host) -> None:
        self.engine = engine
        self._host = host
        self._made: list[Visitor] = []

    def new(self, privacy_control: bool = False) -> Visitor:
        visitor = Visitor(self.engine.browser(privacy_control), self._host)
        self._made.append(visitor)
        return visitor

    @contextmanager
    def closing(self) -> Iterator[Visitors]:
        """Close them at the end of the block; a page of theirs that complained is a failure."""
        try:
            yield self
        finally:
            for visitor in self._made:
                visitor.browser.close()
        complaints = {visitor.client: visitor.complaints for visitor in self._made if visitor.complaints}
        assert not complaints, f"pages complained: {complaints}"
