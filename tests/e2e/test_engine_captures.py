"""Captures in each engine: they arrive although the page is gone."""

from __future__ import annotations

import pytest

from .beacons import PATIENCE, Event, page, track
from .engines import Tab, Visitor, Visitors
from .servers import Host

pytestmark = pytest.mark.each_engine

PAINTED = "performance.getEntriesByName('first-contentful-paint').length"


def arrive(visitors: Visitors) -> tuple[Visitor, Tab]:
    visitor = visitors.new()
    tab = visitor.open("captured")
    visitor.beacons.expect(page("/captured"), exactly=True)
    tab.wait_for(PAINTED)
    return visitor, tab


def about(path: str, title: str, event: str) -> Event:
    return track(event, context={"page": {"path": path, "title": title}})


def test_captures_of_a_route_are_about_its_own_page(visitors: Visitors) -> None:
    visitor, tab = arrive(visitors)
    tab.click("#mark")
    visitor.beacons.expect(track("pressed", properties={"where": "top"}), exactly=True)
    tab.click("#second")
    told = [about("/captured", "First", name) for name in ("page_engaged", "web_vitals_measured")]
    _, _, vitals = visitor.beacons.expect(page("/second"), *told, exactly=True)
    assert 0 <= vitals["properties"]["ttfb"] <= vitals["properties"]["fcp"]
    tab.close()
    visitor.beacons.expect(about("/second", "Second", "page_engaged"), exactly=True)


@pytest.mark.parametrize(("link", "event"), [("#foreign", "outbound_link_clicked"), ("#join button", "form_submitted")])
def test_a_click_that_leaves_the_page(visitors: Visitors, link: str, event: str) -> None:
    visitor, tab = arrive(visitors)
    tab.click(link)
    told = [about("/captured", "First", name) for name in (event, "page_engaged", "web_vitals_measured")]
    visitor.beacons.expect(*told, exactly=True)


def test_a_link_to_another_domain_takes_the_visitor_along(visitors: Visitors, host: Host) -> None:
    _, tab = arrive(visitors)
    requests = len(host.wire.requests)
    tab.do("document.getElementById('cross').dispatchEvent(new PointerEvent('pointerover', { bubbles: true, composed: true }))")
    with host.wire.changed:
        assert host.wire.changed.wait_for(lambda: handed(host, requests) == 1, PATIENCE)
    tab.run("await new Promise((done) => setTimeout(done, 50)); return null")
    tab.click("#cross")
    tab.wait_for("location.hostname === 'www.magazine.localhost'")
    assert "?passerby_handoff=" in tab.url


def handed(host: Host, since: int) -> int:
    """Number of tokens given out."""
    return sum(one.path.endswith("/v1/handoff") and one.status == 200 for one in host.wire.requests[since:])
