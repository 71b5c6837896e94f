"""Identity in Chromium: a second user, a token, somebody who acts for a user. For three engines see test_engine_identity.py."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest
from playwright.sync_api import Browser, Page

from collector.storage.engine import Store, sqlite_url
from collector.storage.sites import set_settings

from .beacons import ABSENT, identify, page, track
from .browser import Device, Devices
from .pages_in_chromium import LOADED, do, failures, wait_for_failures
from .servers import Host


def test_a_second_user_gets_an_id_of_their_own_first(host: Host, devices: Devices) -> None:
    device = devices.new()
    tab = device.open(host.url("load"))
    (view,) = device.beacons.expect(page("/load"), exactly=True)
    do(tab, "passerby.identify('user-a'); passerby.identify('user-b'); passerby.track('hers')")
    one, two, event = device.beacons.expect(identify("user-a"), identify("user-b"), track("hers"), exactly=True)
    assert one["anonymousId"] == view["anonymousId"]
    assert two["anonymousId"] == event["anonymousId"] == device.anonymous_id != one["anonymousId"]
    assert two["context"]["anonymousIds"] == [two["anonymousId"]]
    assert event["userId"] == "user-b"
    read = host.read()
    assert read.person("user-a")["anonymous_ids"] == [one["anonymousId"]]
    assert read.person("user-b")["anonymous_ids"] in ([], [two["anonymousId"]])


def test_a_token_goes_out_with_identify_only(tmp_path: Path, browser: Browser) -> None:
    """Token believed, kept nowhere: not in cookies, storage, the address, the trace, nor by a later page."""
    own = Host(tmp_path / "own")
    own.add_site("plain")
    store = Store(sqlite_url(own.collector.data_dir))
    site = set_settings(store, "plain", 1, verify="required")
    store.close()
    said = {"site": site.uuid, "sub": "user-token", "exp": int(time.time()) + 600}
    token = jwt.encode(said, own.sites["plain"]["secret_key"], algorithm="HS256")
    signature = token.split(".")[2]
    with own:
        devices = Devices(browser, own.wire)
        device = devices.new()
        device.forgive("502")
        tab = device.open(own.url("load"))
        device.beacons.expect(page("/load"), exactly=True)
        do(tab, f"passerby.track('before'); passerby.identify('user-token', {{ plan: 'pro' }}, {{ token: '{token}' }})")
        do(tab, "passerby.track('after')")
        assert signature not in everything_kept(tab, device), "while it waits to be sent"
        none = {"context": {"token": ABSENT}}
        proof = identify("user-token", traits={"plan": "pro"}, context={"token": token})
        device.beacons.expect(track("before", **none), proof, track("after", userId="user-token", **none), exactly=True)
        with own.wire.down():
            do(tab, f"passerby.identify('user-token', {{ plan: 'free' }}, {{ token: '{token}' }})")
            wait_for_failures(own.wire, device, 1)
            kept = everything_kept(tab, device)
            assert "free" in kept and signature not in kept, "while the collector is down"
            refused = failures(device)
            tab.goto(own.url("async"))
            # The page tries once more while it goes, with the token: not after the collector is back.
            wait_for_failures(own.wire, device, refused + 1)
        again = identify("user-token", traits={"plan": "free"}, **none)
        device.beacons.expect(page("/async", **none), again, exactly=True)
        assert all(signature not in request.path for request in own.wire.requests)
        person = own.read().person("user-token")
        assert person["anonymous_ids"] == [device.anonymous_id]
        assert person["fields"] == {"plan": "pro"}, "the second identify arrived without proof"
        devices.close()


def everything_kept(tab: Page, device: Device) -> str:
    """Browser contents that can be seen of the snippet, as text."""
    stored = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, passerby.debug()])"
    seen: str = tab.evaluate(stored)
    return seen + str(device.context.storage_state())


def test_impersonation_leaves_nothing_on_the_user(host: Host, devices: Devices) -> None:
    """Impersonation: nothing is the user's, on the page that said so or on one that has not yet."""
    own = devices.new("own")
    tab = own.open(host.url("load"))
    do(tab, "passerby.identify('user-acted')")
    own.beacons.expect(page("/load"), identify("user-acted"), exactly=True)
    before = [event["message_id"] for event in host.read().timeline("user-acted")]

    staff = devices.new("staff")
    tab = staff.open(host.url("load"))
    do(tab, "passerby.track('first'); passerby.identify('user-acted', {}, { actor: 'staff-7' }); passerby.track('for her')")
    acting, nobody = {"context": {"actor": "staff-7"}}, {"context": {"actor": ABSENT}}
    told = [identify("user-acted", **acting), track("for her", userId="user-acted", **acting)]
    staff.beacons.expect(page("/load", **nobody), track("first", **nobody), *told, exactly=True)
    assert "staff-7" not in everything_kept(tab, staff).partition('"trace"')[0]
    tab.goto(host.url("async"))
    tab.wait_for_function(LOADED)
    do(tab, "passerby.track('still for her')")
    staff.beacons.expect(page("/async", userId="user-acted", **nobody), track("still for her", **nobody), exactly=True)
    read = host.read()
    assert [event["message_id"] for event in read.timeline("user-acted")] == before
    assert read.person("user-acted")["anonymous_ids"] == [own.anonymous_id]

    do(tab, "passerby.identify('user-acted', {}, { actor: 'staff-7' }); passerby.reset(); passerby.track('own')")
    event = track("own", userId=ABSENT, **nobody)
    staff.beacons.expect(identify("user-acted", **acting), event, exactly=True)
    assert [event["message_id"] for event in host.read().timeline("user-acted")] == before


@pytest.mark.parametrize(
    "nobody", ["'null'", "'undefined'", "'[object Object]'", "'guest'", "'0'", "null", "undefined", "{}", "''"]
)
def test_a_placeholder_identifies_nobody(host: Host, devices: Devices, nobody: str) -> None:
    device = devices.new()
    tab = device.open(host.url("load"))
    device.beacons.expect(page("/load"))
    do(tab, f"passerby.identify({nobody}); passerby.track('after')")
    device.beacons.expect(track("after", userId=ABSENT))
    device.beacons.refute({"userId": nobody.strip("'")})
