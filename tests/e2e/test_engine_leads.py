"""Leads in each engine: an address is left, a sign-up follows on another subdomain; what the pages send, and who it is then.

The journeys of docs/identity.md that begin with a typed address: "The newsletter, then the sign-up", "The typing error" and
"The family computer", and the first of them with its halves turned round by an outage.
"""

from __future__ import annotations

from typing import Any

from .beacons import ABSENT, Event, identify, page, track
from .engines import Visitors, anonymous_id
from .servers import Host


class Newcomer:
    """Unknown visitor on a page, with a user id and addresses that no other test has."""

    def __init__(self, visitors: Visitors) -> None:
        self.visitor = visitors.new()
        own = f"{self.visitor.client}-{visitors.engine.name}"
        self.user, self.address, self.other = f"user-{own}", f"lead-{own}@x.io", f"other-{own}@x.io"
        self.tab = self.visitor.open("load")
        (self.view,) = self.visitor.beacons.expect(page("/load", userId=ABSENT), exactly=True)
        self.x: str = self.view["anonymousId"]

    def leave(self, address: str) -> None:
        """Type an address into the newsletter's form, and read on."""
        self.tab.do(f"passerby.identify({{ email: '{address}' }}); passerby.track('Read')")

    def left(self, address: str, x: str = "") -> list[Event]:
        """Events of `leave`: an identify that names no user, and an event that still knows none."""
        nobody = {"userId": ABSENT, "anonymousId": x or self.x}
        return [{"type": "identify", "traits": {"email": address}, **nobody}, track("Read", **nobody)]

    def sign_up(self, address: str) -> list[Event]:
        """Sign up and buy on the other subdomain. Returns what that sent: the view of its page is still nobody's."""
        tab = self.visitor.open("load", host="app")
        there = {"path": "/load", "url": self.visitor.url("load", "app")}
        view_there = {"type": "page", "properties": there, "userId": ABSENT, "anonymousId": self.x}
        (view,) = self.visitor.beacons.expect(view_there, exactly=True)
        tab.do(f"passerby.identify('{self.user}', {{ email: '{address}' }}); passerby.track('Bought')")
        known = {"anonymousId": self.x, "context": {"anonymousIds": [self.x]}}
        login = identify(self.user, traits={"email": address}, **known)
        bought = track("Bought", userId=self.user, anonymousId=self.x)
        sent = self.visitor.beacons.expect(login, bought, exactly=True)
        assert anonymous_id(tab) == self.x
        return [view, *sent]


def found(host: Host, **by: str) -> dict[str, Any]:
    """Person whom the read API finds by this, the only one, with all that it says."""
    (person,) = host.read().get("/people", **by)["people"]
    answer: dict[str, Any] = host.read().get(f"/people/{person['person_id']}")
    return answer


def check_history(host: Host, person: dict[str, Any], anonymous: list[Event], known: list[Event]) -> None:
    """Fail unless exactly these events are a person's, each marked by whether the user was known."""
    answer = host.read().get(f"/people/{person['person_id']}/events", limit=500)
    theirs = {event["message_id"]: event["was_anonymous"] for event in answer["events"]}
    wanted = {event["messageId"]: events is anonymous for events in (anonymous, known) for event in events}
    assert (theirs, answer["next"]) == (wanted, None)


def log(host: Host, person: dict[str, Any]) -> list[str]:
    """Identity log entries about a person, by name."""
    entries = host.read().get("/activity", tab="identified", limit=500)["entries"]
    return [one["name"] for one in entries if one["kind"] != "event" and one["person_id"] == person["person_id"]]


def matches(person: dict[str, Any]) -> list[tuple[str, str]]:
    """Possible matches of a person, with the browser they share."""
    return [(one["person"]["label"], one["anonymous_id"]) for one in person["possible_matches"]]


