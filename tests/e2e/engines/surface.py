"""Browser surface for tests, the same in any engine."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PATIENCE = 15.0
"""Seconds that a page may take, on a machine that has other things to do."""
GLANCE = 0.03


@dataclass(frozen=True)
class Cookie:
    """Cookie as the browser keeps it. `domain` begins with a dot unless the cookie is for its host only."""

    name: str
    value: str
    domain: str
    path: str
    same_site: str
    secure: bool
    expires: float
    """Seconds since 1970; 0 or less for one that ends with the browser."""


class Tab(ABC):
    """Page of a browser."""

    momentary: tuple[type[Exception], ...] = ()
    """Errors of the driver while one document replaces another."""

    @abstractmethod
    def goto(self, url: str) -> None:
        """Load an address as if somebody had typed it; returns after the load event."""

    @abstractmethod
    def run(self, body: str) -> Any:
        """Run the body of an async function in the page, and return what it returns, as JSON."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Click as a person does: the page is allowed what it may do only then. Does not wait for what follows."""

    @abstractmethod
    def popup(self, selector: str) -> Tab:
        """Click what opens a window, and return that window."""

    @abstractmethod
    def reload(self) -> None:
        """Returns after the load event."""

    @abstractmethod
    def close(self) -> None:
        """Close as people do."""

    @property
    @abstractmethod
    def is_closed(self) -> bool: ...

    @abstractmethod
    def cookies(self) -> list[Cookie]:
        """Cookies that go with a request to this page's address."""

    def do(self, calls: str) -> None:
        """Run what a page's own code might, and take nothing back."""
        self.run(f"{calls}; return null")

    @property
    def url(self) -> str:
        found: str = self.run("return location.href")
        return found

    def back(self) -> None:
        """Returns when the address is another one: a page of the back-forward cache has no load event to wait for."""
        self._travel(-1)

    def forward(self) -> None:
        self._travel(1)

    def wait_for(self, condition: str) -> Any:
        """Wait until a JavaScript expression is true, also across a change of documents; returns its value."""
        return self._until(lambda: self.run(f"return {condition}"), condition)

    def wait_until_closed(self) -> None:
        self._until(lambda: self.is_closed, "closed")

    def _travel(self, steps: int) -> None:
        before = self.url
        # The driver's answer must not depend on a document that this very call takes away.
        self.do(f"setTimeout(() => history.go({steps}))")
        self._until(lambda: self.url != before, f"another address than {before}")

    def _until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        last: object = None
        while time.monotonic() < deadline:
            try:
                last = look()
                if last:
                    return last
            except self.momentary as error:
                last = error
            time.sleep(GLANCE)
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what} (last: {last!r})")


class Browser(ABC):
    """Browser of one visitor: cookies and storage of its own, tabs that share them. Closes at the end of its block."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        """Errors in the console, by a page or by the browser itself; WebKitGTK's driver does not tell."""

    @abstractmethod
    def tab(self) -> Tab:
        """A new, empty tab, in front of the others."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Engine(ABC):
    """Kind of browser, started and ready."""

    name: str
    has_privacy_control = False
    """True if it can switch Global Privacy Control on."""

    @abstractmethod
    def browser(self, privacy_control: bool = False) -> Browser:
        """New visitor. `privacy_control` turns Global Privacy Control on; only where there is a switch."""

    @abstractmethod
    def stop(self) -> None: ...
