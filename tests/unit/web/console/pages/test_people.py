"""People, the list and the page of one: where everything comes from, and what can be done about it."""

from __future__ import annotations

import html
import re

import pytest

from ..browser import Desk, plain

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_a_long_timeline_goes_on_with_the_same_person(desk: Desk) -> None:
    for number in range(60):
        desk.track(f"event {number}", "x", "ada")
    ada = desk.number("ada")
    older = html.unescape(re.findall(r'hx-get="/console([^"]+cursor[^"]+)"', desk.get(f"/people/{ada}").text)[0])
    assert older.startswith(f"/people/{ada}?cursor=")
    part = desk.get(older, **{"HX-Request": "true"}).text
    assert part.count('class="line"') == 10 and "<html" not in part
    assert f'href="/console/people/{ada}">Back to the newest' in desk.get(older).text


def test_devices_say_how_they_became_theirs(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada", city="Rome")
    text = desk.read(f"/people/{desk.number('ada')}")
    assert (
        "Devices x 1 event · Detach… merged 2026-11-22 04:00:02, reaches back to 2026-08-24 04:00:02; Unverified (browser)"
        in text
    )


def test_an_anonymous_field_names_its_browser(desk: Desk) -> None:
    desk.identify("x", None, city="Rome")
    desk.identify("x", "ada", plan="pro")
    text = desk.read(f"/people/{desk.number('ada')}")
    assert "city Rome from their anonymous time as x" in text and "plan pro identify, 2026" in text
    desk.page("y")
    desk.identify("y", "ada")
    assert "city Rome from their anonymous time, 2026" in desk.read(f"/people/{desk.number('ada')}"), "it is not known which"


def test_notices_come_from_a_closed_list(desk: Desk) -> None:
    assert 'role="status"' in desk.get("/people?notice=deleted").text
    page = desk.get("/people?notice=You+won").text
    assert 'role="status"' not in page and "You won" not in page


def test_active_and_inactive_people_are_counted_and_listed(desk: Desk) -> None:
    desk.identify("x", "old")
    assert "1 identified: 1 active, none inactive (no event for 90 days)." in desk.read("/people")
    desk.app.clock.wait(91 * 86_400)
    desk.identify("y", "new")
    everybody = desk.get("/people").text
    assert "2 identified: 1 active, 1 inactive" in desk.read("/people") and 'href="/console/people?inactive=1"' in everybody
    inactive = desk.read("/people?inactive=1")
    assert " old " in inactive and " new " not in inactive and "Show everyone" in inactive
    desk.track("back", "x", "old")
    assert "Everybody was here in the last 90 days." in desk.read("/people?inactive=1")


def test_a_lead_that_joined_is_called_so(desk: Desk) -> None:
    desk.identify("x", None, email="lead@x.io")
    desk.identify("x", "ada", email="lead@x.io")
    assert "Merged people lead@x.io Lead joined 2026-11-22 04:00:02 by" in desk.read(f"/people/{desk.number('ada')}")


def test_an_address_is_removed_by_hand(desk: Desk) -> None:
    desk.identify("x", "ada", email="old@x.io")
    desk.identify("x", "ada", email="new@x.io")
    ada = desk.number("ada")
    path = f"/remove-email?person={ada}&email=old%40x.io"
    assert f'href="/console{path}"'.replace("&", "&amp;") in desk.get(f"/people/{ada}").text
    preview = desk.read(path)
    assert "Remove the address old@x.io" in preview and "It comes back with the next identify that names it." in preview
    desk.confirm(path)
    text = desk.read(f"/people/{ada}?notice=removed")
    assert "old@x.io Remove" not in text and "The address was removed." in text and "Email new@x.io Remove…" in text
    assert "old@x.io was taken from new@x.io by admin, in the console." in desk.read("/activity?tab=log")
    assert "This is none of the person's addresses." in plain(desk.get(path).text)
    assert "There is no person with this number." in plain(desk.get("/remove-email?person=1&email=x").text)


def test_search_by_number(desk: Desk) -> None:
    desk.identify("x", "ada")
    ada = desk.number("ada")
    assert f'href="/console/people/{ada}"' in desk.get(f"/people?q={ada}").text
    for nothing in ("1", "0" * 5000, "9" * 30, "²"):
        assert "No match" in desk.read(f"/people?q={nothing}")


def test_a_merged_number_shows_whom_it_is_now(desk: Desk) -> None:
    desk.identify("x", "ada")
    desk.identify("y", "bob")
    ada, bob = desk.number("ada"), desk.number("bob")
    desk.confirm(f"/merge?source={bob}&target={ada}")
    assert f"Person {ada}" in desk.read(f"/people/{bob}")


def test_full_profile_says_what_it_left_out(desk: Desk) -> None:
    desk.identify("x", "ada", **{f"name {n}": n for n in range(303)})
    page = desk.read(f"/people/{desk.number('ada')}")
    assert "values that are with their events only, not here: 3 of fields." in page and "left out" in page
    desk.send({"type": "group", "userId": "ada", "groupId": "acme", "traits": {f"name {n}": n for n in range(302)}})
    assert "not here: 2 of fields." in desk.read("/accounts?id=acme")
