"""Message position, and when a showing counts, in each engine: on pages that move, hide and cover what is on them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from .beacons import identify, page, track
from .engines import LOADED, Tab, Visitor, Visitors

MOVES = [
    "transform: translateY(10px)", "transform: scale(.5)", "rotate: 20deg", "filter: blur(1px)", "filter: opacity(0)",
    "will-change: transform", "contain: strict", "container-type: size", "content-visibility: auto", "perspective: 100px", "zoom: 2",
    "zoom: .5", "clip-path: inset(50%)", "mask: linear-gradient(#0000, #0000)", "overflow: hidden", "height: 0; overflow: hidden",
    "position: fixed; left: -9999px", "pointer-events: none", "writing-mode: vertical-rl", "direction: rtl", "display: flex",
    "display: contents",
]  # fmt: skip
"""Styles that make `position: fixed` relative to the page, or would draw the message elsewhere, otherwise, or not at all."""

FOREIGN = [
    "* { all: unset !important }",
    "div { display: none !important; position: static !important; top: 9999px !important; opacity: 0 !important }",
    "[popover] { display: none !important } [popover]:popover-open { visibility: hidden !important; transform: scale(0) }",
    "body > div { position: absolute; left: -9999px; z-index: -1; inset: 50%; margin: auto; width: 0; height: 0; overflow: hidden }",
]
"""Rules of pages for elements, which mean others."""

MESSAGE = "document.querySelector('[data-passerby-message]')"
BANNER = f"{MESSAGE}.shadowRoot.querySelector('section')"
STATE = "passerby.debug().messages.map((message) => message.reason).find((reason) => !reason.startsWith('page_not'))"
RECTANGLE = f"""
    await Promise.all({BANNER}.getAnimations().map(({{ finished }}) => finished))
    const {{ left, top, right, bottom }} = {BANNER}.getBoundingClientRect()
    // An engine without `currentCSSZoom` measures as if nothing were zoomed.
    const zoomOf = (element) => +getComputedStyle(element).zoom || 1
    const zoom = "currentCSSZoom" in document.body ? 1 : zoomOf(document.body) * zoomOf(document.documentElement)
    const [x, y] = [(left + right) / 2 * zoom, (top + bottom) / 2 * zoom]
    return {{
      inside: left >= 0 && top >= 0 && right * zoom <= innerWidth + 1 && bottom * zoom <= innerHeight + 1 && bottom - top > 20,
      // Firefox counts the scrollbar to the height.
      atEdge: Math.min(top, innerHeight - bottom * zoom) <= 20,
      hit: document.elementFromPoint(x, y) === {MESSAGE},
    }}
"""


def address(edge: str, css: str = "", run: str = "") -> str:
    return "placed?" + urlencode({"edge": edge, "css": css, "run": run})


def arrive(visitor: Visitor, tab: Tab, edge: str, css: str = "", run: str = "") -> None:
    tab.goto(visitor.url(address(edge, css, run)))
    tab.wait_for(LOADED)


def check_that_it_is_there(visitor: Visitor, css: str) -> None:
    """Message at both edges: inside the viewport, on top of all, counted once."""
    tab = visitor.browser.tab()
    for edge in ("top", "bottom"):
        arrive(visitor, tab, edge, css)
        tab.wait_for(f"{STATE} === 'shown'")
        assert tab.run(RECTANGLE) == {"inside": True, "atEdge": True, "hit": True}, f"{css} at the {edge}"
        visitor.beacons.expect(page("/placed"), track("message_shown", properties={"message": f"placed-{edge}"}))
    visitor.beacons.refute()


@pytest.mark.table(chromium=10, others=30)
@pytest.mark.parametrize("element", ["body", "html"])
@pytest.mark.parametrize("style", MOVES)
def test_a_message_is_where_the_viewport_is(visitors: Visitors, style: str, element: str) -> None:
    check_that_it_is_there(visitors.new(), f"{element} {{ {style} }}")


@pytest.mark.table(others=2)
@pytest.mark.parametrize("css", FOREIGN, ids=["all", "div", "popover", "position"])
def test_a_page_that_styles_all_elements_does_not_style_a_message(visitors: Visitors, css: str) -> None:
    check_that_it_is_there(visitors.new(), css)


COVER = "Object.assign(document.createElement('div'), { id: 'cover', style: 'inset: 0; width: 100%; height: 100%', popover: 'manual' })"
WHEN_DRAWN = f"""
    new MutationObserver((_, self) => {MESSAGE} && document.body && (self.disconnect(), window.act())).observe(document, {{ childList: true, subtree: true }})
