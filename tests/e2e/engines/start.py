"""Engine started by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Playwright

from .driven import Chromium, Firefox
from .surface import Engine
from .webkit import WebKit

MAKE: dict[str, Callable[[Playwright], Engine]] = {"chromium": Chromium, "firefox": Firefox, "webkit": lambda _: WebKit()}
NAMES = tuple(MAKE)


@contextmanager
def started(name: str, playwright: Playwright) -> Iterator[Engine]:
    """Engine of this name, until the block ends. Fails the test when a program is missing, and says which."""
    engine = MAKE[name](playwright)
    try:
        yield engine
    finally:
        engine.stop()
