"""Pasted forms in pages of every kind: each brings the script once, records calls, and throws nothing into the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from collector.web.script.install import FORMS

from .wire import Answer, Request, Wire

SCRIPT = "/a&b.js"
CLOBBERED = '<img name="currentScript" nonce="x"/><form name="head"></form><img name="createElement"/><a id="passerby"></a>'
HTML = "<!doctype html><html><head><title>A page</title>{before}{form}</head></html>"
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>A page</title>{form}</head><body/></html>'
PAGES: dict[str, tuple[str, str | None]] = {
    "html": (HTML, None),
    "xhtml": (XHTML, None),
    "clobbered": (HTML.replace("{before}", CLOBBERED), None),
    "nonce": (HTML, "script-src 'nonce-abc'"),
    "trusted-types": (HTML, "require-trusted-types-for 'script'; trusted-types passerby"),
    "no-policy-of-ours": (HTML, "require-trusted-types-for 'script'; trusted-types other"),
}
NOWHERE = ("127.0.0.1", 9)


def answer(request: Request) -> Answer:
    if request.path == SCRIPT:
        return Answer(200, [("Content-Type", "text/javascript")], b"window.ran = (window.ran || 0) + 1")
    form, _, kind = request.path.strip("/").partition("/")
    if kind not in PAGES:
        return Answer(404, [], b"")
    text, policy = PAGES[kind]
    html = FORMS[form](SCRIPT)
    if kind == "nonce":
        html = html.replace("<script", '<script nonce="abc"')
    media = "application/xhtml+xml" if kind == "xhtml" else "text/html"
    headers = [("Content-Type", media), *([("Content-Security-Policy", policy)] if policy else [])]
    return Answer(200, headers, text.format(before="", form=html).encode())


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire(NOWHERE, answer)
    yield made
    made.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def visit(tab: Page, wire: Wire, form: str, kind: str) -> tuple[list[str], list[str]]:
    """Load the page with all of its scripts; return what it threw, and what was said to the console."""
    thrown: list[str] = []
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    tab.on("pageerror", lambda error: thrown.append(str(error)))
    tab.on("console", hear)
    tab.goto(f"http://www.shop.localhost:{wire.port}/{form}/{kind}")
    return thrown, [text for text in said if "favicon" not in text and "404" not in text]


@pytest.mark.parametrize("kind", [kind for kind in PAGES if kind != "no-policy-of-ours"])
@pytest.mark.parametrize("form", FORMS)
def test_brings_the_script_once(tab: Page, wire: Wire, form: str, kind: str) -> None:
    assert visit(tab, wire, form, kind) == ([], [])
    tab.wait_for_function("window.ran")
    assert tab.evaluate("window.ran") == 1
    if form != "script":
        cart = "const cart = { total: 1 }; passerby.track('added', cart); cart.total = 0;"
        (call,) = tab.evaluate(f"(() => {{ {cart} return passerby.q }})()")
        assert call[:2] == ["track", ["added", {"total": 1}]]
        assert call[2]["title"] == "A page"


@pytest.mark.parametrize("form", ["queue", "script"])
def test_static_tag_needs_no_policy(tab: Page, wire: Wire, form: str) -> None:
    assert visit(tab, wire, form, "no-policy-of-ours") == ([], [])
    tab.wait_for_function("window.ran")


def test_loader_without_its_policy_says_what_to_allow(tab: Page, wire: Wire) -> None:
    thrown, said = visit(tab, wire, "loader", "no-policy-of-ours")
    assert thrown == []
    (ours,) = [text for text in said if text.startswith("Passerby:")]
    assert "trusted-types passerby" in ours
    assert tab.evaluate("passerby.track('added') === undefined && passerby.q.length === 1 && !window.ran")
    assert not any(request.path == SCRIPT for request in wire.requests)