"""
UNCOVER = "document.getElementById('cover').remove()"
PLAIN = "document.getElementById('asked').remove()"
PART = "[data-passerby-message]::part(banner)"

UNSEEN: dict[str, tuple[str, str, str]] = {
    **{
        f"{element} {{ {style} }}": (f"{element} {{ {style} }}", "", PLAIN)
        for element in ("body", "html")
        for style in ("display: none", "visibility: hidden", "opacity: 0", "content-visibility: hidden")
    },
    **{
        f"::part(banner) {{ {style} }}": (f"{PART} {{ {style} !important }}", "", PLAIN)
        for style in ("display: none", "visibility: hidden", "opacity: 0", "clip-path: inset(50%)", "left: -9999px", "top: 9999px")
    },
    "covered by what the page opens": ("", f"window.act = () => {{ const cover = {COVER}; document.body.append(cover); cover.showPopover() }};" + WHEN_DRAWN, UNCOVER),
    "under a dialog": ("", "window.act = () => { document.body.append(Object.assign(document.createElement('dialog'), { id: 'cover' })); cover.showModal() };" + WHEN_DRAWN, UNCOVER),
    "under a dialog in a shadow root": (
        "",
        "addEventListener('DOMContentLoaded', () => { const host = Object.assign(document.createElement('div'), { id: 'cover' }); document.body.append(host);"
        "const dialog = document.createElement('dialog'); host.attachShadow({ mode: 'open' }).append(dialog); dialog.showModal() })",
        UNCOVER,
    ),
    "inert": ("", "document.documentElement.inert = true", "document.documentElement.inert = false"),
    "moved, without a top layer": ("body { transform: translateY(0) }", "delete HTMLElement.prototype.showPopover", PLAIN),
    "covered, without a top layer": (
        "body::before { content: ''; position: fixed; inset: 0; z-index: 2147483647; background: #fff }",
        "delete HTMLElement.prototype.showPopover",
        PLAIN,
    ),
}  # fmt: skip
"""Name -> what the page looks like, what it does, and what lets the message be seen."""


@pytest.mark.table(chromium=6, others=18)
@pytest.mark.parametrize("case", UNSEEN)
def test_a_message_that_nobody_can_see_is_not_shown_until_somebody_can(visitors: Visitors, case: str) -> None:
    css, run, reveal = UNSEEN[case]
    visitor = visitors.new()
    tab = visitor.browser.tab()
    arrive(visitor, tab, "once", css, run)
    visitor.beacons.expect(page("/placed"), exactly=True)
    tab.do(reveal)
    tab.wait_for(f"{STATE} === 'shown'")
    visitor.beacons.expect(track("message_shown", properties={"message": "placed-once"}), exactly=True)


@pytest.mark.table(others=3)
@pytest.mark.parametrize("case", ["body { opacity: 0 }", "::part(banner) { opacity: 0 }", "inert"])
def test_leaving_before_it_was_seen_uses_nothing_up(visitors: Visitors, case: str) -> None:
    """Message with a lifetime of one: a route and a load later it is still to come."""
    css, run, _ = UNSEEN[case]
    visitor = visitors.new()
    tab = visitor.browser.tab()
    arrive(visitor, tab, "once", css, run)
    visitor.beacons.expect(page("/placed"), exactly=True)
    tab.do("history.pushState({}, '', '/elsewhere')")
    visitor.beacons.expect(page("/elsewhere"), exactly=True)
    assert tab.run(f"return {MESSAGE} === null")
    arrive(visitor, tab, "once")
    visitor.beacons.expect(page("/placed"), track("message_shown"), exactly=True)
    tab.reload()
    visitor.beacons.expect(page("/placed"), exactly=True)


def test_message_that_is_answered_was_seen(visitors: Visitors) -> None:
    css, run, _ = UNSEEN["::part(banner) { opacity: 0 }"]
    visitor = visitors.new()
    tab = visitor.browser.tab()
    arrive(visitor, tab, "once", css, run)
    tab.wait_for(f"{STATE} === 'not_seen'")
    tab.do(f"{MESSAGE}.shadowRoot.querySelector('[aria-label=Close]').click()")
    visitor.beacons.expect(page("/placed"), track("message_shown"), track("message_dismissed"), exactly=True)


@pytest.mark.parametrize(("name", "state"), [("message", "dismissed"), ("message-kiosk", "shown")])
def test_a_log_out_brings_no_message_back_but_on_a_device_of_many(visitors: Visitors, name: str, state: str) -> None:
    visitor = visitors.new()
    tab = visitor.browser.tab()
    tab.goto(visitor.url(name))
    visitor.beacons.expect(page(f"/{name}"), track("message_shown"), exactly=True)
    tab.do(f"{MESSAGE}.shadowRoot.querySelector('[aria-label=Close]').click()")
    visitor.beacons.expect(track("message_dismissed"), exactly=True)
    tab.do("passerby.identify('ada'); passerby.reset()")
    visitor.beacons.expect(identify("ada"))
    tab.goto(visitor.url(name))
    tab.wait_for(f"{STATE} === '{state}'")


FRAMES = ["width: 0; height: 0", "display: none", "position: absolute; top: 5000px", "position: absolute; left: -5000px"]


@pytest.mark.table(others=4)
@pytest.mark.parametrize("css", FRAMES)
def test_a_message_in_a_frame_that_nobody_sees(visitors: Visitors, css: str) -> None:
    visitor = visitors.new()
    tab = visitor.browser.tab()
    tab.goto(visitor.url("framing?" + urlencode({"css": css})))
    visitor.beacons.expect(page("/placed"), exactly=True)
    tab.do("frame.style.cssText = 'width: 600px; height: 400px'")
    visitor.beacons.expect(track("message_shown"), exactly=True)


def test_a_message_leaves_the_focus_and_escape_to_the_page(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.browser.tab()
    field = "const field = document.createElement('input'); field.id = 'field'; document.body.append(field); field.focus()"
    arrive(visitor, tab, "once", run=f"addEventListener('DOMContentLoaded', () => {{ {field} }})")
    tab.wait_for(f"{STATE} === 'shown'")
    assert tab.run("return document.activeElement.id") == "field"
    tab.do(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }))"
    )
    visitor.beacons.expect(page("/placed"), track("message_shown"), exactly=True)
    tab.do(f"{BANNER}.querySelector('.close').focus()")
    tab.do(
        f"{BANNER}.querySelector('.close').dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Escape', bubbles: true, composed: true }}))"
    )
    visitor.beacons.expect(track("message_dismissed", properties={"by": "escape"}), exactly=True)
    assert tab.run("return document.activeElement.id") == "field"


NAMES = [
    "hidden",
    "body",
    "documentElement",
    "querySelector",
    "createElement",
    "elementFromPoint",
    "readyState",
    "visibilityState",
]


@pytest.mark.table(others=8)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_taken_hides_no_message(visitors: Visitors, name: str) -> None:
    """Image of this name: what the document answers with instead of its own."""
    visitor = visitors.new()
    image = f"const image = document.createElement('img'); image.setAttribute('name', '{name}'); document.head.append(image)"
    visitor.browser.tab().goto(visitor.url(address("once", run=image)))
    visitor.beacons.expect(page("/placed"), track("message_shown"), exactly=True)


BASES = [
    "<base href='http://elsewhere.invalid/a/' target='_blank'>",
    "<base href='/deep/er/' target='parent'>",
    "<base target='_blank'>",
]
LINKS = {"[data-passerby-action=part]": "part", "[data-passerby-action=path]": "path", "p a": "part", "p a + a": "path"}


@pytest.mark.table(chromium=4, others=10)
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("base", BASES)
def test_an_address_of_a_message_is_relative_to_the_page(visitors: Visitors, base: str, link: str) -> None:
    visitor = visitors.new()
    tab = visitor.browser.tab()
    arrive(visitor, tab, "once", run=f'document.head.insertAdjacentHTML("afterbegin", "{base}")')
    tab.wait_for(f"{STATE} === 'shown'")
    tab.do("window.same = true; history.pushState({}, '', location.origin + '/placed?edge=once&next')")
    visitor.beacons.expect(page("/placed"), page("/placed"), track("message_shown"), exactly=True)
    tab.do(f"{BANNER}.querySelector({link!r}).click()")
    if LINKS[link] == "part":
        tab.wait_for("location.hash === '#prices'")
        assert tab.run("return [location.pathname, location.search, window.same]") == ["/placed", "?edge=once&next", True]
    else:
        tab.wait_for("location.pathname === '/elsewhere'")
        assert tab.url == visitor.url("elsewhere")
