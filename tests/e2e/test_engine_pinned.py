"""Pinned builds in each engine: a page that demands their integrity runs them, and nothing else in their place."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from collector.web.script.install import FORMS

from .beacons import ABSENT, PATIENCE, page, track
from .engines import Tab, Visitor, Visitors
from .servers import Host

pytestmark = pytest.mark.each_engine

PASTE = """
const scripts = [...new DOMParser().parseFromString(%s, "text/html").scripts].map((pasted) => {
  const script = document.createElement("script");
  for (const { name, value } of pasted.attributes) script.setAttribute(name, value);
  script.textContent = pasted.textContent;
  return script;
});
const brought = new MutationObserver(() => document.head.querySelectorAll("script[src]").forEach((one) => {
  one.onload = () => (window.ended = "loaded");
  one.onerror = () => (window.ended = "refused");
}));
brought.observe(document.head, { childList: true });
document.head.append(...scripts);
"""
"""Scripts only run when they are made in the page; `window.ended` says what became of the one with an address."""


def pinned(host: Host, visitor: Visitor, form: str, *options: str) -> dict[str, Any]:
    """Answer of `passerby snippet --pin` for a site whose address, which the build holds, is this visitor's own."""
    name = f"pinned-{visitor.client}"
    host.add_site(name, "--base-url", visitor.url("").rstrip("/"), *options)
    build = host.snippet(name, "--pin", "--form", form)
    path = build["script_url"].split("/", 3)[3]
    deadline = time.monotonic() + PATIENCE
    while httpx.get(f"{host.collector.url}/{path}").status_code != 200:
        assert time.monotonic() < deadline, "a running collector follows within seconds"
        time.sleep(0.1)
    return build


def paste(visitor: Visitor, host: str, html: str) -> Tab:
    tab = visitor.browser.tab()
    tab.goto(visitor.url("bare", host))
    tab.do(PASTE % json.dumps(html))
    return tab


@pytest.mark.parametrize("form", FORMS)
def test_pinned_build_runs(host: Host, visitors: Visitors, form: str) -> None:
    """Pages on the script's own host and on another, where the browser asks for CORS."""
    for name in ("www", "app"):
        visitor = visitors.new()
        pasted = pinned(host, visitor, form)
        tab = paste(visitor, name, pasted["snippet_html"])
        assert tab.wait_for("window.ended") == "loaded"
        visitor.beacons.expect(page("/bare", userId=ABSENT), exactly=True)


@pytest.mark.parametrize("form", FORMS)
def test_pinned_build_of_other_bytes_is_refused(host: Host, visitors: Visitors, form: str) -> None:
    """Script changed by somebody on its way."""
    visitor = visitors.new()
    pasted = pinned(host, visitor, form)
    wrong = "sha384-" + "A" * 64
    assert pasted["integrity"] != wrong
    tab = paste(visitor, "www", pasted["snippet_html"].replace(pasted["integrity"], wrong))
    assert tab.wait_for("window.ended") == "refused"
    assert not tab.run("return window.passerby && window.passerby.v")
    visitor.beacons.expect(exactly=True)


def test_pinned_build_loads_nothing_later(host: Host, visitors: Visitors) -> None:
    """No part comes later: the page's integrity would not cover it, another version might lack it."""
    visitor = visitors.new()
    pasted = pinned(host, visitor, "script", "--capture", "web-vitals")
    tab = paste(visitor, "www", pasted["snippet_html"])
    assert tab.wait_for("window.ended") == "loaded"
    visitor.beacons.expect(page("/bare"), exactly=True)
    tab.do("document.body.append('Something to paint.')")
    tab.wait_for("performance.getEntriesByName('first-contentful-paint').length")
    tab.run("await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))); return null")
    tab.close()
    visitor.beacons.expect(track("web_vitals_measured"), exactly=True)
    files = [one.path for one in host.wire.requests if one.client == visitor.client and one.path.count(".") > 1]
    assert len(files) == 1
