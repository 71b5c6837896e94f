"""Message triggers and schedules, in each engine: what a message waits for, and that all gates are asked again then."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from .beacons import page, track
from .engines import LOADED, Tab, Visitor, Visitors

REASON = "passerby.debug().messages.find(({ key }) => key === 'when-NAME').reason"


def arrive(visitor: Visitor, name: str, **more: str) -> Tab:
    """Open the page of a message."""
    tab = visitor.browser.tab()
    tab.goto(visitor.url("triggered?" + urlencode({"on": name, **more})))
    tab.wait_for(LOADED)
    return tab


def reason(tab: Tab, name: str) -> str:
    found: str = tab.run(f"return {REASON.replace('NAME', name)}")
    return found


def wait_until_shown(tab: Tab, name: str) -> None:
    tab.wait_for(f"{REASON.replace('NAME', name)} === 'shown'")


def shown(name: str) -> dict[str, Any]:
    return track("message_shown", properties={"message": f"when-{name}"})


def test_a_delay_is_waited_for(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "delay")
    assert reason(tab, "delay") == "waiting:delay"
    wait_until_shown(tab, "delay")
    visitor.beacons.expect(page("/triggered"), shown("delay"))


def test_a_delay_ends_with_its_page(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "delay")
    tab.do("history.pushState({}, '', '/elsewhere')")
    tab.run("await new Promise((done) => setTimeout(done, 2500))")
    visitor.beacons.refute(shown("delay"))
    tab.do("history.pushState({}, '', '/triggered?on=delay')")
    tab.wait_for(f"{REASON.replace('NAME', 'delay')} === 'waiting:delay'")
    wait_until_shown(tab, "delay")


def test_all_gates_are_asked_again_after_a_delay(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "delay")
    tab.do("passerby.identify('ada')")
    tab.run("await new Promise((done) => setTimeout(done, 2500))")
    assert reason(tab, "delay") == "is_identified"
    visitor.beacons.refute(shown("delay"))


INNER = """
    html, body { height: 100%; overflow: hidden; min-height: 0 }
    main { height: 100%; overflow: auto }
    main::before { content: ''; display: block; height: 4000px }
"""
DOWN = "const { scrollHeight, clientHeight } = ELEMENT; ELEMENT.scrollTop = (scrollHeight - clientHeight) * PART"


@pytest.mark.parametrize("scroller", ["document.scrollingElement", "document.querySelector('main')"], ids=["page", "part"])
def test_a_depth_is_waited_for(visitors: Visitors, scroller: str) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "scroll", css=INNER if "main" in scroller else "")
    for part in (0.2, 0.4):
        tab.do(DOWN.replace("ELEMENT", scroller).replace("PART", str(part)))
        tab.run("await new Promise((done) => setTimeout(done, 200))")
        assert reason(tab, "scroll") == "waiting:scroll"
    tab.do(DOWN.replace("ELEMENT", scroller).replace("PART", "0.5"))
    wait_until_shown(tab, "scroll")
    visitor.beacons.expect(shown("scroll"))


def test_a_page_without_anything_below_is_at_its_end(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "scroll", css="body { min-height: 0 !important; height: 100px; overflow: hidden }")
    wait_until_shown(tab, "scroll")


def test_an_event_is_waited_for(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "event")
    tab.do("passerby.track('other'); passerby.page('wanted')")
    assert reason(tab, "event") == "waiting:event"
    tab.do("passerby.track('wanted')")
    wait_until_shown(tab, "event")
    visitor.beacons.expect(track("wanted"), shown("event"))


def test_an_event_from_before_the_message_counts(visitors: Visitors) -> None:
    visitor = visitors.new()
    wait_until_shown(arrive(visitor, "event", call="wanted"), "event")


def test_a_click_is_waited_for(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "click")
    tab.click("#other")
    assert reason(tab, "click") == "waiting:click"
    tab.click("#buy span")
    wait_until_shown(tab, "click")
    visitor.beacons.expect(shown("click"))


def test_a_selector_that_is_none_is_a_reason_and_no_error(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "selector")
    tab.click("#buy span")
    assert reason(tab, "selector") == "selector_invalid"
    visitor.beacons.refute(shown("selector"))


OVER = "document.body.dispatchEvent(new MouseEvent('mouseout', { bubbles: true, clientY: AT, relatedTarget: null }))"


def test_leaving_is_waited_for(visitors: Visitors) -> None:
    """Mouse events are made here, as no driver moves the mouse out of the window. A visit of five seconds, a slip, another edge."""
    visitor = visitors.new()
    tab = arrive(visitor, "leave")
    tab.do(OVER.replace("AT", "-1"))
    tab.run("await new Promise((done) => setTimeout(done, 5100))")
    assert reason(tab, "leave") == "waiting:exit_intent", "one who has only just come does not leave"
    tab.do(OVER.replace("AT", "-1") + "; document.body.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))")
    tab.do(OVER.replace("AT", "50"))
    tab.run("await new Promise((done) => setTimeout(done, 600))")
    assert reason(tab, "leave") == "waiting:exit_intent", "a slip, and the lower edge"
    tab.do(OVER.replace("AT", "-1"))
    wait_until_shown(tab, "leave")
    visitor.beacons.expect(shown("leave"))


@pytest.mark.parametrize(("name", "expected"), [("future", "before_start"), ("past", "after_end"), ("hours", "outside_hours")])
def test_a_schedule_keeps_a_message_back(visitors: Visitors, name: str, expected: str) -> None:
    visitor = visitors.new()
    assert reason(arrive(visitor, name), name) == expected
    visitor.beacons.refute(shown(name))


SHIFTED = """
    window.shift = 0
    const Real = Date
    window.Date = class extends Real {
      constructor(...words) { words.length ? super(...words) : super(Real.now() + shift) }
      static now() { return Real.now() + shift }
    }
