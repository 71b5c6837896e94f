"""Pinned builds in each engine: a page that demands their integrity runs them, and nothing else in their place."""

from __future__ import annotations

import json

import pytest

from .beacons import ABSENT, page
from .engines import Tab, Visitor, Visitors
from .servers import Host

PASTE = """
const pasted = new DOMParser().parseFromString(%s, "text/html").querySelector("script");
const script = document.createElement("script");
for (const { name, value } of pasted.attributes) script.setAttribute(name, value);
script.textContent = pasted.textContent;
const brought = new MutationObserver(() => document.head.querySelectorAll("script[src]").forEach((one) => {
  one.onload = () => (window.ended = "loaded");
  one.onerror = () => (window.ended = "refused");
}));
brought.observe(document.head, { childList: true });
document.head.append(script);
"""
"""A script only runs when it is made in the page; `window.ended` says what became of the one with an address."""


def paste(visitor: Visitor, host: str, html: str) -> Tab:
    tab = visitor.browser.tab()
    tab.goto(visitor.url("bare", host))
    own = html.replace("//www.shop.localhost", f"//www-{visitor.client}.shop.localhost")
    tab.do(PASTE % json.dumps(own))
    return tab


@pytest.mark.parametrize("form", ["loader", "script"])
def test_it_runs_as_it_was_pinned(host: Host, visitors: Visitors, form: str) -> None:
    """On the script's own host and on another of the site, where the browser asks for CORS."""
    pasted = host.snippet("plain", "--pin", "--form", form)
    for name in ("www", "app"):
        visitor = visitors.new()
        tab = paste(visitor, name, pasted["snippet_html"])
        assert tab.wait_for("window.ended") == "loaded"
        visitor.beacons.expect(page("/bare", userId=ABSENT), exactly=True)


@pytest.mark.parametrize("form", ["loader", "script"])
def test_other_bytes_are_refused(host: Host, visitors: Visitors, form: str) -> None:
    """As if somebody had changed the script on its way."""
    pasted = host.snippet("plain", "--pin", "--form", form)
    wrong = "sha384-" + "A" * 64
    assert pasted["integrity"] != wrong
    visitor = visitors.new()
    tab = paste(visitor, "www", pasted["snippet_html"].replace(pasted["integrity"], wrong))
    assert tab.wait_for("window.ended") == "refused"
    assert not tab.run("return window.passerby && window.passerby.v")
    visitor.beacons.expect(exactly=True)
