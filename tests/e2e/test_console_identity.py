"""Corrections by clicking: detach, undo a merge, carry out a refused merge, delete; and what must not change by it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.server import Collector

from .conftest import RUNNING
from .console import fact, shoot, sign_in

_numbers = itertools.count(1)
PREVIEW = "A preview: nothing has been changed."


class Shop:
    """A collector with one story of its own for each test, and what its read API says of it."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.password = collector.cli("password").stdout.split()[-1]

    def url(self, path: str) -> str:
        return f"{self.collector.url}/console{path}"

    def send(self, kind: str, x: str | None = None, user: str | None = None, **more: Any) -> str:
        message = f"console-{next(_numbers)}"
        event = {"type": kind, "messageId": message, "anonymousId": x, "userId": user, **more}
        answer = self.collector.send({key: value for key, value in event.items() if value is not None})
        assert answer["stored"] == 1, answer
        return message

    def person(self, user: str) -> dict[str, Any]:
        (found,) = self.collector.api("/api/people", user_id=user)["people"]
        return dict(found)

    def timeline(self, user: str) -> set[str]:
        person_id = self.person(user)["person_id"]
        return {event["message_id"] for event in self.collector.api(f"/api/people/{person_id}/events", limit=500)["events"]}

    def look(self, *users: str) -> dict[str, tuple[dict[str, Any], set[str]]]:
        """People and what is theirs, to compare before and after."""
        return {user: (self.person(user), self.timeline(user)) for user in users}

    def everything(self) -> tuple[Any, ...]:
        """People, and how much is stored."""
        tabs = [self.collector.api("/api/activity", tab=tab, limit=500) for tab in ("identified", "anonymous")]
        assert [tab["next"] for tab in tabs] == [None, None]
        return (self.collector.api("/api/people", limit=500), *tabs)

    def stored(self) -> set[str]:
        """Events, whoever has them."""
        entries = [entry for tab in self.everything()[1:] for entry in tab["entries"]]
        return {entry["message_id"] for entry in entries if entry["kind"] == "event"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Collector(tmp_path_factory.mktemp("corrected") / "corrected") as collector:
        RUNNING.append(collector)
        yield Shop(collector)
        RUNNING.remove(collector)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(java_script_enabled=request.param)
    made.set_default_timeout(15_000)
    complaints: list[str] = []
    made.on("weberror", lambda error: complaints.append(str(error.error)))
    made.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield made
    made.close()
    assert [text for text in complaints if "409 (Conflict)" not in text] == []


@pytest.fixture
def tab(context: BrowserContext, shop: Shop) -> Page:
    made = context.new_page()
    sign_in(made, shop.collector.url, shop.password)
    return made


class Story:
    """Shared browser: Ada was visitor x before she signed in, then Bob signed in; Carol has one of her own."""

    def __init__(self, shop: Shop) -> None:
        number = next(_numbers)
        self.x, self.y = f"corrected-{number}-x", f"corrected-{number}-y"
        self.ada, self.bob, self.carol = (f"{name}-{number}" for name in ("ada", "bob", "carol"))
        self.anonymous = {shop.send("page", self.x, name="Prices"), shop.send("track", self.x, event="Tried")}
        shop.send("identify", self.x, self.ada, traits={"email": f"{self.ada}@example.com", "city": "Rome"})
        self.own = {shop.send("track", self.x, self.ada, event="Bought")}
        shop.send("identify", self.x, self.bob, traits={"plan": "pro"})
        self.contested = {shop.send("page", self.x, name="Whose?")}
        shop.send("page", self.y)
        shop.send("identify", self.y, self.carol, traits={"email": f"{self.carol}@example.com"})

    @property
    def users(self) -> tuple[str, str, str]:
        return self.ada, self.bob, self.carol


@pytest.fixture
def story(shop: Shop) -> Story:
    return Story(shop)


def open_person(tab: Page, name: str) -> None:
    """Search on top, as somebody would."""
    tab.get_by_role("searchbox").fill(name)
    tab.get_by_role("searchbox").press("Enter")
    tab.locator("main li.line .name a").click()
    expect(fact(tab, "User id")).to_contain_text(name)


def changed(tab: Page, name: str) -> list[str]:
    """Preview of one thing, now and after."""
    rows = tab.locator(".comparison tr").filter(has=tab.locator(f"td:text-is('{name}')"))
    return [" -> ".join(row.locator("td").all_inner_texts()[1:]) for row in rows.all()]


def test_detach_by_clicking(tab: Page, shop: Shop, story: Story) -> None:
    before, stored = shop.look(*story.users), shop.stored()
    untouched = shop.everything()
    open_person(tab, story.ada)
    tab.locator("#identities").get_by_role("link", name="Detach…").click()
    expect(tab.get_by_text(PREVIEW)).to_be_visible()
    assert changed(tab, "Events on the timeline") == ["4 -> 2"]
    assert changed(tab, "of which anonymous") == ["2 -> 0"]
    assert changed(tab, "Anonymous ids") == [f"{story.x} -> –"]
    tab.get_by_role("link", name="Cancel").click()
    expect(tab).to_have_url(re.compile(re.escape(f"/console/visitors/{story.x}")))
    assert shop.everything() == untouched, "looking and cancelling changed something"

    tab.get_by_role("link", name="Detach…").click()
    tab.get_by_role("button", name="Detach").click()
    expect(tab.get_by_role("status")).to_contain_text("Detached.")
    expect(tab.locator("#identities")).to_contain_text("No anonymous visitor became this person.")
    after = shop.look(*story.users)
    assert after[story.ada][1] == before[story.ada][1] - story.anonymous
    assert story.own <= after[story.ada][1]
    assert after[story.ada][0]["anonymous_ids"] == []
    assert (after[story.bob], after[story.carol]) == (before[story.bob], before[story.carol])
    assert shop.stored() == stored, "an event was lost or made"
    tab.go_back()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Nothing was changed")
    tab.get_by_role("link", name="Back").click()
    expect(fact(tab, "Mapped ID")).to_have_text("none: not identified")
    expect(fact(tab, "Detached")).to_be_visible()
    shoot(tab, "console-visitor-detached")


def test_undo_a_merge_by_clicking(tab: Page, shop: Shop, story: Story) -> None:
    before, stored = shop.look(*story.users), shop.stored()
    open_person(tab, story.ada)
    tab.get_by_role("link", name="Merge with another person…").click()
    tab.locator("main").get_by_role("searchbox").fill(f"{story.carol}@EXAMPLE.com")
    tab.get_by_role("button", name="Find").click()
    tab.locator("main li.line .name a").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(f"Merge {story.carol}@example.com into {story.ada}@example.com")
    shoot(tab, "console-preview-merge")
    assert shop.look(*story.users) == before, "the preview changed something"
    tab.get_by_role("button", name="Merge").click()
    expect(tab.get_by_role("status")).to_contain_text("Merged.")
    merged = shop.look(*story.users)
    assert merged[story.ada] == merged[story.carol]
    assert merged[story.ada][1] == before[story.ada][1] | before[story.carol][1]
    assert merged[story.bob] == before[story.bob]
    meanwhile = shop.send("track", story.y, story.carol, event="Meanwhile")
    shoot(tab, "console-person-merged")

    tab.locator("#merges").get_by_role("link", name="Undo merge…").click()
    expect(tab.locator(".comparison")).to_have_count(2)
    expect(tab.get_by_text("becomes a person of its own again")).to_be_visible()
    tab.get_by_role("button", name="Undo merge").click()
    expect(tab.get_by_role("status")).to_contain_text("The merge was undone.")
    expect(tab.locator("#merges li.dim")).to_contain_text("undone")
    expect(tab.get_by_role("link", name="Undo merge…")).to_have_count(0)
    after = shop.look(*story.users)
    assert (after[story.ada], after[story.bob]) == (before[story.ada], before[story.bob])
    assert after[story.carol][1] == before[story.carol][1] | {meanwhile}, "what happened in between is hers"
    assert {**after[story.carol][0], "last_seen": None} == {**before[story.carol][0], "last_seen": None}
    assert shop.stored() == stored | {meanwhile}


def test_carry_out_a_refused_merge_by_clicking(tab: Page, shop: Shop, story: Story) -> None:
    before, stored = shop.look(*story.users), shop.stored()
    tab.goto(shop.url("/activity"))
    tab.get_by_role("link", name="Identity log").click()
    expect(tab.locator(".tabs [aria-current=page]")).to_have_text("Identity log")
    tab.get_by_role("link", name="Only what was refused").click()
    expect(tab.locator("li.line:not(.log), li.anonymous_merge")).to_have_count(0)
    refused = tab.locator("li.merge_refused").filter(has=tab.locator(f".who:has-text('{story.bob}')"))
    expect(refused).to_contain_text("This browser's history already belongs to somebody else.")
    shoot(tab, "console-refused")
    refused.get_by_role("link", name="Carry out by hand…").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(f"to {story.bob}")
    assert sorted(changed(tab, "Events on the timeline")) == ["1 -> 3", "4 -> 2"]
    assert shop.look(*story.users) == before, "the preview changed something"

    tab.get_by_role("button", name="Attach").click()
    expect(tab.get_by_role("status")).to_contain_text("Attached.")
    expect(fact(tab, "User id")).to_have_text(story.bob)
    after = shop.look(*story.users)
    assert after[story.bob][1] == before[story.bob][1] | story.anonymous
    assert after[story.ada][1] == before[story.ada][1] - story.anonymous
    assert not story.contested & (after[story.bob][1] | after[story.ada][1]), "what nobody can tell apart was given away"
    assert after[story.carol] == before[story.carol]
    assert shop.stored() == stored
    tab.goto(shop.url("/activity?tab=log&show=refused"))
    done = tab.locator("li.merge_refused").filter(has=tab.locator(f".who:has-text('{story.bob}')"))
    expect(done).to_contain_text("This person has it now.")
    expect(done.get_by_role("link", name="Carry out by hand…")).to_have_count(0)


def test_delete_by_clicking(tab: Page, shop: Shop, story: Story) -> None:
    before, stored = shop.look(story.ada, story.bob), shop.stored()
    gone = shop.timeline(story.carol)
    open_person(tab, story.carol)
    tab.get_by_role("link", name="Delete…").click()
    expect(tab.get_by_text("This cannot be taken back.")).to_be_visible()
    assert shop.timeline(story.carol) == gone, "the preview changed something"
    tab.get_by_role("button", name="Delete for good").click()
    expect(tab.get_by_role("status")).to_contain_text("The person was deleted.")
    assert shop.collector.api("/api/people", user_id=story.carol)["people"] == []
    assert shop.look(story.ada, story.bob) == before
    assert shop.stored() == stored - gone
    tab.goto(shop.url(f"/visitors/{story.y}"))
    expect(tab.get_by_text("This anonymous id was deleted with its person")).to_be_visible()


def test_a_job_is_followed_without_loading_the_page_again(shop: Shop, story: Story, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    sign_in(tab, shop.collector.url, shop.password)
    open_person(tab, story.carol)
    tab.get_by_role("link", name="Delete…").click()
    tab.get_by_role("button", name="Delete for good").click()
    tab.goto(shop.url("/jobs"))
    tab.evaluate("window.__same = true")
    newest = tab.locator("#jobs tbody tr").first
    expect(newest).to_contain_text("done", timeout=30_000)
    expect(newest).to_contain_text("2 of 2 events")
    assert tab.evaluate("window.__same"), "the page was loaded again"
    expect(tab.locator("#jobs[hx-trigger]")).to_have_count(0)
    context.close()
