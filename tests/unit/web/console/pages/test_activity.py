"""Activity log: what was decided about identity, what was refused, and how it can be carried out by hand."""

from __future__ import annotations

import html
import re

import pytest

from collector.storage.sites import set_settings

from ..browser import Desk

pytestmark = pytest.mark.stores("sqlite", "postgresql")

CARRY_OUT = re.compile(r'<a class="remedy" href="/console([^"]+)">Carry out by hand…</a>')


def remedies(desk: Desk) -> list[str]:
    return [html.unescape(found) for found in CARRY_OUT.findall(desk.get("/activity?tab=log&show=refused").text)]


def test_the_log_holds_no_events(desk: Desk) -> None:
    assert "Nothing was decided about identity yet." not in desk.read("/activity?tab=log"), "nothing was ever received"
    desk.page("x")
    assert "Nothing was decided about identity yet." in desk.read("/activity?tab=log")
    desk.identify("x", "ada")
    desk.identify("x", "null")
    text = desk.read("/activity?tab=log")
    assert (
        "Anonymous merge" in text and "Illegal id" in text and "identify" not in text.split("Identity log")[1].split("Only")[0]
    )
    refused = desk.read("/activity?tab=log&show=refused")
    assert "Anonymous merge" not in refused and "“null” is a placeholder" in refused


def test_a_merge_of_nothing_is_no_entry(desk: Desk) -> None:
    desk.identify("x", "ada")
    assert "Nothing was decided about identity yet." in desk.read("/activity?tab=log")


def test_paging_the_refused(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada")
    for number in range(60):
        desk.identify("x", f"user {number}")
    first = desk.get("/activity?tab=log&show=refused").text
    assert first.count('class="line log') == 50
    older = html.unescape(re.findall(r'hx-get="/console(/activity[^"]+cursor[^"]+)"', first)[0])
    assert "show=refused" in older
    part = desk.get(older, **{"HX-Request": "true"}).text
    assert part.count('class="line log') == 10 and "<html" not in part and "Anonymous merge" not in part
    assert 'href="/console/activity?tab=log&amp;show=refused">Back to the newest' in desk.get(older).text


def test_wrong_filters(desk: Desk) -> None:
    for path in ("/activity?tab=log&show=x", "/activity?tab=x", "/activity?tab=log&cursor=x"):
        assert desk.get(path).status_code == 400, path


def test_claimed_by_another_is_carried_out_by_attaching(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada")
    desk.identify("x", "bob")
    (address,) = remedies(desk)
    assert address == f"/attach?id=x&person={desk.number('bob')}"
    assert "bob" in desk.confirm(address)
    assert "Mapped ID bob" in desk.read("/visitors/x")
    assert remedies(desk) == [] and "This person has it now." in desk.read("/activity?tab=log&show=refused")


def test_a_taken_address_is_carried_out_by_merging(desk: Desk) -> None:
    desk.identify("x", "ada", email="a@example.com")
    desk.identify("y", "bob", email="a@example.com")
    (address,) = remedies(desk)
    ada, bob = desk.number("ada"), desk.number("bob")
    assert address == f"/merge?source={ada}&target={bob}"
    desk.confirm(address)
    assert remedies(desk) == [], "they are one person now"
    assert desk.number("bob") == bob == desk.number("ada")


def test_two_people_of_an_alias(desk: Desk) -> None:
    desk.identify("x", "ada")
    desk.identify("y", "bob")
    desk.send({"type": "alias", "userId": "ada", "previousId": "bob", "anonymousId": "x"})
    (address,) = remedies(desk)
    assert address == f"/merge?source={desk.number('bob')}&target={desk.number('ada')}"
    desk.confirm(address)
    assert "bob was merged into ada by admin, in the console." in desk.read("/activity?tab=log")


def test_an_impersonation_and_its_events(desk: Desk) -> None:
    desk.identify("x", "ada")
    desk.send({"type": "identify", "userId": "ada", "anonymousId": "z", "context": {"actor": "support"}})
    desk.track("Looked", "z", "ada")
    text = desk.read("/activity?tab=log")
    assert "support acted as ada in this browser; these events are on nobody's timeline." in text
    anonymous = desk.get("/activity?tab=anonymous").text
    assert ">impersonated</span>" in anonymous and ">excluded</span>" in anonymous
    assert "Looked" not in desk.read(f"/people/{desk.number('ada')}")


def test_an_unproven_identify(desk: Desk) -> None:
    set_settings(desk.app.installation.store, desk.app.site.name, desk.app.clock.now, verify="required")
    desk.app.installation.sites.refresh()
    desk.identify("x", "ada")
    text = desk.read("/activity?tab=log&show=refused")
    assert "Identify refused" in text
    assert "Somebody said to be “ada”. It came without a proof, and this site requires one." in text
    assert ">unverified</span>" in desk.get("/activity?tab=anonymous").text


def test_a_merge_that_was_taken_back_says_so(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada")
    assert "1 event of visitor x, since" in desk.read("/activity")
    desk.confirm("/detach?id=x")
    for tab in ("identified", "log"):
        assert "That of visitor x holds no longer" in desk.read(f"/activity?tab={tab}")
