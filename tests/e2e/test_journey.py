"""The journey: Ada browses the shop on her phone anonymously, logs in, comes back on a laptop, logs out; then Grace takes
the phone. Through the shop's own pages, on two subdomains, with everything that is sent counted and everything else refuted.
"""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser, Page, expect

from .beacons import ABSENT, identify, page, track
from .browser import Device, Devices
from .console import event_lines, fact, merge_lines, shoot, sign_in
from .servers import Api, Demo

DAY = 24 * 3600
WWW = "www.shop.localhost"
APP = "app.shop.localhost"
BANNER = '[data-passerby-message="pricing-hello"]'
SHOWN = track("message_shown")


def test_journey(demo: Demo, shoppers: Devices, shop_browser: Browser) -> None:
    before = demo.read.get("/counts")
    phone, laptop = shoppers.new("phone"), shoppers.new("laptop")

    ada = browse_as_nobody(demo, phone)
    see_the_banner_once(demo, phone)
    mistype_the_password(demo, phone)
    log_in(phone, "ada@shop.localhost", "lovelace", "user-ada")
    history_becomes_hers(demo.read, phone, ada)
    console_shows_the_merge(demo, shop_browser, ada, len(anonymous_events(phone, ada)))
    browse_as_ada(demo, phone, ada)
    second = come_back_on_the_laptop(demo, laptop)
    devices_are_one_person(demo.read, ada, second, phone, laptop)
    nobody = log_out(demo, phone, ada)
    grace_takes_the_phone(demo, phone, nobody, {ada, second})
    everything_received_is_accounted_for(demo.read, before, phone, laptop)


def browse_as_nobody(demo: Demo, phone: Device) -> str:
    """Browse pages, a single-page app, two events: each is sent once, none knows a user."""
    tab = phone.open(demo.www("/"))
    (first,) = phone.beacons.expect(page("/", userId=ABSENT, host=WWW), exactly=True)
    anonymous_id: str = first["anonymousId"]
    nobody: dict[str, Any] = {"anonymousId": anonymous_id, "userId": ABSENT}
    assert phone.anonymous_id == anonymous_id
    check_server_cookie(phone, anonymous_id)

    tab.get_by_label("Main").get_by_role("link", name="Products").click()
    came = {"path": "/products", "referrer": demo.www("/")}
    phone.beacons.expect({"type": "page", "properties": came, **nobody}, exactly=True)
    tab.get_by_role("link", name="Heron vase").click()
    seen = track("product_viewed", properties={"product": "heron-vase", "price": 74}, **nobody)
    phone.beacons.expect(page("/products/heron-vase", **nobody), seen, exactly=True)
    tab.get_by_role("button", name="Add to basket").click()
    phone.beacons.expect(track("added_to_basket", properties={"product": "heron-vase"}, **nobody), exactly=True)

    tab.get_by_label("Main").get_by_role("link", name="Studio").click()
    phone.beacons.expect(page("/studio", **nobody), exactly=True)
    for step, name in (("colour", "Colour"), ("size", "Size"), ("review", "Review")):
        before = tab.url
        tab.get_by_label("Steps").get_by_role("link", name=name).click()
        route = {"path": f"/studio/{step}", "title": f"{name} | Studio | Kiln & Co", "referrer": before}
        phone.beacons.expect(page(f"/studio/{step}", **nobody) | {"properties": route}, exactly=True)
    tab.get_by_label("Steps").get_by_role("link", name="Review").click()
    phone.beacons.refute()
    tab.go_back()
    phone.beacons.expect(page("/studio/size", **nobody), exactly=True)
    assert phone.beacons.resent == 0
    return anonymous_id


def check_server_cookie(device: Device, anonymous_id: str) -> None:
    """Cookie of a collector's answer, for 400 days, on the domain that both subdomains share; and only once."""
    lines = [line for request in device.beacons.requests for line in request.set_cookies]
    assert [line.partition(";")[0] for line in lines] == [f"passerby_id={anonymous_id}"]
    cookie = device.cookies["passerby_id"]
    assert cookie["value"] == anonymous_id
    assert cookie["domain"] == ".shop.localhost"
    assert (cookie["path"], cookie["sameSite"]) == ("/", "Lax")
    assert 399.5 * DAY < cookie["expires"] - time.time() < 400.5 * DAY


