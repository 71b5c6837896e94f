"""Three browser engines behind one small surface: Chromium, Firefox and WebKitGTK.

    with started("webkit", playwright) as engine, engine.browser() as browser:
        tab = browser.tab()
        tab.goto("http://www.shop.localhost:8000/load")
        assert tab.run("return document.title") == "A page"

A browser is what one visitor holds: its cookies and storage are its own. `Visitor` adds what it sends to our test pages.
"""

from .start import NAMES, started
from .surface import Browser, Cookie, Engine, Tab
from .visitor import LOADED, Visitor, Visitors, anonymous_id, everything_stored, handed_on, jar

__all__ = [
    "LOADED",
    "NAMES",
    "Browser",
    "Cookie",
    "Engine",
    "Tab",
    "Visitor",
    "Visitors",
    "anonymous_id",
    "everything_stored",
    "handed_on",
    "jar",
    "started",
]
