"""Examples in a real browser: built as their owners would, one visitor's way through each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from .beacons import ABSENT, identify, page, track
from .browser import Device, Devices
from .conftest import RUNNING
from .examples import Examples

APPS = ["react", "react-strict", "vue", "next"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    host = Examples(tmp_path_factory.mktemp("examples") / "examples")
    for name in ["plain", *APPS]:
        host.add_site(name)
    with host:
        RUNNING.append(host.collector)
        yield host
        RUNNING.remove(host.collector)


@pytest.fixture
def device(browser: Browser, examples: Examples) -> Iterator[Device]:
    """A visitor of the examples; the test fails when a page of theirs complains, also about hydration."""
    made = Devices(browser, examples.wire)
    yield made.new()
    made.close()


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name).click()


def follow(tab: Page, name: str) -> None:
    tab.get_by_role("link", name=name).click()


def sign_out(tab: Page, device: Device) -> None:
    before = device.anonymous_id
    press(tab, "Sign out")
    tab.wait_for_function("before => passerby.id() !== before", arg=before)


FILLED = track("basket_filled", properties={"product": "heron-vase", "price": 42.5})
SIGNED_IN = identify("user-7", traits={"email": "ada@example.com"})


@pytest.mark.parametrize("app", APPS)
def test_one_page_view_for_each_navigation(examples: Examples, device: Device, app: str) -> None:
    tab = device.open(examples.at(app))
    device.beacons.expect(page("/"), exactly=True)
    follow(tab, "Products")
    viewed = {"path": "/products", "title": "All vases", "referrer": examples.at(app)}
    device.beacons.expect({"type": "page", "properties": viewed}, exactly=True)
    tab.go_back()
    device.beacons.expect({"type": "page", "properties": {"path": "/", "title": "Vases"}}, exactly=True)
    tab.goto(examples.at(app, "/products"))
    device.beacons.expect(page("/products"), exactly=True)


@pytest.mark.parametrize("app", APPS)
def test_a_slow_machine_sends_the_title_of_the_new_page(examples: Examples, device: Device, app: str) -> None:
    """Machine ten times slower: React then sets the title a tenth of a second after the address, and later."""
    tab = device.open(examples.at(app))
    device.beacons.expect(page("/"), exactly=True)
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": 10})
    for link, path, title in [("Products", "/products", "All vases"), ("Home", "/", "Vases")] * 2:
        follow(tab, link)
        device.beacons.expect({"type": "page", "properties": {"path": path, "title": title}}, exactly=True)


@pytest.mark.parametrize("app", APPS)
def test_a_visitor_signs_in_and_out(examples: Examples, device: Device, app: str) -> None:
    tab = device.open(examples.at(app, "/products"))
    press(tab, "Add to basket")
    device.beacons.expect(page("/products", userId=ABSENT), FILLED, exactly=True)
    visitor = device.anonymous_id

    press(tab, "Sign in")
    device.beacons.expect(SIGNED_IN, exactly=True)
    tab.reload()
    device.beacons.expect(page("/products", userId="user-7"), SIGNED_IN, exactly=True)
    timeline = examples.read(app).timeline("user-7")
    assert sorted((event["type"], event["was_anonymous"]) for event in timeline) == [
        ("identify", False), ("identify", False), ("page", False), ("page", True), ("track", True),
    ]  # fmt: skip
    assert len(examples.read(app).merges(visitor)) == 1

    sign_out(tab, device)
    follow(tab, "Home")
    (view,) = device.beacons.expect(page("/", userId=ABSENT), exactly=True)
    assert view["anonymousId"] == device.anonymous_id != visitor


def test_the_server_renders_pages_and_complains_of_nothing(examples: Examples) -> None:
    address = examples.at("next", "/products").replace("next.shop.localhost", "127.0.0.1")
    answer = httpx.get(address, headers={"host": "next.shop.localhost"})
    assert answer.status_code == 200
    assert "Add to basket" in answer.text
    assert examples.next is not None
    assert "rror" not in examples.next.log, examples.next.log


def test_a_script_tag_and_a_module_under_a_strict_policy(examples: Examples, device: Device) -> None:
    """CSP, also with Trusted Types; both ways to the script are one visitor."""
    tab = device.open(examples.at("plain"))
    device.beacons.expect(page("/", userId=ABSENT), exactly=True)
    follow(tab, "Products")
    device.beacons.expect(page("/module.html", userId=ABSENT), exactly=True)
    visitor = device.anonymous_id
    for _ in ("module", "script tag"):
        press(tab, "Add to basket")
        press(tab, "Sign in")
        device.beacons.expect(FILLED, SIGNED_IN, exactly=True)
        sign_out(tab, device)
        follow(tab, "Home")
        device.beacons.expect(page("/", userId=ABSENT), exactly=True)
    assert len(examples.read("plain").merges(visitor)) == 1


@pytest.mark.parametrize("policy", ["nonce", "strict-dynamic", "trusted-types"])
def test_load_under_other_policies(examples: Examples, device: Device, policy: str) -> None:
    device.open(examples.url(f"package-{policy}"))
    device.beacons.expect(page(f"/package-{policy}"), track("early"), exactly=True)