def see_the_banner_once(demo: Demo, phone: Device) -> None:
    """Banner on /pricing, not before; closed, it stays away, here and on the other subdomain."""
    phone.beacons.refute(SHOWN)
    tab = phone.context.pages[0]
    tab.goto(demo.www("/pricing"))
    tab.locator(f"{BANNER} .title").wait_for()
    shown = track("message_shown", properties={"message": "pricing-hello"}, anonymousId=phone.anonymous_id)
    phone.beacons.expect(page("/pricing"), shown, exactly=True)
    shoot(tab, "shop-pricing-banner")
    tab.get_by_role("button", name="Close").click()
    phone.beacons.expect(track("message_dismissed", properties={"message": "pricing-hello", "by": "close"}), exactly=True)
    assert tab.locator(BANNER).count() == 0

    tab.reload()
    phone.beacons.expect(page("/pricing", host=WWW), exactly=True)
    assert tab.locator(BANNER).count() == 0
    phone.forgive("404")
    tab.goto(demo.app("/pricing"))
    phone.beacons.expect(page("/pricing", host=APP, anonymousId=phone.anonymous_id), exactly=True)
    assert tab.locator(BANNER).count() == 0


def mistype_the_password(demo: Demo, phone: Device) -> None:
    tab = phone.context.pages[0]
    tab.goto(demo.app("/login"))
    phone.beacons.expect(page("/login", userId=ABSENT, anonymousId=phone.anonymous_id), exactly=True)
    submit_login(tab, "ada@shop.localhost", "byron")
    tab.get_by_role("alert").wait_for()
    phone.beacons.expect(page("/login", userId=ABSENT), exactly=True)
    assert demo.read.get("/people", user_id="user-ada")["people"] == []
    assert demo.read.visitor(phone.anonymous_id)["mapped_to"] is None


def submit_login(tab: Page, email: str, password: str) -> None:
    tab.get_by_label("Email").fill(email)
    tab.get_by_label("Password").fill(password)
    tab.get_by_role("button", name="Log in").click()


def log_in(device: Device, email: str, password: str, user_id: str) -> None:
    """Log in. What was sent under the anonymous id comes along; nobody else's id does."""
    tab = device.context.pages[0]
    anonymous_id = device.anonymous_id
    submit_login(tab, email, password)
    tab.wait_for_url("**/account")
    expect(tab.locator("#customer-id")).to_have_text(user_id)
    who = identify(user_id, anonymousId=anonymous_id, traits={"email": email}, context={"anonymousIds": [anonymous_id]})
    device.beacons.expect(page("/account", anonymousId=anonymous_id), who, exactly=True)
    assert device.anonymous_id == anonymous_id


def anonymous_events(device: Device, anonymous_id: str) -> list[str]:
    """Message ids of what was sent without a user under an id."""
    mine = [event for event in device.beacons.events if event["anonymousId"] == anonymous_id]
    return [event["messageId"] for event in mine if "userId" not in event]


def identified_events(device: Device, user_id: str) -> list[str]:
    return [event["messageId"] for event in device.beacons.events if event.get("userId") == user_id]


def history_becomes_hers(read: Api, phone: Device, ada: str) -> None:
    """Person whose timeline begins with what she did before anybody knew her; one merge, once."""
    person = read.person("user-ada")
    assert person["emails"] == ["ada@shop.localhost"]
    assert person["fields"] == {"name": "Ada Lovelace", "plan": "patron"}
    assert person["anonymous_ids"] == [ada]
    check_timeline(read, "user-ada", anonymous_events(phone, ada), identified_events(phone, "user-ada"))
    visitor = read.visitor(ada)
    assert visitor["mapped_to"] == person["person_id"]
    assert visitor["merged_at"] is not None
    (merge,) = read.merges(ada)
    assert merge["name"] == "Anonymous merge"
    assert merge["person_id"] == person["person_id"]
    assert merge["events"] == len(anonymous_events(phone, ada))
    anonymous = read.get("/activity", tab="anonymous", limit=500)["entries"]
    assert [entry for entry in anonymous if entry["anonymous_id"] == ada] == []