def test_a_newsletter_and_then_the_sign_up(host: Host, visitors: Visitors) -> None:
    """Person with a history from before anybody knew her; the address that she typed is no anonymous event."""
    grace = Newcomer(visitors)
    grace.leave(grace.address)
    lead, read = grace.visitor.beacons.expect(*grace.left(grace.address), exactly=True)
    before = found(host, email=grace.address)
    assert (before["user_ids"], before["anonymous_ids"]) == ([], [grace.x])
    check_history(host, before, [grace.view, read], [lead])

    there, login, bought = grace.sign_up(grace.address)
    person = found(host, user_id=grace.user)
    assert (person["user_ids"], person["emails"], person["anonymous_ids"]) == ([grace.user], [grace.address], [grace.x])
    assert found(host, email=grace.address) == person
    check_history(host, person, [grace.view, read, there], [lead, login, bought])
    assert log(host, person).count("Lead joined") == 1
    assert matches(person) == []


def test_the_newsletter_arrives_after_the_sign_up(host: Host, visitors: Visitors) -> None:
    """Outage when she left her address, and the page closed: the next one of that host delivers it. Her account has
    the address by then, so no lead was ever made."""
    grace = Newcomer(visitors)
    with host.wire.down():
        grace.leave(grace.address)
        grace.visitor.wait_for_failures(1)
        grace.tab.close()
        grace.visitor.beacons.refute()
    there, login, bought = grace.sign_up(grace.address)
    grace.visitor.open("async")
    back = page("/async", userId=grace.user, anonymousId=grace.x)
    lead, read, again = grace.visitor.beacons.expect(*grace.left(grace.address), back, exactly=True)

    person = found(host, user_id=grace.user)
    assert (person["user_ids"], person["emails"], person["anonymous_ids"]) == ([grace.user], [grace.address], [grace.x])
    assert found(host, email=grace.address) == person
    check_history(host, person, [grace.view, read, there], [lead, login, bought, again])
    assert (log(host, person).count("Lead joined"), matches(person)) == (0, [])


def test_a_typing_error(host: Host, visitors: Visitors) -> None:
    """Sign-in in that browser: its history is his. The wrong address may be somebody's: only a hand joins it."""
    alan = Newcomer(visitors)
    alan.leave(alan.other)
    wrong, read = alan.visitor.beacons.expect(*alan.left(alan.other), exactly=True)
    there, login, bought = alan.sign_up(alan.address)
    person, lead = found(host, user_id=alan.user), found(host, email=alan.other)
    assert (person["emails"], person["anonymous_ids"]) == ([alan.address], [alan.x])
    assert (matches(person), matches(lead)) == ([(alan.other, alan.x)], [(alan.address, alan.x)])
    assert "Lead joined" not in log(host, person)
    check_history(host, lead, [], [wrong])

    site = host.sites["plain"]["name"]
    host.collector.cli("people", "merge", alan.other, f"user:{alan.user}", "--site", site, "--yes")
    person = found(host, user_id=alan.user)
    assert (person["emails"], matches(person)) == ([alan.address, alan.other], [])
    check_history(host, person, [alan.view, read, there], [wrong, login, bought])


def test_two_people_on_one_browser(host: Host, visitors: Visitors) -> None:
    """Unclaimed events go to the account; the lead keeps what she said herself, and is never made that account."""
    son = Newcomer(visitors)
    marys = son.other
    son.leave(marys)
    said, read = son.visitor.beacons.expect(*son.left(marys), exactly=True)
    check_history(host, found(host, email=marys), [son.view, read], [said])

    there, login, bought = son.sign_up(son.address)
    his, hers = found(host, user_id=son.user), found(host, email=marys)
    assert his["person_id"] != hers["person_id"]
    assert (his["emails"], his["anonymous_ids"]) == ([son.address], [son.x])
    assert (hers["emails"], hers["user_ids"], hers["anonymous_ids"]) == ([marys], [], [])
    check_history(host, his, [son.view, read, there], [login, bought])
    check_history(host, hers, [], [said])
    (match,) = his["possible_matches"]
    assert match == {"person": {"person_id": hers["person_id"], "label": marys}, "anonymous_id": son.x}
    assert matches(hers) == [(son.address, son.x)]

    son.tab.do("passerby.reset()")
    assert anonymous_id(son.tab) != son.x
    son.leave(marys)
    again, more = son.visitor.beacons.expect(*son.left(marys, anonymous_id(son.tab)), exactly=True)
    check_history(host, found(host, email=marys), [more], [said, again])
    check_history(host, found(host, user_id=son.user), [son.view, read, there], [login, bought])