"""


def test_a_message_goes_when_its_schedule_ends(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "tomorrow", run=SHIFTED)
    wait_until_shown(tab, "tomorrow")
    tab.do("shift = 2 * 864e5; dispatchEvent(new Event('focus'))")
    tab.wait_for(f"{REASON.replace('NAME', 'tomorrow')} === 'after_end'")
    visitor.beacons.expect(track("message_closed", properties={"message": "when-tomorrow", "by": "ended"}))


def test_a_cap_is_kept_on_all_subdomains(visitors: Visitors) -> None:
    """Once a week, three times at most: again on the eighth day, and on the fifteenth, also after it was closed."""
    visitor = visitors.new()
    tab = visitor.browser.tab()

    def arrive_at(day: float, host: str, expected: str) -> None:
        run = SHIFTED.replace("shift = 0", f"shift = {day} * 864e5")
        tab.goto(visitor.url("triggered?" + urlencode({"on": "capped", "run": run}), host))
        tab.wait_for(LOADED)
        tab.wait_for(f"{REASON.replace('NAME', 'capped')} === '{expected}'")

    for day in (0, 8, 15):
        arrive_at(day, "www", "shown")
        tab.do("document.querySelector('[data-passerby-message]').shadowRoot.querySelector('.close').click()")
        visitor.beacons.expect(shown("capped"), track("message_dismissed"))
        if day < 15:
            arrive_at(day + 6.9, "deep", "cap:P7D")
    arrive_at(30, "deep", "lifetime_reached")
    visitor.beacons.refute(shown("capped"))


def test_an_event_of_the_next_page_counts_before_its_page_view(visitors: Visitors) -> None:
    """A router changes the address, and its new page tracks at once; the page view comes some frames later."""
    visitor = visitors.new()
    tab = arrive(visitor, "none")
    tab.do("passerby.track('wanted'); history.pushState({}, '', '/triggered?on=none&again')")
    tab.run("await new Promise((done) => setTimeout(done, 1500))")
    tab.do("history.pushState({}, '', '/triggered?on=event')")
    tab.run("await new Promise((done) => setTimeout(done, 1500))")
    assert reason(tab, "event") == "waiting:event", "that of the page before does not"
    tab.do(
        "history.pushState({}, '', '/triggered?on=none'); history.pushState({}, '', '/triggered?on=event&b'); passerby.track('wanted')"
    )
    wait_until_shown(tab, "event")


def test_a_depth_of_the_page_before_does_not_count(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "none")
    tab.do(DOWN.replace("ELEMENT", "document.scrollingElement").replace("PART", "1"))
    tab.run("await new Promise((done) => setTimeout(done, 300))")
    tab.do("history.pushState({}, '', '/triggered?on=scroll'); setTimeout(() => scrollTo(0, 0), 100)")
    tab.wait_for(f"{REASON.replace('NAME', 'scroll')} === 'waiting:scroll'")
    tab.run("await new Promise((done) => setTimeout(done, 1500))")
    assert reason(tab, "scroll") == "waiting:scroll"


def test_one_that_waits_goes_before_a_lower_one_when_both_may_show(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "both", call="wanted")
    wait_until_shown(tab, "high")
    assert reason(tab, "low") == "overlay_open"


def test_a_click_while_another_message_is_there_is_not_lost(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "two")
    wait_until_shown(tab, "first")
    tab.do("history.pushState({}, '', '/triggered?on=two&b')")
    tab.run("await new Promise((done) => setTimeout(done, 1500))")
    tab.do("document.querySelector('#buy span').click()")
    tab.do("document.querySelector('[data-passerby-message]').shadowRoot.querySelector('.close').click()")
    wait_until_shown(tab, "second")


def test_a_click_shows_a_message_once(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "click")
    close = "document.querySelector('[data-passerby-message]').shadowRoot.querySelector('.close').click()"
    for _ in range(2):
        tab.do("document.querySelector('#buy span').click()")
        wait_until_shown(tab, "click")
        tab.do(close)
        tab.wait_for(f"{REASON.replace('NAME', 'click')} === 'waiting:click'")


def test_a_zone_that_the_browser_does_not_know_keeps_that_message_back_alone(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = arrive(visitor, "zone", run="delete Intl.DateTimeFormat")
    tab.wait_for(f"{REASON.replace('NAME', 'zone')} === 'zone_unknown'")
    wait_until_shown(tab, "beside")