def check_timeline(read: Api, user_id: str, anonymous: list[str], identified: list[str]) -> None:
    """Fail unless exactly these events are there, each marked by whether the user was known."""
    timeline = read.timeline(user_id)
    assert sorted(event["message_id"] for event in timeline if event["was_anonymous"]) == sorted(anonymous)
    assert sorted(event["message_id"] for event in timeline if not event["was_anonymous"]) == sorted(identified)


def console_shows_the_merge(demo: Demo, browser: Browser, ada: str, moved: int) -> None:
    context = browser.new_context()
    tab = context.new_page()
    sign_in(tab, demo.url, demo.password)

    marked = event_lines(tab, ada).filter(has=tab.locator(".was-anonymous"))
    expect(marked).to_have_count(moved)
    expect(marked.first.locator(".was-anonymous")).to_have_text("was anonymous")
    expect(marked.first.locator(".was-anonymous svg")).to_have_count(1)
    expect(merge_lines(tab, ada)).to_have_count(1)
    expect(merge_lines(tab, ada)).to_contain_text("Anonymous merge")
    expect(merge_lines(tab, ada)).to_contain_text(f"{moved} events of visitor")
    shoot(tab, "console-activity-identified")
    tab.get_by_label("Whose activity").get_by_role("link", name="Anonymous").click()
    expect(tab.locator(".tabs [aria-current=page]")).to_contain_text("Anonymous")
    expect(event_lines(tab, ada)).to_have_count(0)
    shoot(tab, "console-activity-anonymous")

    tab.get_by_label("Pages").get_by_role("link", name="People").click()
    shoot(tab, "console-people")
    tab.locator("#main").get_by_role("link", name="ada@shop.localhost").click()
    expect(tab.locator("h1")).to_have_text("ada@shop.localhost")
    expect(tab.locator("#identities li")).to_have_count(1)
    expect(tab.locator("#identities")).to_contain_text(f"{moved} events")
    expect(tab.locator(".timeline .anonymous-label")).to_have_count(moved)
    shoot(tab, "console-person")
    tab.locator("#identities").get_by_role("link", name=ada).click()
    expect(fact(tab, "Mapped ID")).to_contain_text("ada@shop.localhost")
    expect(fact(tab, "Mapped ID")).to_contain_text("merged")
    expect(fact(tab, "Events moved")).to_have_text(str(moved))
    expect(tab.locator("p.banner")).to_contain_text("are now associated with ada@shop.localhost")
    expect(event_lines(tab, ada)).to_have_count(moved)
    shoot(tab, "console-visitor-merged")
    context.close()


def browse_as_ada(demo: Demo, phone: Device, ada: str) -> None:
    """User id on everything she does on the other subdomain, under the same anonymous id; no banner."""
    tab = phone.context.pages[0]
    hers: dict[str, Any] = {"userId": "user-ada", "anonymousId": ada}
    tab.goto(demo.www("/products/harbour-mug"))
    phone.beacons.expect(page("/products/harbour-mug", **hers), track("product_viewed", **hers), exactly=True)
    tab.goto(demo.www("/pricing"))
    phone.beacons.expect(page("/pricing", **hers), exactly=True)
    assert tab.locator(BANNER).count() == 0
    check_timeline(demo.read, "user-ada", anonymous_events(phone, ada), identified_events(phone, "user-ada"))
    assert len(demo.read.merges(ada)) == 1


