"""Bursts of calls, a browser that always says it is offline, and a clock that is set back, in each engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .beacons import Event, page, track
from .engines import LOADED, Tab, Visitor, Visitors, anonymous_id
from .servers import Host
from .staged import Stage, staged
from .wire import Request

TRACKS = "for (let n = 0; n < COUNT; n++) passerby.track('burst', { n, product: 'heron-vase', price: 42.5 })"
OBSERVED = """
window.long = []
if (window.PerformanceObserver && PerformanceObserver.supportedEntryTypes.includes("longtask"))
  new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: "longtask" })
"""
TIMED = f"""
const begun = performance.now()
{TRACKS}
const called = performance.now()
await new Promise((done) => setTimeout(done))
return [called - begun, performance.now() - begun]
"""
"""Milliseconds of the calls alone, and with what they leave for the end of the task."""

COUNTED = f"""
const begun = performance.now()
const before = {{ ...work }}
{TRACKS}
const called = {{ ...work }}
await new Promise((done) => setTimeout(done))
return [before, called, {{ ...work }}, performance.now() - begun]
"""
"""Work of the calls alone, before a delivery can be tried, and with what they leave for the end of the task."""

PAGES = {
    "offline": "Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false, configurable: true })",
    "offline-events": """
        Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false, configurable: true })
        setInterval(() => dispatchEvent(new Event('offline')), 200)
    """,
    "clock": """
        window.shift = 0
        const Real = Date
        class Shifted extends Real {
          constructor(...words) { words.length ? super(...words) : super(Real.now() + shift) }
          static now() { return Real.now() + shift }
        }
        Date = Shifted
    """,
    "counted": """
        window.work = { texts: 0, characters: 0, requests: 0, written: 0 }
        const { stringify } = JSON
        JSON.stringify = (...given) => {
          const text = stringify(...given)
          work.texts++
          work.characters += text.length
          return text
        }
        const { fetch } = window
        window.fetch = (...given) => (work.requests++, fetch(...given))
        const { setItem } = Storage.prototype
        Storage.prototype.setItem = function (name, value) {
          work.written += value.length
          return setItem.call(this, name, value)
        }
    """,
}


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    def made_page(request: Request) -> str:
        script = f"<script>{{ {PAGES[request.path.strip('/')]} }}</script>".replace("Date = Shifted", "window.Date = Shifted")
        return (
            '<!doctype html><html lang="en"><head><title>Burst</title><script src="/heard.js"></script>'
            f"{script}{made.snippet(request.client)}</head></html>"
        )

    with staged(host) as made:
        made.pages |= {f"/{name}": made_page for name in PAGES}
        yield made


def stored_names(host: Host, anonymous_id: str) -> list[dict[str, Any]]:
    """Stored events of a visitor, however many."""
    read = host.read()
    events: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        answer = read.get(f"/visitors/{anonymous_id}", limit=500, **more)
        events += answer["events"]
        if answer["next"] is None:
            return events
        more = {"cursor": answer["next"]}


@pytest.mark.table(others=2)
@pytest.mark.parametrize("count", [1000, 3000])
def test_burst_of_tracks_in_one_task_is_stored_once(host: Host, visitors: Visitors, count: int) -> None:
    visitor = visitors.new()
    tab = visitor.open("load")
    visitor.beacons.expect(page("/load"))
    tab.do(OBSERVED)
    calls, task = tab.run(TIMED.replace("COUNT", str(count)))
    visitor.beacons.expect(*[track("burst", properties={"n": n}) for n in (0, count // 2, count - 1)])
    tab.wait_for("passerby.debug().waiting === 0")
    longest = max([0, *tab.run("return window.long")])
    print(f"{visitors.engine.name}: {count} calls {calls:.0f} ms, their task {task:.0f} ms, longest task seen {longest} ms")
    visitor.beacons.settle()
    stored = [one["properties"]["n"] for one in stored_names(host, anonymous_id(tab)) if one["name"] == "burst"]
    assert sorted(stored) == list(range(count))
    assert visitor.beacons.resent == 0
    assert all("dropped" not in event["context"] for event in visitor.beacons.events)
    assert max(len(request.body) for request in visitor.beacons.requests) < 65_536


def test_a_call_costs_the_same_however_many_there_are(host: Host, stage: Stage, visitors: Visitors) -> None:
    """Deliveries stop, so that the queue only grows. Work is counted, not timed: a busy machine doubles any time."""
    visitor = visitors.new()
    works: dict[int, dict[str, float]] = {}
    for count in (100, 2000):
        tab = opened(visitor, "counted")
        tab.wait_for("passerby.debug().waiting === 0")
        with host.wire.down():
            before, called, ended, task = tab.run(COUNTED.replace("COUNT", str(count)))
            tab.close()
        works[count] = {name: (called[name] - before[name]) / count for name in called}
        works[count]["kept"] = (ended["written"] - before["written"]) / count
        print(f"{visitors.engine.name}: {count} calls, {task / count:.3f} ms each; for each call {works[count]}")
    few, many = works[100], works[2000]
    assert 1 <= many["texts"] <= few["texts"]
    assert 100 < many["characters"] <= few["characters"] + 4, "a number has more digits in the longer run"
    for name in ("requests", "written"):
        assert many[name] == few[name] == 0, name
    # Written down at the end of the task, and again whenever a delivery failed meanwhile; a queue written with each call is 2000.
    assert 100 < many["kept"] <= 10 * few["characters"]


def test_a_page_that_leaves_a_thousand_events_loses_none_of_the_newest(host: Host, visitors: Visitors) -> None:
    """Outage, and the page goes: the stored queue is bounded, whole, and delivered by the next page."""
    visitor = visitors.new()
    tab = visitor.open("load")
    visitor.beacons.expect(page("/load"))
    with host.wire.down():
        tab.do(TRACKS.replace("COUNT", "1000"))
        visitor.wait_for_failures(1)
        tab.close()
    tab = visitor.open("async")
    visitor.beacons.expect(page("/async"), track("burst", properties={"n": 999}), track("burst", properties={"n": 0}))
    tab.wait_for("passerby.debug().waiting === 0")
    visitor.beacons.settle()
    # Events of the closing page may be stored although it never heard so: then they are sent again, and counted once.
    stored = [one["properties"]["n"] for one in stored_names(host, anonymous_id(tab)) if one["name"] == "burst"]
    assert sorted(stored) == list(range(1000))


@pytest.mark.table(others=2)
@pytest.mark.parametrize("name", ["offline", "offline-events"])
def test_offline_for_ever_delivers_all_the_same(host: Host, stage: Stage, visitors: Visitors, name: str) -> None:
    visitor = visitors.new()
    tab = opened(visitor, name)
    assert tab.run("return navigator.onLine") is False
    tab.do("passerby.track('said', { n: 1 })")
    visitor.beacons.expect(page(f"/{name}"), track("said"), exactly=True)
    # Failures are tried again as if there were no such word.
    with host.wire.down():
        tab.do("passerby.track('said', { n: 2 })")
        visitor.wait_for_failures(1)
    visitor.beacons.expect(track("said", properties={"n": 2}))
    tab.do("passerby.track('leaving')")
    tab.goto(visitor.url("bare"))
    visitor.beacons.expect(track("leaving"), exactly=True)


@pytest.mark.table(others=2)
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_set_keeps_nothing_from_being_sent(host: Host, stage: Stage, visitors: Visitors, days: int) -> None:
    visitor = visitors.new()
    tab = opened(visitor, "clock")
    visitor.beacons.expect(page("/clock"))
    with host.wire.down():
        tab.do("passerby.track('before')")
        visitor.wait_for_failures(1)
        # In the page as a whole: what has failed is waiting for its next try.
        tab.wait_for("passerby.debug().trace.some((one) => one.code !== 'answer') && passerby.debug().waiting === 1")
        tab.do(f"shift = {days} * 864e5")
    tab.do("passerby.track('after')")
    before, after = visitor.beacons.expect(track("before"), track("after"), exactly=True)
    assert is_one_visitor(before, after)
    assert visitor.beacons.resent == 0


def opened(visitor: Visitor, name: str) -> Tab:
    tab = visitor.browser.tab()
    tab.goto(visitor.url(name))
    tab.wait_for(LOADED)
    return tab


def is_one_visitor(*events: Event) -> bool:
    return len({event["anonymousId"] for event in events}) == 1
