"""Pages that have broken what the snippet stands on, in each engine: each set-up of `pages/hostile.html`, one by one.

Of each: the page sees no error of ours, has what it had (one global and `history` apart), and a page view, a `track` and an
`identify` arrive once, under one id, while it is open. Where a set-up makes that impossible, `HELD` in
`hostile.py` say why and what happens instead. Then a page with nothing wrong has nothing else to deliver.
"""

from __future__ import annotations

import pytest

from .beacons import check_all, page
from .engines import Engine, Visitors
from .hostile import HELD, SETUPS, Visits, delivered, left
from .servers import Host


@pytest.fixture(scope="module")
def visits(engine: Engine, host: Host) -> Visits:
    return Visits(engine, host)


def test_setups_are_many_and_distinct() -> None:
    assert len(SETUPS) == len(set(SETUPS)) >= 25
    assert set(HELD) <= set(SETUPS)


@pytest.mark.table(chromium=3, others=10)
@pytest.mark.parametrize("setup", SETUPS)
def test_page_sees_no_error_of_ours(visits: Visits, setup: str) -> None:
    visit = visits[setup]
    assert visit.outcome is not None, "the page has not finished"
    changed, trouble = visit.outcome
    assert trouble == "", "the page saw an error, or words in its console"
    assert changed == "", "the page has something else than it had"
    assert visit.visitor.complaints == []
    assert visit.visitor.browser.errors == []


@pytest.mark.table(chromium=3, others=10)
@pytest.mark.parametrize("setup", SETUPS)
def test_events_arrive_once(visits: Visits, setup: str) -> None:
    """Delivery by the page itself where it can, with nothing left over; else by the next page."""
    visit = visits[setup]
    check_all(visit.there, *delivered(setup))
    check_all(visit.later, *left(setup), page("/load"))
    assert visit.visitor.beacons.resent == 0


@pytest.mark.table(chromium=3, others=10)
@pytest.mark.parametrize("setup", SETUPS)
def test_anonymous_id_is_one(visits: Visits, setup: str) -> None:
    visit = visits[setup]
    events = [event for event in (*visit.there, *visit.later) if event["context"]["page"]["path"] == "/hostile"]
    assert len({event["messageId"] for event in events}) == 3
    (anonymous_id,) = {event["anonymousId"] for event in events}
    (known,) = [event for event in events if event["type"] == "identify"]
    assert known["context"]["anonymousIds"] == [anonymous_id]


def test_a_foreign_global_keeps_what_it_had(visitors: Visitors) -> None:
    """Global gets our calls; an element that only shares the name is left alone."""
    visitor = visitors.new()
    tab = visitor.open("hostile?setup=foreign-passerby")
    assert tab.run("return [passerby.mine, typeof passerby.track]") == ["of the page", "function"]
    tab = visitor.open("hostile?setup=element-named-passerby")
    assert tab.run("return typeof document.querySelector('#passerby').track") == "undefined"


def test_console_errors_are_heard(visitors: Visitors) -> None:
    """Errors would be seen in the tests above, where the driver tells of them."""
    visitor = visitors.new()
    tab = visitor.open("load")
    tab.do("console.error('of the page')")
    tab.run("await fetch('/favicon.ico')")
    heard = [line.partition(" (")[0] for line in visitor.browser.errors]
    assert heard == ([] if visitors.engine.name == "webkit" else ["of the page"])