def come_back_on_the_laptop(demo: Demo, laptop: Device) -> str:
    """Browse anonymously, then log in. She has not closed the banner here, and still does not see it."""
    tab = laptop.open(demo.www("/blog"))
    laptop.beacons.expect(page("/blog", userId=ABSENT), exactly=True)
    tab.goto(demo.app("/login"))
    laptop.beacons.expect(page("/login", userId=ABSENT), exactly=True)
    log_in(laptop, "ada@shop.localhost", "lovelace", "user-ada")
    tab.goto(demo.www("/pricing"))
    laptop.beacons.expect(page("/pricing", userId="user-ada", anonymousId=laptop.anonymous_id), exactly=True)
    assert tab.locator(BANNER).count() == 0
    return laptop.anonymous_id


def devices_are_one_person(read: Api, ada: str, second: str, phone: Device, laptop: Device) -> None:
    person = read.person("user-ada")
    assert ada != second
    assert sorted(person["anonymous_ids"]) == sorted([ada, second])
    assert read.visitor(second)["mapped_to"] == read.visitor(ada)["mapped_to"] == person["person_id"]
    assert len(read.get("/people", email="ada@shop.localhost")["people"]) == 1
    check_timeline(
        read, "user-ada",
        anonymous_events(phone, ada) + anonymous_events(laptop, second),
        identified_events(phone, "user-ada") + identified_events(laptop, "user-ada"),
    )  # fmt: skip


def log_out(demo: Demo, phone: Device, ada: str) -> str:
    """Log out: the goodbye page is the last that is hers. Then the browser is anonymous; it has closed the banner."""
    tab = phone.context.pages[0]
    tab.goto(demo.app("/account"))
    phone.beacons.expect(
        page("/account", userId="user-ada", anonymousId=ada), identify("user-ada", anonymousId=ada), exactly=True
    )
    tab.get_by_role("button", name="Log out").click()
    tab.wait_for_url("**/goodbye")
    phone.beacons.expect(page("/goodbye", userId="user-ada", anonymousId=ada), exactly=True)
    nobody = phone.anonymous_id
    assert nobody != ada
    tab.goto(demo.www("/pricing"))
    phone.beacons.expect(page("/pricing", userId=ABSENT, anonymousId=nobody), exactly=True)
    assert tab.locator(BANNER).count() == 0
    assert phone.cookies["passerby_id"]["value"].partition(".")[0] == nobody
    assert "user-ada" not in str(phone.cookies)
    assert demo.read.visitor(nobody)["mapped_to"] is None
    return nobody


def grace_takes_the_phone(demo: Demo, phone: Device, nobody: str, adas: set[str]) -> None:
    """Phone events after the log-out are Grace's; those before it stay Ada's, to the letter."""
    ada_before, timeline_before = demo.read.person("user-ada"), demo.read.timeline("user-ada")
    tab = phone.context.pages[0]
    tab.goto(demo.app("/login"))
    phone.beacons.expect(page("/login", userId=ABSENT, anonymousId=nobody), exactly=True)
    log_in(phone, "grace@shop.localhost", "hopper", "user-grace")
    tab.goto(demo.www("/about"))
    phone.beacons.expect(page("/about", userId="user-grace", anonymousId=nobody), exactly=True)

    grace = demo.read.person("user-grace")
    assert grace["person_id"] != ada_before["person_id"]
    assert grace["anonymous_ids"] == [nobody]
    check_timeline(demo.read, "user-grace", anonymous_events(phone, nobody), identified_events(phone, "user-grace"))
    assert demo.read.person("user-ada") == ada_before
    assert demo.read.timeline("user-ada") == timeline_before
    assert {event["anonymous_id"] for event in demo.read.timeline("user-grace")} & adas == set()


def everything_received_is_accounted_for(read: Api, before: dict[str, Any], *devices: Device) -> None:
    after = read.get("/counts")
    grown = {name: after[name] - before[name] for name in ("received", "stored", "duplicate", "quarantined", "refused")}
    sent, resent = sum(len(device.beacons.events) for device in devices), sum(device.beacons.resent for device in devices)
    assert grown == {"received": sent + resent, "stored": sent, "duplicate": resent, "quarantined": 0, "refused": 0}


