"""Console, as somebody signed in sees it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
"""Screenshots to view; git ignores them."""


def sign_in(page: Page, url: str, password: str) -> None:
    """Sign in as admin and end on the activity log. `url` is the collector's."""
    page.goto(f"{url}/console/login")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/activity")


def event_lines(page: Page, anonymous_id: str) -> Locator:
    """Event lines, not of the identity log, that carry an anonymous id."""
    named = page.locator("dd a.id", has_text=anonymous_id)
    return page.locator("li.line:not(.log)").filter(has=named)


def merge_lines(page: Page, anonymous_id: str) -> Locator:
    named = page.locator("dd a.id", has_text=anonymous_id)
    return page.locator("li.line.anonymous_merge").filter(has=named)


def fact(page: Page, name: str) -> Locator:
    """Value beside a name in the page's list of facts."""
    return page.locator(f"dl.facts dt:text-is('{name}') + dd")


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
