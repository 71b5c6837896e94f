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


def test_there_are_enough_of_them() -> None:
    assert len(SETUPS) == len(set(SETUPS)) >= 25
    assert set(HELD) <= set(SETUPS)


@pytest.mark.table(chromium=3, others=10)
@pytest.mark.parametrize("setup", SETUPS)
def test_the_page_sees_nothing_of_it(visits: Visits, setup: str) -> None:
    visit = visits[setup]
    assert visit.outcome is not None, "the page has not finished"
    changed, trouble = visit.outcome
    assert trouble == "", "the page saw an error, or words in its console"
    assert changed == "", "the page has something else than it had"
    assert visit.visitor.complaints == []
    assert visit.visitor.browser.errors == []


@pytest.mark.table(chromium=3, others=10)
@pytest.mark.parametrize("setup", SETUPS)
def test_everything_arrives_once(visits: Visits, setup: str) -> None:
    """The page itself sends what can be sent, with nothing left over; the next page delivers what could not."""
    visit = visits[setup]
    check_all(visit.there, *delivered(setup))
    check_all(visit.later, *left(setup), page("/load"))
    assert visit.visitor.beacons.resent == 0


@pytest.mark.table(chromium=3, others=10)
@pytest.mark.parametrize("setup", SETUPS)
def test_it_is_one_visitor(visits: Visits, setup: str) -> None:
    visit = visits[setup]
    events = [event for event in (*visit.there, *visit.later) if event["context"]["page"]["path"] == "/hostile"]
    assert len({event["messageId"] for event in events}) == 3
    (anonymous_id,) = {event["anonymousId"] for event in events}
    (known,) = [event for event in events if event["type"] == "identify"]
    assert known["context"]["anonymousIds"] == [anonymous_id]


def test_a_foreign_global_keeps_what_it_had(visitors: Visitors) -> None:
    """Our calls are added to it; an element that only shares the name is left alone."""
    visitor = visitors.new()
    tab = visitor.open("hostile?setup=foreign-passerby")
    assert tab.run("return [passerby.mine, typeof passerby.track]") == ["of the page", "function"]
    tab = visitor.open("hostile?setup=element-named-passerby")
    assert tab.run("return typeof document.querySelector('#passerby').track") == "undefined"


def test_what_the_console_says_is_heard(visitors: Visitors) -> None:
    """Where the driver tells of it: an error would be seen in the tests above."""
    visitor = visitors.new()
    tab = visitor.open("load")
    tab.do("console.error('of the page')")
    tab.run("await fetch('/favicon.ico')")
    heard = [line.partition(" (")[0] for line in visitor.browser.errors]
    assert heard == ([] if visitors.engine.name == "webkit" else ["of the page"])