def test_the_banner_reaches_the_other_subdomain(demo: Demo, shoppers: Devices) -> None:
    """Banner that the journey refutes there does exist; and its link is counted before it is followed."""
    device = shoppers.new("visitor")
    device.forgive("404")
    tab = device.open(demo.app("/pricing"))
    tab.locator(f"{BANNER} .title").wait_for()
    device.beacons.expect(page("/pricing", host=APP), SHOWN, exactly=True)
    tab.goto(demo.www("/pricing"))
    tab.locator(f"{BANNER} .title").wait_for()
    device.beacons.expect(page("/pricing", host=WWW), SHOWN, exactly=True)
    tab.get_by_role("link", name="See the studio").click()
    tab.wait_for_url("**/studio")
    device.beacons.expect(track("message_clicked", properties={"action": "studio"}), page("/studio"), exactly=True)
    tab.goto(demo.www("/pricing"))
    device.beacons.expect(page("/pricing"), exactly=True)
    assert tab.locator(BANNER).count() == 0


def test_signing_up_makes_a_person(demo: Demo, shoppers: Devices) -> None:
    device = shoppers.new("newcomer")
    tab = device.open(demo.app("/signup"))
    (view,) = device.beacons.expect(page("/signup", userId=ABSENT), exactly=True)
    tab.get_by_label("Name").fill("Katherine Johnson")
    tab.get_by_label("Email").fill("katherine@shop.localhost")
    tab.get_by_label("Password").fill("trajectory")
    shoot(tab, "shop-signup")
    tab.get_by_role("button", name="Sign up").click()
    tab.wait_for_url("**/account")
    user_id = tab.locator("#customer-id").inner_text()
    known: dict[str, Any] = {"userId": user_id, "anonymousId": view["anonymousId"]}
    signed_up = track("signed_up", properties={"plan": "friend"}, **known)
    device.beacons.expect(page("/account"), identify(user_id, anonymousId=view["anonymousId"]), signed_up, exactly=True)
    shoot(tab, "shop-account")
    tab.reload()
    device.beacons.expect(page("/account", **known), identify(user_id), exactly=True)
    check_timeline(demo.read, user_id, anonymous_events(device, view["anonymousId"]), identified_events(device, user_id))


def test_another_domain_is_another_visitor(demo: Demo, shoppers: Devices) -> None:
    """Visitor of the shop is unknown on the magazine's domain, and the link between them carries nothing."""
    device = shoppers.new("reader")
    tab = device.open(demo.www("/"))
    (view,) = device.beacons.expect(page("/"), exactly=True)
    tab.get_by_role("link", name="The Long Table").click()
    there = page("/articles/five-mugs-worth-keeping", host="www.magazine.localhost", userId=ABSENT)
    (other,) = device.beacons.expect(there, exactly=True)
    assert other["anonymousId"] != view["anonymousId"]
    assert tab.url == f"http://www.magazine.localhost:{demo.shop_port}/articles/five-mugs-worth-keeping"
    domains = {(cookie["name"], cookie["domain"]) for cookie in device.context.cookies()}
    assert {domain for name, domain in domains if name == "passerby"} == {".shop.localhost", ".magazine.localhost"}


def test_the_pages_of_the_shop_draw(demo: Demo, shoppers: Devices) -> None:
    """Screenshots, wide and narrow; `Devices` fails if a page complains."""
    device = shoppers.new("looker")
    tab = device.context.new_page()
    for name in ("", "products", "products/slow-teapot", "studio", "pricing", "about", "blog", "basket", "newsletter"):
        tab.goto(demo.www(f"/{name}"))
        device.beacons.expect(page(f"/{name}"))
        shoot(tab, f"shop-{name.replace('/', '-') or 'home'}")
    tab.goto(demo.app("/login"))
    shoot(tab, "shop-login")
    tab.set_viewport_size({"width": 390, "height": 800})
    for name in ("", "pricing", "newsletter"):
        tab.goto(demo.www(f"/{name}"))
        shoot(tab, f"shop-{name or 'home'}-narrow")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"/{name} is wider than a phone"
    tab.goto(f"http://www.magazine.localhost:{demo.shop_port}/")
    shoot(tab, "shop-magazine-narrow")
