"""Pages with a strict policy, in each engine: `default-src 'none'; script-src 'self'; connect-src 'self'` and Trusted Types."""

from __future__ import annotations

import pytest

from .beacons import page, track
from .engines import Tab, Visitors

pytestmark = pytest.mark.each_engine

BANNER = "document.querySelector('[data-passerby-message=\"hello\"]')"


def test_a_strict_page_reports_no_violation(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("csp")
    visitor.beacons.expect(page("/csp"))
    tab.do("passerby.track('one', { n: 1 })")
    visitor.beacons.expect(track("one", properties={"n": 1}), exactly=True)
    assert visitor.reports == []
    check_that_it_is_strict(tab)
    visitor.forgive("violated: ")


def test_a_message_on_a_strict_page_is_shown_and_closed(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("message-csp")
    tab.wait_for(BANNER)
    visitor.beacons.expect(page("/message-csp"), track("message_shown", properties={"message": "hello"}), exactly=True)
    style = tab.run(
        f"const {{ position, display }} = getComputedStyle({BANNER}.shadowRoot.querySelector('section'));"
        "return [position, display !== 'none']"
    )
    assert style == ["fixed", True], "the message is not styled"
    tab.do(f"{BANNER}.shadowRoot.querySelector('[aria-label=Close]').click()")
    visitor.beacons.expect(track("message_dismissed"), exactly=True)
    tab.wait_for(f"!{BANNER}")
    tab.reload()
    visitor.beacons.expect(page("/message-csp"), exactly=True)
    assert tab.run(f"return {BANNER} === null")
    assert visitor.reports == []
    check_that_it_is_strict(tab)
    visitor.forgive("violated: ")


def check_that_it_is_strict(tab: Tab) -> None:
    """Policy control: it does refuse, in this engine too."""
    tab.do("document.addEventListener('securitypolicyviolation', (event) => (window.violated = event.violatedDirective))")
    tab.do("document.body.setAttribute('style', 'color:red')")
    assert tab.wait_for("window.violated").startswith("style-src")
    refused = tab.run("try { document.body.innerHTML = '<b>bold</b>' } catch (error) { return error.name } return 'taken'")
    assert refused == "TypeError", "Trusted Types are not enforced"
