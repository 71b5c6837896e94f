"""Pages whose markup has names that the browser's own properties have, in each engine: everything is captured as on any page."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from .beacons import PATIENCE, Event, page, track
from .engines import LOADED, Tab, Visitor, Visitors
from .servers import Host

NAMES = {
    "form": [
        "attributes", "elements", "matches", "getAttribute", "hasAttribute", "id", "name", "action", "nodeType", "composedPath", "control",
        "__proto__",
    ],
    "document": [
        "matches", "hidden", "hasFocus", "documentElement", "baseURI", "visibilityState", "body", "querySelector", "addEventListener",
        "prerendering",
    ],
    "document, as a form": ["hidden", "documentElement", "body"],
    "window": ["matches", "control"],
}  # fmt: skip
"""Element that has the name -> the names."""
PAINTED = "performance.getEntriesByName('first-contentful-paint').length"
TABLE = [(on, name) for on, names in NAMES.items() for name in names]


def arrive(visitors: Visitors, on: str = "", name: str = "") -> tuple[Visitor, Tab]:
    visitor = visitors.new()
    tab = visitor.browser.tab()
    tab.goto(visitor.url("shadowed?" + urlencode({"on": on, "name": name})))
    tab.wait_for(LOADED)
    visitor.beacons.expect(page("/shadowed"))
    return visitor, tab


def press(tab: Tab, element: str) -> None:
    """Click by the page's own doing: a driver's stands on the very properties that are hidden here."""
    tab.do(f"document.getElementById('{element}').click()")


def outbound(path: str, text: str) -> Event:
    return track("outbound_link_clicked", properties={"url": f"http://www.elsewhere.localhost{path}", "text": text})


@pytest.mark.table(chromium=3, others=9)
@pytest.mark.parametrize(("on", "name"), TABLE)
def test_a_name_that_is_taken_hides_nothing_from_captures(visitors: Visitors, on: str, name: str) -> None:
    visitor, tab = arrive(visitors, on, name)
    tab.wait_for(PAINTED)
    for element in ("foreign", "file", "mark"):
        press(tab, element)
    tab.do("history.pushState({}, '', '/second')")
    visitor.beacons.expect(
        outbound("/elsewhere", "friends"),
        track("file_downloaded", properties={"file": "prices.pdf"}),
        track("pressed", properties={"what": "a mark"}),
        track("page_engaged"),
        track("web_vitals_measured"),
        page("/second"),
    )
    press(tab, "send")
    form = {"form_id": "join", "form_name": "joining", "form_action": visitor.url("elsewhere")}
    visitor.beacons.expect(
        track("joined", properties={"where": "top"}),
        track("form_submitted", properties=form),
        {"type": "identify", "traits": {"email": "ann@shop.example"}},
    )


def test_links_of_drawings_are_links(visitors: Visitors) -> None:
    visitor, tab = arrive(visitors)
    tab.click("#drawn text")
    tab.click("#drawn-file text")
    visitor.beacons.expect(outbound("/drawn", "drawn"), track("file_downloaded", properties={"file": "drawn.zip"}))


def test_a_link_of_a_drawing_takes_the_visitor_along(visitors: Visitors, host: Host) -> None:
    visitor, tab = arrive(visitors)
    requests = len(host.wire.requests)
    tab.do(
        f"const link = document.getElementById('drawn-cross'); window.follow = true;"
        f"link.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', 'http://www.magazine.localhost:{host.wire.port}/elsewhere');"
        "link.dispatchEvent(new PointerEvent('pointerover', { bubbles: true, composed: true }))"
    )
    with host.wire.changed:
        assert host.wire.changed.wait_for(
            lambda: any(one.path.endswith("/v1/handoff") and one.status == 200 for one in host.wire.requests[requests:]),
            PATIENCE,
        )
    tab.run("await new Promise((done) => setTimeout(done, 50)); return null")
    tab.click("#drawn-cross text")
    tab.wait_for("location.hostname === 'www.magazine.localhost'")
    assert "?passerby_handoff=" in tab.url
    visitor.beacons.settle()
