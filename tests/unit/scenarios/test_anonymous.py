"""Anonymous visitors: known by their id, and as nobody else. Scenarios 1-10; rules R1, R4, R24, R25, R29, R32."""

from __future__ import annotations

import json

from tests.support.app import WRITE_KEY, Answer

from .course import DAY
from .story import Story

X, Y = "0c8f7a3e-1111-4a4a-8b8b-000000000001", "0c8f7a3e-1111-4a4a-8b8b-000000000002"


def visit(story: Story, x: str, cookie: str | None = None, agent: str = "Mozilla/5.0") -> Answer:
    """View a page on the collector's own host in a browser that holds this cookie."""
    body = json.dumps({"batch": [story.event("page", x)], "writeKey": WRITE_KEY}).encode()
    story.wait(10)
    headers = {"origin": "http://collector.test", "sec-fetch-site": "same-origin", "user-agent": agent}
    return story.app.request("POST", "/v1/batch", body, {**headers, **({"cookie": cookie} if cookie else {})})


def test_first_visit_mints_id(story: Story) -> None:
    """1, R1. Given no cookie; when a page is viewed; then its id comes back as a cookie, and the page is nobody's."""
    assert f"passerby_id={X};" in visit(story, X).headers["set-cookie"]
    assert story.shown() == {None: ["m1"]}
    assert story.people() == set()
    assert (story.visitor(X)["mapped_to"], story.visitor(X)["person"], story.visitor(X)["merged_at"]) == (None, None, None)


def test_return_visit_keeps_id(story: Story) -> None:
    """2. Given the cookie X; when a page is viewed the next day; then it is the same visitor, and its cookie lasts from now on."""
    visit(story, X)
    story.wait(DAY)
    assert f"passerby_id={X};" in visit(story, X, cookie=f"passerby_id={X}").headers["set-cookie"]
    assert [one["message_id"] for one in story.visitor(X)["events"]] == ["m2", "m1"]


def test_an_id_of_another_form_is_an_id_without_a_cookie(story: Story) -> None:
    """R1. Given an anonymous id that is no UUID; then its events are kept, and it is not put into a cookie for 400 days."""
    assert "set-cookie" not in visit(story, "everybody").headers
    assert story.shown() == {None: ["m1"]}


def test_cleared_cookie_new_id(story: Story) -> None:
    """3. Given x was cleared and the browser is y now; when it signs in; then x stays nobody's for ever."""
    lost = story.page("x")
    present = story.page("y")
    login = story.identify("y", "A")
    assert story.shown() == {None: [lost], "A": [present, login]}


def test_anon_events_silent(story: Story) -> None:
    """4. Given events of a visitor; then they make no person, are counted as nobody, and leave no entry in the log."""
    for told in (story.page, story.screen, story.track):
        told("x")
    story.group("acme", "x")
    assert (story.people(), story.identified(), story.log()) == (set(), 0, [])
    assert len(story.shown()[None]) == 4


def test_anon_custom_event_props(story: Story) -> None:
    """5. Given a track with nested details; then they are shown as they were sent, before and after the merge."""
    details = {"price": 12.5, "quantity": 2, "department": None, "lines": [{"sku": "a", "tags": ["x", {"deep": True}]}]}
    bought = story.track("x", name="bought", properties=details)
    assert story.event_shown(bought)["properties"] == details
    story.identify("x", "A")
    assert story.event_shown(bought)["properties"] == details
    assert story.event_shown(bought)["name"] == "bought"


def test_anon_not_counted(story: Story) -> None:
    """7, R32. Given 1,000 visitors and three people, one of them unsubscribed; then three are counted."""
    for start in (0, 500):
        story.send(*(story.event("page", f"x{number}", at=1) for number in range(start, start + 500)))
    for user in ("A", "B"):
        story.identify(f"of-{user}", user)
    gone = story.app.bento({"events": [{"type": "$unsubscribe", "email": "c@x.io"}]})
    assert gone.json["results"] == 1
    assert story.person("c@x.io")["unsubscribed_at"] is not None
    assert story.identified() == 3


def test_excluded_and_contested_are_not_counted(story: Story) -> None:
    """R32. Given a contested device and somebody impersonated who does not exist; then only the two people count."""
    story.identify("x", "A")
    story.identify("x", "B")
    story.page("x")
    story.identify("y", "nobody", actor="admin-7")
    assert story.identified() == 2


def test_merged_people_count_once(story: Story) -> None:
    """R32. Given two people who are merged; then one is counted, and two again once it is undone."""
    story.track(None, "A")
    story.track(None, "B")
    assert story.identified() == 2
    story.merge("B", into="A")
    assert story.identified() == 1
    story.unmerge(story.last_merge())
    assert story.identified() == 2


def test_memory_only_is_flagged(story: Story) -> None:
    """10, the server's half. Given a browser that can keep nothing; then its events are kept, and flagged."""
    seen = story.page("x", context={"storage": "memory"})
    assert story.event_shown(seen)["flags"] == ["memory_only"]


def test_events_without_any_id_are_set_aside(story: Story) -> None:
    """R24. Given an event that names nobody at all; then it is on no stream, and can be looked at in the quarantine."""
    assert story.send(story.event("page"), story.event("page", "", "")).reasons == [(0, "missing_id"), (1, "missing_id")]
    assert story.shown() == {}


def test_a_bot_is_flagged(story: Story) -> None:
    """R25. Given a known bot; then what it does is flagged."""
    visit(story, X, agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    assert "bot" in story.event_shown("m1")["flags"]


def test_the_two_tabs_hold_everything_once(story: Story) -> None:
    """R29. Given a merge; then it moves what the visitor did from one tab to the other, and nothing is on both."""
    of_x, of_y = story.page("x"), story.page("y")
    assert story.shown() == {None: [of_x, of_y]}
    login = story.identify("x", "A")
    assert story.shown() == {None: [of_y], "A": [of_x, login]}
    assert story.was_anonymous() == {of_x, of_y}, "as they were made, for ever"


def test_was_anonymous_is_the_stream(story: Story) -> None:
    """R4. Given events with and without a user on one device; then the mark says how each was made, whoever owns it now."""
    unsaid, said = story.page("x"), story.track("x", "A")
    login, later = story.identify("x", "A"), story.page("x")
    assert story.timeline("A") == [unsaid, said, login, later]
    assert story.was_anonymous() == {unsaid, later}
    story.detach("x")
    assert story.was_anonymous() == {unsaid, later}, "undoing does not change it"
