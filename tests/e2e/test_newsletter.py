"""The newsletter, then the sign-up, by clicking through the demo: a message asks for an address, and the account that is made
with it on the other subdomain has the whole history.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, expect

from .beacons import ABSENT, Event, identify, page, track
from .browser import Device, Devices
from .console import fact, shoot, sign_in
from .servers import Demo

NAME, ADDRESS = "Mary Jackson", "mary@shop.localhost"
BANNER = '[data-passerby-message="pricing-hello"]'


def test_a_lead_signs_up(demo: Demo, shoppers: Devices, shop_browser: Browser) -> None:
    device = shoppers.new("lead")
    anonymous = follow_the_message(demo, device)
    lead = leave_the_address(demo, device)
    more, known, user_id = sign_up(demo, device)
    person_id = one_person(demo, device, user_id, [*anonymous, *more], [lead, *known])
    lead_joined(demo, person_id)
    console_shows_it(demo, shop_browser, user_id)


def nobody(device: Device) -> dict[str, Any]:
    return {"userId": ABSENT, "anonymousId": device.anonymous_id}


def follow_the_message(demo: Demo, device: Device) -> list[Event]:
    """Go from the prices to the newsletter by the banner's second button."""
    tab = device.open(demo.www("/pricing"))
    expect(tab.locator(f"{BANNER} .actions .button")).to_have_text(["See the studio", "Get it by e-mail"])
    came = device.beacons.expect(page("/pricing", **nobody(device)), track("message_shown", **nobody(device)), exactly=True)
    shoot(tab, "shop-pricing-newsletter")
    tab.get_by_role("link", name="Get it by e-mail").click()
    tab.wait_for_url("**/newsletter")
    clicked = track("message_clicked", properties={"message": "pricing-hello", "action": "newsletter"}, **nobody(device))
    return came + device.beacons.expect(clicked, page("/newsletter", **nobody(device)), exactly=True)


def leave_the_address(demo: Demo, device: Device) -> Event:
    """Lead made by the address, who owns this browser; one event, and a page that says thank you."""
    tab = device.context.pages[0]
    tab.get_by_label("Email").fill(ADDRESS)
    shoot(tab, "shop-newsletter-typed")
    tab.get_by_role("button", name="Write to me").click()
    expect(tab.get_by_role("status")).to_have_text(f"Thank you. The next letter goes to {ADDRESS}.")
    expect(tab.get_by_label("Email")).to_be_hidden()
    assert tab.url == demo.www("/newsletter")
    shoot(tab, "shop-newsletter-thanks")
    (lead,) = device.beacons.expect({"type": "identify", "traits": {"email": ADDRESS}, **nobody(device)}, exactly=True)
    (person,) = demo.read.get("/people", email=ADDRESS)["people"]
    assert (person["user_ids"], person["anonymous_ids"]) == ([], [device.anonymous_id])
    return lead


def sign_up(demo: Demo, device: Device) -> tuple[list[Event], list[Event], str]:
    """Sign up elsewhere with the same address; return what was nobody's still, what is the account's, its user id."""
    tab, before = device.context.pages[0], nobody(device)
    tab.get_by_role("link", name="Sign up").click()
    tab.wait_for_url(demo.app("/signup"))
    anonymous = device.beacons.expect(page("/signup", **before), exactly=True)
    tab.get_by_label("Name").fill(NAME)
    tab.get_by_label("Email").fill(ADDRESS)
    tab.get_by_label("Password").fill("wind tunnel")
    tab.get_by_role("button", name="Sign up").click()
    tab.wait_for_url("**/account")
    user_id = tab.locator("#customer-id").inner_text()
    view = page("/account", **before)
    hers = {"anonymousId": before["anonymousId"]}
    who = identify(user_id, traits={"email": ADDRESS, "name": NAME, "plan": "friend"}, **hers)
    found, *known = device.beacons.expect(view, who, track("signed_up", userId=user_id, **hers), exactly=True)
    assert device.anonymous_id == before["anonymousId"]
    return [*anonymous, found], known, user_id


def one_person(demo: Demo, device: Device, user_id: str, anonymous: list[Event], known: list[Event]) -> str:
    """Account with the address, the browser and every event; address and user id find the same one."""
    person = demo.read.person(user_id)
    assert (person["user_ids"], person["emails"], person["anonymous_ids"]) == ([user_id], [ADDRESS], [device.anonymous_id])
    assert person["fields"] == {"name": NAME, "plan": "friend"}
    assert demo.read.get("/people", email=ADDRESS)["people"] == [person]
    wanted = {event["messageId"]: events is anonymous for events in (anonymous, known) for event in events}
    assert {event["message_id"]: event["was_anonymous"] for event in demo.read.timeline(user_id)} == wanted
    assert len(wanted) == len(device.beacons.events)
    person_id: str = person["person_id"]
    return person_id


def lead_joined(demo: Demo, person_id: str) -> None:
    entries = demo.read.get("/activity", tab="identified", limit=500)["entries"]
    (joined,) = [one for one in entries if one["kind"] == "people_merged" and one["person_id"] == person_id]
    assert joined["name"] == "Lead joined"


def console_shows_it(demo: Demo, browser: Browser, user_id: str) -> None:
    """Activity log and page of the person, where one merge can be undone."""
    context = browser.new_context()
    tab = context.new_page()
    sign_in(tab, demo.url, demo.password)
    joined = tab.locator("li.line.people_merged").filter(has_text=ADDRESS)
    expect(joined).to_have_count(1)
    expect(joined).to_contain_text("Lead joined")
    open_person(tab, user_id)
    expect(fact(tab, "name")).to_contain_text(NAME)
    expect(fact(tab, "User id")).to_have_text(user_id)
    expect(tab.locator("#merges li")).to_have_count(1)
    expect(tab.locator("#merges")).to_contain_text("Lead joined")
    expect(tab.locator("#merges").get_by_role("link", name="Undo merge…")).to_have_count(1)
    shoot(tab, "console-person-lead")
    context.close()


def open_person(tab: Page, user_id: str) -> None:
    """Search on top, as somebody would."""
    tab.get_by_role("searchbox").fill(user_id)
    tab.get_by_role("searchbox").press("Enter")
    tab.locator("main li.line .name a").click()
    expect(tab.locator("h1")).to_have_text(ADDRESS)
